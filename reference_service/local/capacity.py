"""A service that can do so many requests a second and no more: one server, and a queue.

Every request takes the same time, 1 / rate, and they take it one after the other, in the order
in which they came, whichever host they are for. Up to the rate nobody waits for longer than
that time and those just before; beyond it the queue grows for as long as more come.

A client that goes away keeps its place: the queue has no way to tell, and the time is spent.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send


class Capacity:
    """A queue with one server in front of several applications; `rate` in requests a second.

    The time at which the server is free again is added up and never measured, so what a
    sleep comes late by is not lost to those behind.
    """

    def __init__(
        self,
        rate: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._service_s = 1 / rate
        self._clock = clock
        self._sleep = sleep
        self._free = float("-inf")

    def before(self, app: ASGIApp) -> ASGIApp:
        """The application behind the queue: it gets a request when its time is over."""

        async def queued(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "http":
                await self._served()
            await app(scope, receive, send)

        return queued

    async def _served(self) -> None:
        now = self._clock()
        self._free = max(now, self._free) + self._service_s
        await self._sleep(self._free - now)
