"""A load as the figures that a page shows: totals, and how they went over time.

Everything is counted from the windows' histograms, so a percentile of several operations or
windows is the percentile of all their requests together, never an average.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from reports.evidence.histogram import Histogram, merged
from reports.evidence.load import LoadRecord, Operation, OperationWindow
from reports.judging.sample import judged_windows, selected
from reports.rendering.broken_load import BrokenLoad

PERCENTS = (50.0, 95.0, 99.0, 100.0)
MOST_POINTS = 120  # a longer run has that many points, of several windows each
LONGEST_S = 10 * 86400  # what lies further from the first arrival is no part of a run


class Point(NamedTuple):
    """What ended in ``at_s <= seconds since the first arrival < to_s``.

    Milliseconds of those that did not fail; None where none succeeded.
    """

    at_s: float
    to_s: float
    requests: int
    failed: int
    rate: float
    p50: float | None
    p95: float | None
    p99: float | None


class Figures(NamedTuple):
    """One operation, or a group of them, after the warm-up; ``points`` hold the warm-up too.

    ``slow`` are those that did not fail and were not surely below ``limit_ms``.
    """

    name: str
    kind: str
    limit_ms: float | None
    requests: int
    failed: int
    slow: int
    rate: float
    p50: float | None
    p95: float | None
    p99: float | None
    most: float | None
    statuses: tuple[tuple[str, int], ...]
    errors: tuple[tuple[str, int], ...]
    marks: tuple[tuple[str, int], ...]
    points: tuple[Point, ...]
    width_s: int


def figures(
    load: LoadRecord, name: str, operations: Sequence[str], limit_ms: float | None
) -> Figures:
    """Count ``operations`` (names, or a group of judging) of ``load``. Raises BrokenLoad."""
    parts = selected(load, operations)
    width_s = _width(load)
    try:
        judged = [window for part in parts for window in judged_windows(load, part)]
        whole = merged(window.histogram for window in judged)
        points = tuple(_points(load, parts, width_s))
    except ValueError as problem:
        raise BrokenLoad(f"{load.workload} at {load.profile}, {name}: {problem}") from problem
    requests = sum(window.requests for window in judged)
    p50, p95, p99, most = _milliseconds(whole)
    return Figures(
        name=name,
        kind=parts[0].kind if len(parts) == 1 else "",
        limit_ms=limit_ms,
        requests=requests,
        failed=sum(window.failed for window in judged),
        slow=0 if limit_ms is None else whole.over(round(limit_ms * 1000)),
        rate=requests / measured_s(load) if requests else 0.0,
        p50=p50,
        p95=p95,
        p99=p99,
        most=most,
        statuses=_summed(window.statuses for window in judged),
        errors=_summed(window.errors for window in judged),
        marks=_summed(part.marks for part in parts),
        points=points,
        width_s=width_s,
    )


def measured_s(load: LoadRecord) -> float:
    """Seconds from the first judged window to the end of the last; at least 1."""
    times = [w.at for operation in load.operations for w in judged_windows(load, operation)]
    if not times:
        return 1.0
    planned = load.began.timestamp() + sum(stage.seconds for stage in load.stages)
    last = max(times) + load.window_s
    # The last window is seldom full: arrivals end with the stages, answers soon after.
    ends = planned if min(times) < planned < last else last
    return max(1.0, ends - min(times))


def target(load: LoadRecord, until_s: float) -> list[tuple[float, float]]:
    """The rate that was to arrive, as a line of steps over seconds since the first arrival."""
    line: list[tuple[float, float]] = []
    at = 0.0
    for stage in load.stages:
        end = min(at + max(0.0, stage.seconds), until_s)
        if end > at:
            line += [(at, stage.rate), (end, stage.rate)]
        at = end
    return line


def spans_s(load: LoadRecord) -> float:
    """Seconds from the first arrival to the end of the last window. Raises BrokenLoad."""
    began = load.began.timestamp()
    times = [window.at for operation in load.operations for window in operation.windows]
    if not times or load.window_s <= 0:
        raise BrokenLoad(f"{load.workload} at {load.profile}: it holds no window")
    first, last = min(times) - began, max(times) + load.window_s - began
    if first < -load.window_s or last > LONGEST_S:
        raise BrokenLoad(
            f"{load.workload} at {load.profile}: its windows lie {first:.0f} to {last:.0f} s "
            "from its first arrival"
        )
    return last


def _width(load: LoadRecord) -> int:
    """Seconds a point: one window, or as many as keep a long run readable."""
    windows = max(1, round(spans_s(load) / load.window_s))
    return load.window_s * -(-windows // MOST_POINTS)


def _points(load: LoadRecord, parts: Sequence[Operation], width_s: int) -> Iterable[Point]:
    began = load.began.timestamp()
    start = began - began % load.window_s  # where its first window begins
    held: dict[int, list[OperationWindow]] = {}
    for part in parts:
        for window in part.windows:
            held.setdefault(int((window.at - start) // width_s), []).append(window)
    end = began + spans_s(load)
    planned = began + sum(stage.seconds for stage in load.stages)
    if end - load.window_s < planned < end:
        end = planned  # arrivals end within the last window
    for at in range(max(held, default=-1) + 1):
        windows = held.get(at, [])
        requests = sum(window.requests for window in windows)
        first = max(start + at * width_s, began)
        last = min(start + (at + 1) * width_s, end)
        p50, p95, p99, _ = _milliseconds(merged(window.histogram for window in windows))
        yield Point(
            at_s=first - began,
            to_s=max(last, first) - began,
            requests=requests,
            failed=sum(window.failed for window in windows),
            rate=requests / max(1.0, last - first),
            p50=p50,
            p95=p95,
            p99=p99,
        )


def _milliseconds(histogram: Histogram) -> tuple[float | None, ...]:
    if not histogram.total:
        return (None,) * len(PERCENTS)
    return tuple(value / 1000 for value in histogram.percentiles(PERCENTS))


def _summed(counts: Iterable[dict[str, int]]) -> tuple[tuple[str, int], ...]:
    total: Counter[str] = Counter()
    for one in counts:
        total.update(one)
    return tuple(sorted(total.items(), key=lambda one: (-one[1], one[0])))
