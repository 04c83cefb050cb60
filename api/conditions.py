"""If-Match: what a change says of the version, or the position, that it is about."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import Depends, Header
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from domain.errors import InvalidRequest

VERSION_TAG = re.compile(r'(?:W/)?"?(\d{1,18})"?')


async def expected_version(
    if_match: Annotated[str | None, Header(description="The ETag that was read.")] = None,
) -> int | None:
    """The version that the caller has read; None where any will do."""
    return version_in(if_match)


async def expected_position(
    if_match: Annotated[str | None, Header(description="The position that was read.")] = None,
) -> int | None:
    """The position that nothing here may have changed beyond; None where it does not matter."""
    return version_in(if_match)


ExpectedVersion = Annotated[int | None, Depends(expected_version)]
ExpectedPosition = Annotated[int | None, Depends(expected_position)]


def version_in(if_match: str | None) -> int | None:
    """The number of an ETag; None for no header, and for `*`. Raises InvalidRequest for anything else."""
    if if_match is None or if_match.strip() == "*":
        return None
    found = VERSION_TAG.fullmatch(if_match.strip())
    if found is None:
        message = 'If-Match is the ETag of the config as it was read, such as "3"'
        raise InvalidRequest.at("/if-match", message, "if_match")
    return int(found[1])


def takes_if_match(route: APIRoute) -> bool:
    """Whether a change through this route can say which version it is about."""
    return _asks_for_version(route.dependant)


def _asks_for_version(dependant: Dependant) -> bool:
    return dependant.call is expected_version or any(map(_asks_for_version, dependant.dependencies))
