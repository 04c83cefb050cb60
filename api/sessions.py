"""The console's sessions: a credential in a cookie that no script can read and no other site can make use of.

The server keeps nothing of a session: the cookie holds the key or token itself, which is checked at every request.
"""

from __future__ import annotations

import ipaddress
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from functools import lru_cache

from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import Scope

from domain.errors import Forbidden, InvalidRequest

CONSOLE = "Varve-Console"  # a page of another site cannot send it: it would have to ask first, and nobody is let
SESSION, WORD = "session", "word"
WORD_SECONDS = 60
LARGEST = 4000  # bytes: browsers drop a cookie of more than 4096, its name and attributes included, without a word
PLAIN = re.compile(r"[A-Za-z0-9._~-]+")


def session_of(scope: Scope) -> str | None:
    """The key or token that the console's cookie holds; None for requests that the console's own page did not make."""
    asked = HTTPConnection(scope)
    return cookie_of(asked, SESSION) if is_of_the_console(asked) else None


def is_of_the_console(asked: HTTPConnection) -> bool:
    """Whether a page of this very origin asks; an old browser does not say where a request comes from."""
    return asked.headers.get(CONSOLE) == "1" and asked.headers.get("sec-fetch-site", "same-origin") == "same-origin"


def require_console(asked: HTTPConnection) -> None:
    """Raises Forbidden."""
    if not is_of_the_console(asked):
        raise Forbidden(f"sessions are for the console's own page: send {CONSOLE}: 1, or a key with each request")


def begin(answer: Response, asked: HTTPConnection, credential: str, *, origin: str, seconds: int | None) -> None:
    """Keep a credential that was good in the browser, for so long; None: until the browser is closed.

    Raises InvalidRequest for one that the browser would lose, and where it could be read on its way.
    """
    if not PLAIN.fullmatch(credential) or len(credential) > LARGEST:
        message = f"a browser cannot keep it: it has {len(credential):,} characters, of {LARGEST:,} at most"
        raise InvalidRequest.at("/credential", message, "too_long")
    set_cookie(answer, asked, SESSION, credential, origin=origin, seconds=seconds)


def forget(answer: Response, asked: HTTPConnection, what: str = SESSION) -> None:
    """Have the browser forget the credential, or another cookie of ours."""
    for name, secure in ((secure_name(what), "; Secure"), (local_name(asked, what), "")):
        answer.headers.append("Set-Cookie", f"{name}=; HttpOnly; SameSite=Strict; Path=/; Max-Age=0{secure}")


def leave_word(answer: Response, asked: HTTPConnection, text: str, *, origin: str) -> None:
    """Something for the page to tell when it asks next; not in its address, where anybody could put words."""
    value = urlsafe_b64encode(text.encode()).decode().rstrip("=")
    set_cookie(answer, asked, WORD, value, origin=origin, seconds=WORD_SECONDS)


def word_for(asked: HTTPConnection) -> str | None:
    """What was left for the page."""
    value = cookie_of(asked, WORD)
    try:
        return None if value is None else urlsafe_b64decode(value + "=" * (-len(value) % 4)).decode()
    except ValueError:
        return None


def cookie_of(asked: HTTPConnection, what: str) -> str | None:
    """The cookie for this; one without TLS on this machine alone, or a sibling of the host could plant one."""
    found = asked.cookies.get(secure_name(what))
    if found is None and is_local(asked):
        found = asked.cookies.get(local_name(asked, what))
    return found or None


def set_cookie(
    answer: Response,
    asked: HTTPConnection,
    what: str,
    value: str,
    *,
    origin: str,
    seconds: int | None,
    is_strict: bool = True,
) -> None:
    """`origin` is the page's. Raises InvalidRequest where the cookie could be read on its way."""
    is_secure = origin.startswith("https:")
    if not is_secure and not is_local(asked):
        message = "one signs in over https: over plain http, whoever is in between could read the key"
        raise InvalidRequest.at("", message, "https")
    name = secure_name(what) if is_secure else local_name(asked, what)
    site = "Strict" if is_strict else "Lax"
    lifetime = "" if seconds is None else f"; Max-Age={seconds}"
    secure = "; Secure" if is_secure else ""
    answer.headers.append("Set-Cookie", f"{name}={value}; HttpOnly; SameSite={site}; Path=/{lifetime}{secure}")


def secure_name(what: str) -> str:
    """Browsers take such a cookie over TLS alone, from this very host, for no other."""
    return f"__Host-varve-{what}"


def local_name(asked: HTTPConnection, what: str) -> str:
    """Cookies of one machine are shared by all of its ports, and each may have a service of its own."""
    port = asked.headers.get("host", "").rpartition(":")[2]
    return f"varve-{what}-{port if port.isdecimal() else 80}"


def origin_of(asked: HTTPConnection) -> str:
    """Where the console's page was loaded from, as the browser says it: a proxy may speak plain http to us."""
    said = asked.headers.get("origin", "")
    own = f"{asked.scope['scheme']}://{asked.headers.get('host', '')}"
    return said if said.startswith(("https://", "http://")) else own


def is_local(asked: HTTPConnection) -> bool:
    return names_this_machine(asked.headers.get("host", "").encode("latin-1"))


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
