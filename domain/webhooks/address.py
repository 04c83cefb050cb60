"""Which addresses events may be sent to: names and IP addresses of the public internet."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import SplitResult, urlsplit

from domain.errors import InvalidRequest

LONGEST = 2_000
PORT = 443
FIRST_FREE_PORT = 1024  # below, but for 443, are services that speak no HTTPS
NAME = re.compile(
    r"(?=.{1,253}\Z)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z]([a-z0-9-]{0,61}[a-z0-9])?", re.IGNORECASE
)
PRINTABLE = re.compile(r"[!-~]+")

# Spelled out: what the standard library takes for public differs from one version to the next.
NOT_PUBLIC = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",
            "10.0.0.0/8",
            "100.64.0.0/10",  # carriers' NAT
            "127.0.0.0/8",
            "169.254.0.0/16",  # link-local, metadata services
            "172.16.0.0/12",
            "192.0.0.0/24",
            "192.0.2.0/24",
            "192.88.99.0/24",  # relays of 6to4
            "192.168.0.0/16",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/4",  # multicast
            "240.0.0.0/4",
        ),
    )
)
PUBLIC_V6 = IPv6Network("2000::/3")  # all that is given out; mapped, NAT64, local and multicast ones lie outside
NOT_PUBLIC_V6 = tuple(
    map(
        IPv6Network,
        (
            "2001::/23",  # Teredo, ORCHID, benchmarks
            "2001:db8::/32",
            "2002::/16",  # 6to4: an IPv4 address inside
            "3fff::/20",
        ),
    )
)


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether an address is one of the public internet, and leads to no other inside it."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in NOT_PUBLIC)
    return address in PUBLIC_V6 and not any(address in network for network in NOT_PUBLIC_V6)


def checked_url(url: str, *, allows_private: bool) -> str:
    """The address as it may be sent to; what its name resolves to is checked each time that something is sent.

    Raises InvalidRequest.
    """
    if len(url) > LONGEST or not PRINTABLE.fullmatch(url) or "\\" in url:
        raise _unfit(
            f"a url is up to {LONGEST} ASCII characters, without spaces: percent-encode, and write xn--… names"
        )
    try:
        parts = urlsplit(url)
        port = PORT if parts.port is None else parts.port
    except ValueError:
        raise _unfit("this is no url: write https://HOST/PATH") from None
    if parts.scheme != "https" or not parts.hostname:
        raise _unfit("events are sent by https alone: write https://HOST/PATH")
    if "@" in parts.netloc or "#" in url:
        raise _unfit("leave user, password and fragment out of the url: receivers know us by the signature")
    if port != PORT and port < FIRST_FREE_PORT:
        raise _unfit(f"port {port} is for other services: take {PORT}, or one from {FIRST_FREE_PORT} on")
    _require_host(parts, allows_private=allows_private)
    return url


def _require_host(parts: SplitResult, *, allows_private: bool) -> None:
    host = parts.hostname or ""
    try:
        literal = ip_address(host)
    except ValueError:
        literal = None
    if "%" in host or (literal is None and (not NAME.fullmatch(host) or parts.netloc.startswith("["))):
        raise _unfit(f"{host[:64]} is no name of a host: write it as DNS has it, or as an IP address in full")
    local = host == "localhost" or host.endswith(".localhost")
    if not allows_private and (local or (literal is not None and not is_public(literal))):
        raise _unfit(f"{host[:64]} is not on the public internet: events are sent to public addresses alone")


def _unfit(message: str) -> InvalidRequest:
    return InvalidRequest.at("/url", message, "url")
