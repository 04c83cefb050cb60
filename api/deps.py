"""What routes ask of a request besides its body.

Use cases, the command it is, conditions, and the position it must show.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from typing import Annotated, Any, get_origin
from uuid import uuid4

from fastapi import Depends, Header, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from api.command_headers import glass, moment_in, short
from api.conditions import takes_if_match, version_in
from api.parsing import ParsedRequest, text_of
from api.request_digests import command_id, request_digests
from application.catalog import Catalog
from application.moments import Moment
from application.ports import Command
from application.use_cases import UseCases
from domain.errors import Behind, Fault, InvalidRequest
from domain.pointers import pointer_of

MIN_POSITION_WITHIN_SECONDS = 2.0


class StrictRoute(APIRoute):
    """A route that refuses query parameters which would be ignored in silence: unknown ones, and a second value."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()
        known = query_parameters(self.dependant)

        async def strict(request: Request) -> Response:
            require_text(request)
            if faults := list(_unfit_parameters(request, known)):
                raise InvalidRequest("; ".join(fault.message for fault in faults), faults=faults)
            response = await handle(ParsedRequest(request.scope, request.receive))
            access = request.scope.get("state", {}).get("access")
            if access is not None and not access.has_asked:
                raise AssertionError(f"{request.method} {request.url.path} was answered without asking the policy")
            return response

        return strict


def query_parameters(dependant: Dependant) -> dict[str, bool]:
    """The names that a route takes, by itself or through what it depends on, and whether each may repeat."""
    found = {field.alias: get_origin(field.field_info.annotation) is list for field in dependant.query_params}
    for other in dependant.dependencies:
        found.update(query_parameters(other))
    return found


def _unfit_parameters(request: Request, known: dict[str, bool]) -> Iterator[Fault]:
    given = Counter(name for name, _ in request.query_params.multi_items())
    there = f"there are {', '.join(sorted(known))}" if known else "there is none"
    for name, times in given.items():
        if name not in known:
            yield Fault(pointer_of([name]), f"{name} is not a parameter here: {there}", "unknown_parameter")
        elif times > 1 and not known[name]:
            yield Fault(pointer_of([name]), f"{name} is given {times} times: give it once", "repeated_parameter")


def require_text(request: Request) -> None:
    """Raises InvalidRequest for an address that is not UTF-8 (it would be read as another) or that holds NUL."""
    for part in (request.scope.get("raw_path") or b"", request.scope["query_string"]):
        if text_of(part) is None:
            message = "the address is not percent-encoded UTF-8 without NUL: encode ids and texts so"
            raise InvalidRequest.at("", message, "encoding")


# Dependencies that ask nothing of a store are coroutines: the framework gives every other one a thread of its own.
async def use_cases(request: Request) -> UseCases:
    found: UseCases = request.app.state.use_cases
    return found


Cases = Annotated[UseCases, Depends(use_cases)]


async def actor_of(
    request: Request,
    varve_actor: Annotated[  # noqa: ARG001 -- read where callers are known, before this; here it is documented
        str | None, Header(description="Who acts, in the mode `open`; `anonymous` if absent. Percent-encoded.")
    ] = None,
) -> str:
    name: str = request.scope["state"]["principal"].name
    return name


Actor = Annotated[str, Depends(actor_of)]
BREAK_GLASS = "Pass a freeze, a lock or missing approvals all the same, for this reason: recorded, and alerted."
KEY_DESCRIPTION = "The same key and body gives the first answer again; the same key with another body is refused."


@dataclass(frozen=True, slots=True)
class CommandRequest:
    """The marks of a command, from its headers; `command` makes it, once the reason in the body is known."""

    _request: Request
    _cases: UseCases
    _actor: str
    _key: str | None
    _correlation_id: str | None
    _caller_time: str | None
    _break_glass: str | None

    def command(self, *, reason: str | None = None) -> Command:
        route: APIRoute = self._request.scope["route"]
        digest, other = request_digests(self._request, self._cases.store)
        return Command(
            self._actor,
            command_id(self._key or uuid4().hex, principal=self._actor, store=self._cases.store),
            str(route.operation_id),
            digest,
            reason,
            self._correlation_id,
            self._caller_time,
            other,
            break_glass=glass(self._break_glass, self._request, self._cases),
            lacks_if_match=takes_if_match(route) and version_in(self._request.headers.get("if-match")) is None,
        )


async def command_request(
    request: Request,
    cases: Cases,
    actor: Actor,
    idempotency_key: Annotated[str | None, Header(description=KEY_DESCRIPTION)] = None,
    varve_correlation_id: Annotated[str | None, Header(description="Recorded with the events.")] = None,
    varve_caller_time: Annotated[
        str | None,
        Header(description="The caller's own clock (RFC 3339 with an offset); nothing is ordered by it."),
    ] = None,
    varve_break_glass: Annotated[str | None, Header(description=BREAK_GLASS)] = None,
) -> CommandRequest:
    return CommandRequest(
        request,
        cases,
        actor,
        short(idempotency_key, "Idempotency-Key"),
        short(varve_correlation_id, "Varve-Correlation-Id"),
        moment_in(varve_caller_time),
        varve_break_glass,
    )


Asked = Annotated[CommandRequest, Depends(command_request)]
DryRunFlag = Annotated[
    bool, Query(alias="dry_run", description="Check, and tell what would be recorded, but record nothing.")
]


async def await_position(
    cases: Cases,
    varve_min_position: Annotated[
        int | None, Header(ge=0, lt=2**63, description="Answer from views that show at least this position.")
    ] = None,
) -> None:
    """A read is answered at this position or later, or refused within two seconds; never older."""
    if varve_min_position is not None and varve_min_position > cases.progress.visible:
        await run_in_threadpool(require_position, cases, varve_min_position)


def require_position(cases: UseCases, position: int) -> None:
    """Raises Behind where the views do not show this position within two seconds."""
    if not cases.progress.wait_for(position, seconds=MIN_POSITION_WITHIN_SECONDS):
        raise Behind(f"the views are at {cases.progress.visible}, not at {position} yet: try again in a moment")


AtPosition = Depends(await_position)
AS_OF = "A moment of the past: a time with its offset, such as 2026-11-20T10:00:00Z, or tag:NAME."
PREVIEW = "Take an as_of in the future: what is known of it now, which the answer then says (`preview`)."
POSITION = "A position of the log: rounded down to the end of a commit, which the answer then says (`rounded_from`)."


@dataclass(frozen=True, slots=True)
class AskedMoment:
    """The moment that a read is about, as it was asked for."""

    as_of: str | None
    position: int | None
    preview: bool

    def found(self, cases: UseCases) -> Moment | None:
        """The moment; None for now. Raises Behind where the views have not come to it yet."""
        moment = cases.moments.at(as_of=self.as_of, position=self.position, preview=self.preview)
        if moment is not None:
            require_position(cases, moment.position)
        return moment


async def asked_moment(
    as_of: Annotated[str | None, Query(max_length=100, description=AS_OF)] = None,
    position: Annotated[int | None, Query(ge=0, lt=2**63, description=POSITION)] = None,
    preview: Annotated[bool, Query(description=PREVIEW)] = False,
) -> AskedMoment:
    return AskedMoment(as_of, position, preview)


MomentAsked = Annotated[AskedMoment, Depends(asked_moment)]


def catalog_of(cases: UseCases, moment: Moment | None) -> Catalog:
    """The definitions as they are, or were."""
    return cases.catalogs.current() if moment is None else cases.catalogs.as_of(moment.position)


def position_of(cases: UseCases, moment: Moment | None) -> int:
    return cases.progress.visible if moment is None else moment.position


def show(cases: UseCases, position: int) -> None:
    """Before an answer that is true at a position: let the kept answers know of it, so that the next is not older."""
    cases.progress.wait_for(position, seconds=MIN_POSITION_WITHIN_SECONDS)
