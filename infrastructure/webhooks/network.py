"""A network that leads to checked addresses alone, and only for a while."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable, Iterable, Sequence
from ipaddress import ip_address
from typing import Any

import httpcore

from domain.webhooks.address import is_public

Resolve = Callable[[str, int], Sequence[str]]
"""The addresses of a host. Raises OSError."""


def resolved(host: str, port: int) -> Sequence[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class NotPublic(Exception):
    """The name leads into a network that is nobody's business outside."""


class CheckedNetwork(httpcore.NetworkBackend):
    """Resolves a name once, and connects to one of the very addresses that it has looked at.

    Whatever is done takes until the deadline at most, however slowly the other side goes on.
    """

    def __init__(self, resolve: Resolve, *, allows_private: bool, seconds: float) -> None:
        self._resolve = resolve
        self._allows_private = allows_private
        self._deadline = time.monotonic() + seconds

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002 -- the library's signature
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        addresses = self._resolve(host, port)
        inside = [one for one in addresses if not is_public(ip_address(one))]
        if inside and not self._allows_private:
            raise NotPublic(f"{host} leads to {inside[0]}, which is not on the public internet")
        problem: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in addresses:
            try:
                stream = httpcore.SyncBackend().connect_tcp(
                    address, port, left(self._deadline), local_address, socket_options
                )
                return Hurried(stream, self._deadline)
            except httpcore.ConnectError as error:  # the next address may be of a kind that can be reached
                problem = error
        raise problem


class Hurried(httpcore.NetworkStream):
    """A stream with one deadline for all that is read and written."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: float) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002 -- the library's signature
        return self._stream.read(max_bytes, left(self._deadline))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002
        self._stream.write(buffer, left(self._deadline))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002
    ) -> httpcore.NetworkStream:
        return Hurried(self._stream.start_tls(ssl_context, server_hostname, left(self._deadline)), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def left(deadline: float) -> float:
    """The seconds that are left. Raises ReadTimeout where there are none."""
    seconds = deadline - time.monotonic()
    if seconds <= 0:
        raise httpcore.ReadTimeout("no time is left")
    return seconds
