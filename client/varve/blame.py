"""Whether an error says something about the settings that a call was made with."""

from __future__ import annotations

from collections.abc import Mapping

# What a service answers to a request that asks for what it does not have, or cannot do.
OF_SETTINGS = frozenset({400, 404, 410, 422})
# Parts of the names of classes, where there is no status: of the network, of rights, of load.
OF_OTHERS = (
    "Cancel", "Timeout", "TimedOut", "Connect", "Network", "Transport", "Protocol", "MaxRetr",
    "Authenticat", "Unauthorized", "Permission", "Forbidden", "Denied",
    "RateLimit", "Throttl", "Quota", "TooManyRequests", "Overloaded", "Unavailable", "InternalServer", "ServerError",
)  # fmt: skip
OF_OTHER_CODES = ("content_filter", "rate_limit", "insufficient_quota", "billing")
OF_PROGRAMS = (MemoryError, RecursionError, AssertionError, NotImplementedError, StopIteration, StopAsyncIteration)
STATUSES = ("status_code", "status", "http_status", "code")


def is_config_error(error: Exception) -> bool:
    """True for a 400, 404, 410 or 422, and for what has no status and is not known to be something else's fault.

    Not for rate limits, rights, timeouts, the network, or a service that fails: other settings would fare no better.
    Statuses are found where the clients of OpenAI, Anthropic, httpx, requests, aiohttp, botocore and Google have them,
    and gRPC's codes.
    """
    if isinstance(error, OF_PROGRAMS) or any(word in code_of(error) for word in OF_OTHER_CODES):
        return False
    status = status_of(error)
    if status is not None:
        return status in OF_SETTINGS
    names = [kind.__name__ for kind in type(error).__mro__] + [grpc_name(error)]
    return not any(word in name for name in names for word in OF_OTHERS)


def status_of(error: Exception) -> int | None:
    """The HTTP status that an error carries, itself or in its response."""
    response = getattr(error, "response", None)
    if isinstance(response, Mapping):  # botocore
        about = response.get("ResponseMetadata")
        return as_status(about.get("HTTPStatusCode")) if isinstance(about, Mapping) else None
    found = (as_status(getattr(one, name, None)) for one in (error, response) for name in STATUSES)
    return next((status for status in found if status is not None), None)


def as_status(value: object) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool) and 100 <= value <= 599:
        return int(value)
    return None


def code_of(error: Exception) -> str:
    """A word that says more than the status, as OpenAI's errors have it."""
    code = getattr(error, "code", None)
    return code if isinstance(code, str) else ""


GRPC = {
    "UNAUTHENTICATED": "Unauthorized", "PERMISSION_DENIED": "Denied", "RESOURCE_EXHAUSTED": "Quota",
    "UNAVAILABLE": "Unavailable", "DEADLINE_EXCEEDED": "Timeout", "CANCELLED": "Cancel",
    "INTERNAL": "InternalServer", "ABORTED": "Unavailable",
}  # fmt: skip


def grpc_name(error: Exception) -> str:
    """What gRPC's code would be called as a class."""
    code = getattr(error, "code", None)
    try:
        name = getattr(code() if callable(code) else None, "name", "")
    except Exception:  # noqa: BLE001 - some other kind of `code`, of somebody else's
        return ""
    return GRPC.get(name, "") if isinstance(name, str) else ""
