"""What loads hold about some of their operations: requests, and how many were over a limit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from reports.evidence.load import LoadRecord, Operation, OperationWindow
from reports.judging.validity import counts_alone

if TYPE_CHECKING:
    from reports.evidence.histogram import Histogram

GROUPS = ("reads", "writes", "all")
LEAST_WINDOWS = 30  # fewer say nothing about how windows vary


class Count(NamedTuple):
    """Requests, and those of them that were over a limit."""

    requests: int
    over: int


class Sample(NamedTuple):
    """What was judged. ``windows`` are counts by load and window, all operations together.

    ``missing`` names operations without one judged request, ``malformed`` says what does not
    read; ``warm_up`` counts the requests that are left out.
    """

    whole: Count
    failed: int
    windows: tuple[Count, ...]
    warm_up: int
    missing: tuple[str, ...]
    malformed: tuple[str, ...]


def selected(load: LoadRecord, operations: Sequence[str]) -> list[Operation]:
    """The operations that are named, by their names or as a group of ``GROUPS``."""
    return [one for one in load.operations if _named(one, operations)]


def _named(operation: Operation, operations: Sequence[str]) -> bool:
    if operation.name in operations:
        return True
    if operation.kind == "outside":
        return False  # no group holds it: it has no limit
    return "all" in operations or f"{operation.kind}s" in operations


def judged_windows(load: LoadRecord, operation: Operation) -> list[OperationWindow]:
    """Those that are no warm-up: they began ``warm_up_s`` after the first arrival or later."""
    if not load.warm_up_s:
        return list(operation.windows)  # the first one began before the first arrival
    first = (load.began + timedelta(seconds=load.warm_up_s)).timestamp()
    return [window for window in operation.windows if window.at >= first]


def take(loads: Sequence[LoadRecord], operations: Sequence[str], limit_us: int | None) -> Sample:
    """Count requests over ``limit_us``, the failed ones among them; None: failed ones alone."""
    windows: dict[tuple[int, int], Count] = {}
    failed = warm_up = 0
    malformed: dict[str, None] = {}
    for at, load in enumerate(loads):
        for operation in selected(load, operations):
            judged = judged_windows(load, operation)
            warm_up += sum(one.requests for one in operation.windows)
            for window in judged:
                warm_up -= window.requests
                slow = 0
                try:
                    slow = _slow(window, limit_us)
                except ValueError as problem:
                    malformed[f"{operation.name}: {problem}"] = None
                before = windows.get((at, window.at), Count(0, 0))
                windows[at, window.at] = Count(
                    before.requests + window.requests, before.over + window.failed + slow
                )
                failed += window.failed
    counts = tuple(windows[key] for key in sorted(windows))
    whole = Count(sum(one.requests for one in counts), sum(one.over for one in counts))
    return Sample(
        whole, failed, counts, warm_up, tuple(missing(loads, operations)), tuple(malformed)
    )


def successes(loads: Sequence[LoadRecord], operations: Sequence[str]) -> Histogram:
    """The times of the judged requests that did not fail. Raises ValueError."""
    from reports.evidence.histogram import merged

    return merged(
        window.histogram
        for load in loads
        for operation in selected(load, operations)
        for window in judged_windows(load, operation)
    )


def _slow(window: OperationWindow, limit_us: int | None) -> int:
    """Of those that succeeded; without a limit none is. Raises ValueError for what adds not up."""
    if limit_us is None and counts_alone(window):
        return 0
    succeeded = window.requests - window.failed
    whole = _counted(window.histogram, limit_us)
    if whole.requests != succeeded:
        raise ValueError(f"{succeeded} requests succeeded and a histogram holds {whole.requests}")
    return whole.over


# The same windows are counted for several objectives, operations and groups.
@lru_cache(maxsize=65536)
def _counted(text: str, limit_us: int | None) -> Count:
    from reports.evidence.histogram import decoded

    histogram = decoded(text)
    return Count(histogram.total, 0 if limit_us is None else histogram.over(limit_us))


def missing(loads: Sequence[LoadRecord], operations: Sequence[str]) -> Iterator[str]:
    """A name that no load knows, and one that is known and was not measured in each of them."""
    wanted: Mapping[str, None] = {
        **{name: None for name in operations if name not in GROUPS},
        **{one.name: None for load in loads for one in selected(load, operations)},
    }
    for name in wanted:
        for load in loads:
            operation = next((one for one in load.operations if one.name == name), None)
            if operation is None or not sum(w.requests for w in judged_windows(load, operation)):
                yield name
                break


def design_effect(windows: Sequence[Count]) -> float | None:
    """How much more windows differ than chance alone explains, at least 1.

    The ratio of the variance of their counts over the limit to that of independent requests
    (Pearson's dispersion). None where there are too few windows to tell, or nothing over.
    """
    whole = Count(sum(one.requests for one in windows), sum(one.over for one in windows))
    filled = [one for one in windows if one.requests]
    if len(filled) < LEAST_WINDOWS or whole.over in (0, whole.requests):
        return None
    share = Fraction(whole.over, whole.requests)
    squares = sum((one.over - one.requests * share) ** 2 / one.requests for one in filled)
    return max(1.0, float(squares / (share * (1 - share)) / (len(filled) - 1)))
