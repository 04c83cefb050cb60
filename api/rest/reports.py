"""What reports of failures and of use have in common on the wire."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import Query, Request, Response
from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from api.answers import json_response
from api.rest.log import time_at
from application.reports import Period, Place
from application.take_reports import Taken
from application.use_cases import UseCases
from domain.errors import InvalidRequest
from domain.times import microseconds

MOST = 1_000  # reports in a request
TAKEN = {"accepted": 3, "repeated": 0}
CURSOR = re.compile(r"(\d{1,18})-(\d{1,18})")


def _time(text: str) -> str:
    if microseconds(text) is None:
        raise PydanticCustomError("time", "a time has its offset, such as 2026-11-20T10:00:00Z")
    return text


Time = Annotated[str, Field(max_length=100), AfterValidator(_time)]
Id = Annotated[str, Field(min_length=1, max_length=255)]
Layer = Annotated[str, Field(max_length=300, description="As in resolution_path: user:u-1, global, environment …")]
Position = Annotated[int, Field(ge=0, lt=2**63)]
Version = Annotated[int | None, Field(ge=1, lt=2**31)]

Environment = Annotated[str | None, Query(description="The default environment where it is not named.")]
Since = Annotated[str | None, Query(max_length=100, description="A time: only what was then or later.")]
Until = Annotated[str | None, Query(max_length=100, description="A time: only what was then or earlier.")]
Cursor = Annotated[str | None, Query(max_length=40, description="`next` of the page before.")]
OfVersion = Annotated[int | None, Query(ge=1, lt=2**31, description="Only with config_id.")]
OfType = Annotated[str | None, Query(max_length=255)]
Limit = Annotated[int, Query(ge=1, le=500)]


def at_us(text: str, *, received_us: int) -> int:
    """When it was by the application's clock, which may be wrong: never later than it came in."""
    return min(max(microseconds(text) or 0, 0), received_us)


def period_of(since: str | None, until: str | None) -> Period:
    start, end = (None if text is None else time_at(text, at) for text, at in ((since, "/since"), (until, "/until")))
    return Period(start, end)


def place_of(cursor: str | None) -> Place | None:
    """Raises InvalidRequest for what is no cursor."""
    if cursor is None:
        return None
    found = CURSOR.fullmatch(cursor)
    if found is None:
        raise InvalidRequest.at("/cursor", "cursor is `next` of the page before: leave it out for the first", "cursor")
    return Place(int(found[1]), int(found[2]))


def require_config(config_id: object, version: int | None) -> None:
    if version is not None and config_id is None:
        raise InvalidRequest.at("/version", "version is that of a config: name its config_id too", "config_of_version")


def taken_response(taken: Taken, *, cases: UseCases) -> Response:
    return json_response(taken._asdict(), cases=cases, position=cases.progress.visible, status=202)


def page_response(
    items: Sequence[dict[str, Any]], following: Place | None, *, request: Request, cases: UseCases
) -> Response:
    cursor = None if following is None else f"{following.at_us}-{following.number}"
    headers = {}
    if cursor:
        url = request.url.include_query_params(cursor=cursor)
        headers["Link"] = f'<{url.path}?{url.query}>; rel="next"'
    content = {"items": items, "next": cursor}
    return json_response(content, cases=cases, position=cases.progress.visible, headers=headers)
