"""The console's sessions: a credential in a cookie that no script can read and no other site can make use of.

The server keeps nothing of a session: the cookie holds the key or token itself, which is checked at every request.
"""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import Scope

from domain.errors import Forbidden, InvalidRequest

CONSOLE = "Varve-Console"  # a page of another site cannot send it: it would have to ask first, and nobody is let
SECURE = "__Host-varve"
LARGEST = 4000  # bytes: browsers drop a cookie of more than 4096, its name and attributes included, without a word
PLAIN = re.compile(r"[A-Za-z0-9._~-]+")


def session_of(scope: Scope) -> str | None:
    """The key or token that the console's cookie holds; None for requests that the console's own page did not make."""
    asked = HTTPConnection(scope)
    if not is_of_the_console(asked):
        return None
    found = asked.cookies.get(SECURE)
    if found is None and names_this_machine(asked.headers.get("host", "").encode()):
        found = asked.cookies.get(local_name(asked))
    return found or None


def is_of_the_console(asked: HTTPConnection) -> bool:
    """Whether a page of this very origin asks; an old browser does not say where a request comes from."""
    return asked.headers.get(CONSOLE) == "1" and asked.headers.get("sec-fetch-site", "same-origin") == "same-origin"


def require_console(asked: HTTPConnection) -> None:
    if not is_of_the_console(asked):
        raise Forbidden(f"sessions are for the console's own page: send {CONSOLE}: 1, or a key with each request")


def begin(answer: Response, asked: HTTPConnection, credential: str, *, is_secure: bool, seconds: int | None) -> None:
    """Keep a credential that was good in the browser, for so long; None: until the browser is closed.

    Raises InvalidRequest for one that the browser would lose, and where it could be read on its way.
    """
    if not PLAIN.fullmatch(credential) or len(credential) > LARGEST:
        message = f"a browser cannot keep it: it has {len(credential):,} characters, of {LARGEST:,} at most"
        raise InvalidRequest.at("/credential", message, "too_long")
    set_cookie(answer, name_of(asked, is_secure=is_secure), credential, is_secure=is_secure, seconds=seconds)


def end(answer: Response, asked: HTTPConnection) -> None:
    """Have the browser forget it, under either name."""
    set_cookie(answer, SECURE, "", is_secure=True, seconds=0)
    set_cookie(answer, local_name(asked), "", is_secure=False, seconds=0)


def set_cookie(
    answer: Response, name: str, value: str, *, is_secure: bool, seconds: int | None, is_strict: bool = True
) -> None:
    same_site = "strict" if is_strict else "lax"
    answer.set_cookie(name, value, max_age=seconds, path="/", secure=is_secure, httponly=True, samesite=same_site)  # type: ignore[arg-type]


def name_of(asked: HTTPConnection, *, is_secure: bool) -> str:
    """Raises InvalidRequest where the cookie could be read on its way."""
    if is_secure:
        return SECURE
    if not names_this_machine(asked.headers.get("host", "").encode()):
        message = "one signs in over https: over plain http, whoever is in between could read the key"
        raise InvalidRequest.at("", message, "https")
    return local_name(asked)


def local_name(asked: HTTPConnection) -> str:
    """Cookies of one machine are shared by all of its ports, and each may have a service of its own."""
    return f"varve-{asked.url.port or 80}"


def origin_of(asked: HTTPConnection) -> str:
    """Where the console's page was loaded from, as the browser says it: a proxy may speak plain http to us."""
    said = asked.headers.get("origin", "")
    return said if urlsplit(said).netloc else f"{asked.url.scheme}://{asked.url.netloc}"


@lru_cache(maxsize=1024)
def names_this_machine(host: bytes) -> bool:
    """Whether a Host header names the loopback interface."""
    name = host.decode("latin-1")
    name = name[1:].partition("]")[0] if name.startswith("[") else name.partition(":")[0]
    if name.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
