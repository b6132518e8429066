"""The highest rate that a service held, from a load whose rate grows in steps.

A step is held where reads and writes keep their limits at the 95th percentile, few requests
fail, and as many are answered as arrive. These are point estimates: a step is too short to be
sure of, and what is asked is where it breaks, not whether it is good enough.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Literal, NamedTuple

from reports.evidence.load import LoadRecord, OperationWindow
from reports.judging.levels import Times, time_text
from reports.judging.validity import BUSIEST

READS_MS, WRITES_MS, FAILED_SHARE = 500, 2000, 0.01
ANSWERED = 0.95  # of the step's rate; the rest may be under way when it ends
_ONE_IN = 20  # p95: one request in so many may take longer
_OVERLOADED = ("429", "503")  # of these, what a limit of rate answers

Cause = Literal["latency", "errors", "throttling", "generator", "nothing"]


class Step(NamedTuple):
    """One steady rate, in requests a second, and what came of it; times in microseconds.

    A percentile is None where no request of that kind was answered.
    """

    rate: float
    answered: float
    reads_us: int | None
    writes_us: int | None
    failed: float
    throttled: float
    broke: Cause | None
    why: str


class FailurePoint(NamedTuple):
    """``held`` is the highest rate up to which every step was held, ``broken`` the next one.

    None where there is none: not one step was held, or all of them were.
    """

    held: float | None
    broken: float | None
    first: Cause
    why: str
    steps: tuple[Step, ...]


def failure_point(
    load: LoadRecord,
    *,
    reads_ms: int = READS_MS,
    writes_ms: int = WRITES_MS,
    failed_share: float = FAILED_SHARE,
) -> FailurePoint:
    """Where a load with growing steps broke. Raises ValueError for evidence that does not read."""
    limits = _Limits(reads_ms * 1000, writes_ms * 1000, failed_share)
    saturated = any(one.busiest > BUSIEST for one in load.generators)
    steps = tuple(_steps(load, limits, saturated=saturated))
    at = next((n for n, step in enumerate(steps) if step.broke), None)
    if at is None:
        return _unbroken(load, steps, saturated=saturated)
    held = steps[at - 1].rate if at else None
    step = steps[at]
    return FailurePoint(held, step.rate, step.broke or "nothing", step.why, steps)


def _unbroken(load: LoadRecord, steps: tuple[Step, ...], *, saturated: bool) -> FailurePoint:
    if not steps:
        return FailurePoint(None, None, "nothing", "no step was measured", steps)
    top = steps[-1].rate
    dropped = sum(one.dropped for one in load.generators)
    if dropped:
        why = f"{dropped} arrivals were dropped, nothing says at which step"
        return FailurePoint(None, top, "generator" if saturated else "latency", why, steps)
    return FailurePoint(top, None, "nothing", f"every step up to {top:g} a second was held", steps)


def summary(point: FailurePoint) -> str:
    """One line: what was held, what was not, and what broke first."""
    if point.broken is None:
        return f"not reached: {point.why}"
    held = "no step" if point.held is None else f"{point.held:g} requests a second"
    return f"{held} held, {point.broken:g} not; first: {point.first} ({point.why})"


class _Limits(NamedTuple):
    reads_us: int
    writes_us: int
    failed: float


def _steps(load: LoadRecord, limits: _Limits, *, saturated: bool) -> Iterator[Step]:
    began = load.began
    judged_from = (began + timedelta(seconds=load.warm_up_s)).timestamp()
    passed = 0.0
    for stage in load.stages:
        first = max((began + timedelta(seconds=passed)).timestamp(), judged_from)
        passed += stage.seconds
        last = (began + timedelta(seconds=passed)).timestamp()
        # Windows that lie in the step as a whole.
        times = [at for at in _times(load) if at >= first and at + load.window_s <= last]
        if not times:
            continue
        yield _step(load, stage.rate, set(times), limits, saturated=saturated)


def _times(load: LoadRecord) -> list[int]:
    """Every window from the first to the last, also those in which nothing was answered."""
    seen = [window.at for operation in load.operations for window in operation.windows]
    return list(range(min(seen), max(seen) + 1, load.window_s)) if seen else []


def _step(
    load: LoadRecord, rate: float, times: set[int], limits: _Limits, *, saturated: bool
) -> Step:
    windows = {
        kind: [
            window
            for operation in load.operations
            if operation.kind == kind
            for window in operation.windows
            if window.at in times
        ]
        for kind in ("read", "write", "outside")
    }
    every = [window for kind in windows.values() for window in kind]
    requests = sum(window.requests for window in every)
    failed = sum(window.failed for window in every)
    refused = sum(window.statuses.get(status, 0) for window in every for status in _OVERLOADED)
    answered = requests / (len(times) * load.window_s)
    reads_us, writes_us = _percentile(windows["read"]), _percentile(windows["write"])
    shares = (failed / requests, refused / requests) if requests else (0.0, 0.0)
    step = Step(rate, answered, reads_us, writes_us, *shares, None, "")
    broke, why = _broke(step, limits, saturated=saturated)
    return step._replace(broke=broke, why=why)


def _percentile(windows: list[OperationWindow]) -> int | None:
    """What 95% of the requests were answered within; None of nothing, or where too many failed."""
    from reports.evidence.histogram import merged

    requests = sum(window.requests for window in windows)
    if not requests:
        return None
    times = Times(merged(window.histogram for window in windows), requests)
    return times.with_over(requests // _ONE_IN)


def _broke(step: Step, limits: _Limits, *, saturated: bool) -> tuple[Cause | None, str]:
    """What a step broke by, worst sign first: a refusal explains an error, an error a delay."""
    slow = [
        f"{kind} p95 {time_text(microseconds / 1e6)}"
        for kind, microseconds, limit in (
            ("reads", step.reads_us, limits.reads_us),
            ("writes", step.writes_us, limits.writes_us),
        )
        if microseconds is not None and microseconds >= limit
    ]
    short = step.answered < ANSWERED * step.rate
    if not (slow or short or step.failed >= limits.failed):
        return None, ""
    answered = f"{step.answered:.1f} of {step.rate:g} a second answered"
    if saturated:
        return "generator", f"it used more than {BUSIEST:.0%} of its machine; {answered}"
    if step.failed >= limits.failed and step.throttled >= step.failed / 2:
        return "throttling", f"{step.throttled:.1%} answered 429 or 503"
    if step.failed >= limits.failed:
        return "errors", f"{step.failed:.1%} failed"
    return "latency", ", ".join(slow) or answered
