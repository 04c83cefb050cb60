"""Posts to addresses that others have named, and tells what came of it; asks those that an operator has named."""

from __future__ import annotations

import ssl
import time
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import unquote_to_bytes, urlsplit

import httpcore
import httpx

from application.webhook_outbox import Answered
from domain.errors import InvalidRequest
from infrastructure.webhooks.network import CheckedNetwork, NotPublic, Resolve, resolved

SECONDS = 15.0
MOST_BYTES = 16_384  # that are read of an answer
MOST_TOLD = 500  # characters of it that are kept
USER_AGENT = "Varve-Webhooks/1"
TOO_SLOW = (httpcore.TimeoutException, TimeoutError)
UNREACHED = (httpcore.NetworkError, httpcore.ProtocolError, OSError)


@dataclass(frozen=True, slots=True)
class HttpSender:
    """Implements the port `Sender`: no redirect is followed, and no proxy of the environment is asked.

    `ca_file` names further authorities that receivers are known by; `allows_private`: they may be anywhere.
    """

    ca_file: Path | None = None
    allows_private: bool = False
    resolve: Resolve = resolved
    seconds: float = SECONDS

    def send(self, url: str, *, headers: Mapping[str, str], body: bytes) -> Answered:
        return self._answered("POST", url, headers, body)

    def get(self, url: str) -> Answered:
        """Where the address says a user and a password, they are shown."""
        address, proof = proved(url)
        return self._answered("GET", address, proof, b"")

    def _answered(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answered:
        began = time.monotonic()
        try:
            status, text = self._sent(method, url, headers, body)
        except NotPublic as refusal:
            status, text = None, str(refusal)
        except TOO_SLOW:
            status, text = None, f"the receiver did not answer within {self.seconds:g} s"
        except UNREACHED as error:
            status, text = None, f"the receiver cannot be reached: {str(error) or type(error).__name__}"
        return Answered(status, shown(text), time.monotonic() - began)

    def _sent(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> tuple[int, str]:
        network = CheckedNetwork(self.resolve, allows_private=self.allows_private, seconds=self.seconds)
        given = {"Host": urlsplit(url).netloc, "User-Agent": USER_AGENT, "Connection": "close", **headers}
        # A connection for each: none that was closed meanwhile is taken for a receiver that fails.
        with (
            httpcore.ConnectionPool(trusted(self.ca_file), max_connections=1, network_backend=network) as pool,
            pool.stream(method, url, headers=list(given.items()), content=body) as response,
        ):
            told = b""
            for chunk in response.iter_stream():
                told += chunk
                if len(told) >= MOST_BYTES:
                    break
        if 300 <= response.status < 400:
            return response.status, "redirects are not followed: name the address that it leads to"
        return response.status, told.decode(errors="replace")


def proved(url: str) -> tuple[str, dict[str, str]]:
    """The address without its login, and the header that says it."""
    parts = urlsplit(url)
    login, at, place = parts.netloc.rpartition("@")
    proof = {"Authorization": f"Basic {b64encode(unquote_to_bytes(login)).decode()}"} if at else {}
    return parts._replace(netloc=place).geturl(), proof


@cache
def trusted(ca_file: Path | None) -> ssl.SSLContext:
    """The authorities that are known everywhere, and those in a file (PEM). Raises InvalidRequest for the file."""
    context = httpx.create_ssl_context()
    if ca_file is not None:
        try:
            context.load_verify_locations(ca_file)
        except (OSError, ssl.SSLError) as error:
            message = f"the authorities in {ca_file} cannot be read ({error}): name a file with certificates in PEM"
            raise InvalidRequest.at("/webhook_ca_file", message, "ca_file") from error
    return context


def shown(text: str) -> str:
    """The beginning, on one line."""
    return "".join(one if one.isprintable() else " " for one in text[:MOST_TOLD]).strip()
