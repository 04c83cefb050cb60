"""JSON files: read as strictly as bodies, with the place of each fault."""

from __future__ import annotations

import json
import re
from typing import Any

from domain.errors import InvalidFile, InvalidRequest
from domain.pointers import keys_of
from domain.strict_json import parse
from infrastructure.files.source import MAX_BYTES, MAX_NODES, Source

_SPACE = re.compile(r"[ \t\r\n]*")
_SKIPPING = json.JSONDecoder(parse_int=str, parse_float=str)  # numbers may be thousands of digits long


def read_json(source: Source) -> Any:
    """The value in a JSON file."""
    try:
        return parse(source.text.encode(), max_bytes=MAX_BYTES, max_nodes=MAX_NODES)
    except InvalidRequest as refused:
        fault = refused.faults[0]
        if fault.rule == "syntax":  # its message tells the place already
            raise InvalidFile(f"{source.name}, {fault.message.removeprefix('not JSON at ')}", faults=[fault]) from None
        offset = _offset_of(source.text, fault.pointer)
        raise source.refused(fault.message, offset=offset, pointer=fault.pointer, rule=fault.rule) from None


def _offset_of(text: str, pointer: str) -> int:
    """Where the value at `pointer` begins; of a key that stands twice, the last."""
    offset = _skip(text, 0)
    for key in keys_of(pointer):
        offset = _offset_within(text, offset, key)
    return offset


def _offset_within(text: str, offset: int, wanted: str) -> int:
    """Where the member `wanted` of the object or list at `offset` begins; the whole, where it has none."""
    found, index = offset, 0
    is_object = text[offset] == "{"
    offset = _skip(text, offset + 1)
    while text[offset] not in "]}":
        key: Any = str(index)
        if is_object:
            key, offset = _SKIPPING.raw_decode(text, offset)
            offset = _skip(text, _skip(text, offset) + 1)
        if key == wanted:
            found = offset
        offset = _skip(text, _SKIPPING.raw_decode(text, offset)[1])
        if text[offset] == ",":
            offset = _skip(text, offset + 1)
        index += 1
    return found


def _skip(text: str, offset: int) -> int:
    space = _SPACE.match(text, offset)
    return space.end() if space else offset
