"""Files of lines (`.jsonl`): each line a document that came after the one before, such as a log of trials."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from api.cli import wiring
from api.cli.failures import Failed, Misused
from api.cli.requests import How, ImportRequest, document_request, is_bundle
from domain.canonical_json import canonical
from domain.documents import Document
from domain.errors import InvalidRequest, TooLarge
from domain.pointers import MISSING, pointer_of, value_at
from domain.strict_json import parse

LINES = ".jsonl"


def read_lines(file: Path, how: How) -> list[ImportRequest]:
    """A command for each line; the whole file is read before any is sent. Blank lines are passed over.

    The key of a command is made from all the lines up to its own: the same file again is the same commands again, and
    records nothing.
    """
    how.require_mapping(file)
    if how.atomic:
        raise Misused("--atomic is for bundles: each line of this file is a commit of its own")
    digest = hashlib.sha256()
    requests = []
    for number, document in _documents(file):
        caller_time = _time_of(document, how.time, f"{file}, line {number}") if how.time else None
        request = document_request(document, how, name=file.stem)
        digest.update(canonical([request.body, caller_time]))
        key = f"import-{digest.hexdigest()}"
        requests.append(replace(request, key=key, caller_time=caller_time, line=number))
    if not requests:
        raise Failed(f"{file} holds no line: check the path")
    return requests


def _documents(file: Path) -> Iterator[tuple[int, Document]]:
    for number, line in enumerate(wiring.read_bytes(file).split(b"\n"), start=1):
        if not line.strip():
            continue
        where = f"{file}, line {number}"
        document = _parsed(line, where)
        if not isinstance(document, dict) or is_bundle(document):
            raise Failed(f"{where}: each line must be one JSON object, and no bundle")
        yield number, document


def _parsed(line: bytes, where: str) -> Any:
    try:
        return parse(line)
    except (InvalidRequest, TooLarge) as refusal:
        faults = [(fault.pointer, fault.message) for fault in refusal.faults if fault.pointer]
        raise Failed(f"{where}: {refusal.detail}", faults=faults) from refusal


def _time_of(document: Document, field: str, where: str) -> str:
    """The moment that a line tells, as RFC 3339; one without an offset is in UTC."""
    found = value_at(document, field if field.startswith("/") else pointer_of((field,)))
    if found is MISSING:
        raise Failed(f"{where}: there is no field {field} to take the time from")
    try:
        moment = datetime.fromisoformat(found)
    except (TypeError, ValueError):
        raise Failed(f"{where}: {field} is not a time: write it as 2026-11-20T10:00:00Z") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).isoformat()
