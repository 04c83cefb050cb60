"""All JSON that leaves goes through here: an envelope leaves as its placeholder, whatever answer it is part of."""

from __future__ import annotations

from typing import Any

import orjson

from domain.secrets.envelope import shown_json


def json_text(content: Any) -> bytes:
    return shown_json(orjson.dumps(content))
