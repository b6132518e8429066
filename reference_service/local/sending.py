"""What happens between making an answer and sending it: nothing, unless a fault is installed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import Scope

# Awaited with a request's scope before its answer is sent; no thread waits meanwhile.
Pause = Callable[["Scope"], Awaitable[None]]


async def at_once(_: Scope) -> None:
    """Sends right away."""
