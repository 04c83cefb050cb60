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


async def shipped_request(api: Api, source: str, how: How, *, others: list[str]) -> ImportRequest:
    """`builtin:platform`, `builtin:platform/tuning`: types. `builtin:platform/tuning/production`: a config of one.

    Raises Misused for a config that does not ship, and for one whose type neither is loaded nor among the `others`.
    """
    if how.map or how.mapping or how.define or how.time is not None:
        raise Misused(f"{source} says itself what it is for: leave out --map, --map-file, --define and --time")
    bundle, *path = source.removeprefix(PREFIX).split("/")
    if len(path) < 2:
        loading = {"varve_bundle": 1, "builtin": ["/".join((bundle, *path))]}
        return document_request(loading, how, name=bundle)
    name, example = path[0], "/".join(path[1:])
    found = await api.read(SHIPPED)
    types = {(one["name"], each["name"]): each for one in found["items"] for each in one["types"]}
    config_type = types.get((bundle, name), {"examples": {}})
    if example not in config_type["examples"]:
        raise Misused(f"{source} does not ship with this service: varve import {PREFIX} lists what does")
    if config_type["loaded"] is None and not {f"{PREFIX}{bundle}", f"{PREFIX}{bundle}/{name}"} & set(others):
        raise Misused(f"{name} is not loaded: varve import {PREFIX}{bundle}/{name} {source}")
    request = document_request({name: config_type["examples"][example]}, how, name=example)
    return ImportRequest({**request.body, "map": [f"{name}={name}"]})
