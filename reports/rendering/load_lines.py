"""The loads of a run in lines: what arrived, what speaks against it, and where it broke."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reports.evidence.load import LoadRecord
from reports.evidence.record import RunRecord
from reports.judging.failure_point import FailurePoint, failure_point, summary
from reports.judging.levels import time_text
from reports.judging.validity import RAMP, doubts
from reports.rendering.plain import plain


def load_lines(record: RunRecord) -> Iterator[str]:
    """Each load, and for one whose rate grows, every step of it."""
    for load in record.loads:
        windows = [window for one in load.operations for window in one.windows]
        requests, failed = sum(w.requests for w in windows), sum(w.failed for w in windows)
        scheduled = sum(one.scheduled for one in load.generators)
        arrived = sum(one.arrived for one in load.generators)
        dropped = sum(one.dropped for one in load.generators)
        yield f"  load {load.profile}, {load.workload}, seed {load.seed}, {load.began.isoformat()}"
        yield (
            f"    {requests} requests, {failed} failed; {arrived} of {scheduled} arrivals began, "
            f"{dropped} dropped; {len(load.generators)} generators"
        )
        for doubt in doubts(load):
            yield f"    doubt: {plain(doubt.why)}"
        if load.profile == RAMP:
            yield from _staircase(failure_point(load))


def failure_points(loads: Sequence[LoadRecord]) -> Iterator[str]:
    """One line a stress load."""
    for load in loads:
        if load.profile == RAMP:
            yield f"failure point: {plain(summary(failure_point(load)))}"


def _staircase(point: FailurePoint) -> Iterator[str]:
    yield f"    failure point: {plain(summary(point))}"
    for step in point.steps:
        said = f"broke: {step.why}" if step.broke else "held"
        yield (
            f"      {step.rate:>6g}/s  answered {step.answered:.1f}/s  "
            f"p95 reads {_time(step.reads_us)}, writes {_time(step.writes_us)}  "
            f"failed {step.failed:.1%}  {said}"
        )


def _time(microseconds: int | None) -> str:
    return "-" if microseconds is None else time_text(microseconds / 1e6)
