"""Importing what ships with the service: `builtin:` lists it, `builtin:platform` loads the types of a bundle."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from api.cli.client import Api
from api.cli.failures import Misused
from api.cli.requests import How, ImportRequest, document_request

PREFIX = "builtin:"
SHIPPED = "/api/imports/builtin"


async def list_shipped(api: Api) -> None:
    """Tell what there is to import: bundles, their types, and the configs that begin with one."""
    found = await api.read(SHIPPED)
    if api.terminal.as_json:
        api.terminal.answer(found)
    else:
        api.terminal.table(("import", "loaded", "description"), _rows(found["items"]))


def _rows(bundles: list[dict[str, Any]]) -> Iterator[tuple[str, str, str]]:
    for bundle in bundles:
        loaded = sum(one["loaded"] is not None for one in bundle["types"])
        yield f"{PREFIX}{bundle['name']}", f"{loaded} of {len(bundle['types'])} types", bundle["description"]
        for one in bundle["types"]:
            for example in one["examples"]:
                loaded_as = "no" if one["loaded"] is None else f"revision {one['loaded']}"
                yield f"{PREFIX}{bundle['name']}/{one['name']}/{example}", loaded_as, one["description"]


async def shipped_request(api: Api, source: str, how: How) -> ImportRequest:
    """`builtin:platform`: the types. `builtin:platform/tuning/production`: one config, where the options say.

    Raises Misused for what does not ship.
    """
    bundle, *path = source.removeprefix(PREFIX).split("/")
    if how.map or how.mapping or how.define or how.time is not None:
        raise Misused(f"{source} says itself what it is for: leave out --map, --map-file, --define and --time")
    if not path:
        loading = {"varve_bundle": 1, "builtin": [bundle]}
        return document_request(loading, how, name=bundle)
    found = await api.read(SHIPPED)
    types = {(one["name"], each["name"]): each for one in found["items"] for each in one["types"]}
    config_type = types.get((bundle, path[0]))
    if config_type is None or len(path) != 2 or path[1] not in config_type["examples"]:
        raise Misused(f"{source} does not ship with this service: varve import {PREFIX} lists what does")
    request = document_request({path[0]: config_type["examples"][path[1]]}, how, name=path[1])
    return ImportRequest({**request.body, "map": [f"{path[0]}={path[0]}"]})
