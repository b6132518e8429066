"""What clients come in by: with TLS, and a plain request is sent there."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Callable
from typing import TYPE_CHECKING

from reference_service.local.terms import Terms

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from reference_service.local.certificates import Authority

_HELLO = 0x16  # the first byte of a TLS handshake
_PATIENCE_S = 10.0  # for the first byte
_CLOSING_S = 0.5  # for a client's goodbye


class Entrance:
    """An ASGI application in front of another, which may be replaced while it runs.

    With `secure`, requests without TLS are redirected to the same address with it.
    """

    def __init__(self, app: ASGIApp, *, secure: bool) -> None:
        self.app = app
        self.secure = secure

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.secure and scope["type"] == "http" and scope["scheme"] != "https":
            from starlette.datastructures import URL
            from starlette.responses import RedirectResponse

            there = URL(scope=scope).replace(scheme="https")
            await RedirectResponse(str(there), 308)(scope, receive, send)
        else:
            await self.app(scope, receive, send)


class Encryption:
    """The TLS of all entrances; terms may change, for connections to come."""

    def __init__(self, authority: Authority) -> None:
        self._authority = authority
        self._terms: Terms | None = None
        self.context = _context()

    def agree(self, terms: Terms) -> None:
        """Speaks TLS on these terms from now on."""
        if terms != self._terms:
            context = _context()
            context.minimum_version = terms.oldest
            if terms.oldest < ssl.TLSVersion.TLSv1_2:
                # Today's OpenSSL has the old versions only at its lowest level of security.
                context.set_ciphers("ALL:@SECLEVEL=0")
            context.load_cert_chain(self._authority.issue(terms))
            self.context, self._terms = context, terms


class Door:
    """Takes connections from one listener: one port for those with TLS and those without."""

    def __init__(
        self,
        listener: socket.socket,
        encryption: Encryption,
        protocol: Callable[[], asyncio.Protocol],
    ) -> None:
        self._listener = listener
        self._encryption = encryption
        self._protocol = protocol
        self._opening: set[asyncio.Task[None]] = set()

    async def stand_open(self) -> None:
        """Takes connections until cancelled."""
        loop = asyncio.get_running_loop()
        self._listener.setblocking(False)
        while True:
            connection, _ = await loop.sock_accept(self._listener)
            task = asyncio.create_task(self._admit(connection))
            self._opening.add(task)
            task.add_done_callback(self._opening.discard)

    async def _admit(self, connection: socket.socket) -> None:
        connection.setblocking(False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(_PATIENCE_S):
                first = await _first_byte(connection)
                context = self._encryption.context if first == _HELLO else None
                closing = {"ssl_shutdown_timeout": _CLOSING_S} if context else {}
                await loop.connect_accepted_socket(
                    self._protocol, connection, ssl=context, **closing
                )
        # A client that leaves, or that wants another TLS, is none.
        except (OSError, TimeoutError):
            with contextlib.suppress(OSError):
                connection.close()


async def _first_byte(connection: socket.socket) -> int:
    """Waits for a byte and leaves it where it is. Raises ConnectionError when there is none."""
    loop = asyncio.get_running_loop()
    readable = asyncio.Event()
    loop.add_reader(connection, readable.set)
    try:
        await readable.wait()
    finally:
        loop.remove_reader(connection)
    seen = connection.recv(1, socket.MSG_PEEK)
    if not seen:
        raise ConnectionError
    return seen[0]


def _context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_alpn_protocols(["http/1.1"])
    return context
