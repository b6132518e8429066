"""Puts what invocations wrote into moto's logs when somebody looks: REPORT lines, and others."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache, wraps
from typing import Any

from reference_service.local.invocations import Invocations

STREAM = "[1]local"
_LOOKS = ("describe_log_streams", "filter_log_events", "get_log_events", "start_query")
# Of all the stacks in a process the last one writes: its invocations, its group.
_written: list[tuple[Invocations, str]] = []


def install(invocations: Invocations, group: str) -> None:
    """Writes the reports of these invocations to that log group from here on."""
    _written[:] = [(invocations, group)]
    _install()


@cache
def _install() -> None:
    from moto.logs.models import LogsBackend

    backend: Any = LogsBackend
    for name in _LOOKS:
        setattr(backend, name, _after_writing(getattr(backend, name)))


def _after_writing(look: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(look)
    def up_to_date(self: Any, *arguments: Any, **named: Any) -> Any:
        invocations, group = _written[0]
        if group in self.groups:
            _write(self, invocations, group)
        return look(self, *arguments, **named)

    return up_to_date


def _write(backend: Any, invocations: Invocations, group: str) -> None:
    reports = [(report.at, report.line()) for report in invocations.reports()]
    written = sorted([*reports, *invocations.lines()])
    if not written:
        return
    stream = f"{datetime.now(UTC):%Y/%m/%d}/{STREAM}"
    backend.ensure_log_stream(group, stream)
    events = [{"timestamp": int(at * 1000), "message": line} for at, line in written]
    backend.put_log_events(group, stream, events)
