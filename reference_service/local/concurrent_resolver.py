"""Powertools' resolver for several requests at a time.

On AWS a function instance has one event at a time, so Powertools keeps the current
event and its context in shared variables. The local front runs the function in
several threads: here each thread has its own.
"""

from __future__ import annotations

import threading
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver

_thread = threading.local()


class ConcurrentResolver(APIGatewayRestResolver):
    """Keeps the current event and the context by thread."""

    @property
    def current_event(self) -> Any:  # type: ignore[override]
        return _thread.event

    @property
    def context(self) -> dict[str, Any]:
        if not hasattr(_thread, "context"):
            _thread.context = {}
        return _thread.context  # type: ignore[no-any-return]

    @context.setter
    def context(self, value: dict[str, Any]) -> None:
        _thread.context = value

    def _to_proxy_event(self, event: dict[str, Any]) -> Any:
        _thread.event = super()._to_proxy_event(event)
        return _thread.event
