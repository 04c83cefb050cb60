"""Documents written as YAML."""

from __future__ import annotations

from io import StringIO

from domain.documents import Document

NULL = "tag:yaml.org,2002:null"


def yaml_text(document: Document) -> str:
    """In the order of its keys, with null written out."""
    from ruamel.yaml import YAML  # late: most commands write none

    writer = YAML(typ="rt")
    writer.default_flow_style = False
    writer.representer.add_representer(type(None), lambda representer, _: representer.represent_scalar(NULL, "null"))
    text = StringIO()
    writer.dump(document, text)
    return text.getvalue()
