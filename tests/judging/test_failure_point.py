"""Where a load with growing steps breaks: queues of known capacity, and causes by table."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from reports.evidence.histogram import Histogram
from reports.evidence.load import Kind, LoadRecord, Operation, OperationWindow, Stage
from reports.judging.failure_point import FailurePoint, failure_point, summary
from tests.judging.load_samples import BEGAN, START, generator, load

STEP_S = 10.0


def staircase(top: float = 600.0, first: float = 20.0) -> tuple[Stage, ...]:
    """Steps of ten seconds, each 7% above the one before."""
    rates = [first]
    while rates[-1] < top:
        rates.append(rates[-1] * 1.07)
    return tuple(Stage(seconds=STEP_S, rate=rate) for rate in rates)


def queue(capacity: float, stages: Sequence[Stage], **changes: Any) -> LoadRecord:
    """A single server that takes 1/capacity a request, in order of arrival; every fifth writes.

    It ends some seconds into the first step that it cannot follow for long, as a generator does.
    """
    began = BEGAN.timestamp()
    free = 0.0
    answered: dict[str, dict[int, list[float]]] = {
        "get_product": defaultdict(list),
        "update_product": defaultdict(list),
    }
    passed, number = 0.0, 0
    for stage in stages:
        for n in range(int(stage.seconds * stage.rate)):
            at = passed + n / stage.rate
            free = max(free, at) + 1 / capacity
            name = "update_product" if number % 5 == 4 else "get_product"
            answered[name][int(began + free)].append(free - at)
            number += 1
        passed += stage.seconds
        if free - passed > 5:
            break
    operations = tuple(
        Operation(
            name=name,
            kind="write" if name == "update_product" else "read",
            windows=tuple(_window(at, times) for at, times in sorted(windows.items())),
        )
        for name, windows in answered.items()
    )
    return load(
        *operations,
        profile="stress",
        window_s=1,
        stages=tuple(stages),
        generators=[generator(number, **changes)],
    )


def _window(at: int, times_s: Sequence[float]) -> OperationWindow:
    counts = Histogram()
    for time in times_s:
        counts.record(round(time * 1e6))
    return OperationWindow(
        at=at,
        requests=len(times_s),
        failed=0,
        statuses={"200": len(times_s)},
        errors={},
        histogram=counts.encoded(),
    )


@pytest.mark.parametrize("capacity", [100.0, 150.0, 200.0])
@pytest.mark.parametrize("shift", [1.0, 1.02, 1.05])
def test_a_queue_of_known_capacity(capacity: float, shift: float) -> None:
    """Wherever the steps fall, the failure point is within 10% of the capacity, by latency."""
    point = failure_point(queue(capacity, staircase(first=20.0 * shift)))
    assert point.held is not None
    assert point.broken is not None
    assert abs(point.held - capacity) / capacity < 0.10
    assert point.broken > capacity
    assert point.broken == pytest.approx(point.held * 1.07)
    assert point.first == "latency"
    assert "p95" in point.why or "answered" in point.why


def test_a_service_that_was_never_at_its_end() -> None:
    """Every step is held: the point was not reached, and that is said."""
    point = failure_point(queue(1000.0, staircase(top=60.0)))
    assert (point.broken, point.first) == (None, "nothing")
    assert point.held == point.steps[-1].rate
    assert summary(point).startswith("not reached: every step up to ")
    assert all(step.broke is None and step.why == "" for step in point.steps)


def test_a_service_that_holds_nothing() -> None:
    """The first step is too much already."""
    point = failure_point(queue(10.0, staircase(top=40.0)))
    assert (point.held, point.broken, point.first) == (None, 20.0, "latency")
    assert summary(point).startswith("no step held, 20 not; first: latency (")


Change = Callable[[OperationWindow], OperationWindow]


def spoilt(record: LoadRecord, step: int, change: Change, *, kind: str = "read") -> LoadRecord:
    """The record with the windows of one step, and of those after it, changed."""
    start = (BEGAN + timedelta(seconds=STEP_S * step)).timestamp()
    return replace(
        record,
        operations=tuple(
            replace(
                one,
                windows=tuple(
                    change(window) if window.at >= start and one.kind == kind else window
                    for window in one.windows
                ),
            )
            for one in record.operations
        ),
    )


def failing(status: str, every: int) -> Change:
    """Every so many requests fail with that status."""

    def change(window: OperationWindow) -> OperationWindow:
        failed = window.requests // every
        times = _window(window.at, [0.001] * (window.requests - failed))
        statuses = {"200": window.requests - failed, status: failed}
        return replace(times, requests=window.requests, failed=failed, statuses=statuses)

    return change


def slow(seconds: float) -> Change:
    """All of them take that long."""
    return lambda window: _window(window.at, [seconds] * window.requests)


STEADY = queue(1000.0, tuple(Stage(seconds=STEP_S, rate=50.0 + 10 * n) for n in range(5)))


@pytest.mark.parametrize(
    ("change", "kind", "first", "why"),
    [
        (slow(0.499), "read", "nothing", ""),
        (slow(0.5), "read", "latency", "reads p95 500ms"),
        (slow(1.9), "write", "nothing", ""),
        (slow(2.1), "write", "latency", "writes p95 2101ms"),
        (failing("500", 5), "read", "errors", "15.7% failed"),
        (failing("429", 5), "read", "throttling", "15.7% answered 429 or 503"),
        (failing("503", 5), "read", "throttling", "15.7% answered 429 or 503"),
        (failing("0", 1), "read", "errors", "80.0% failed"),
    ],
)
def test_what_broke_first(change: Change, kind: str, first: str, why: str) -> None:
    """From the third step on something is wrong: the second was held."""
    point = failure_point(spoilt(STEADY, 2, change, kind=kind))
    assert point.first == first
    assert point.why.startswith(why)
    if first != "nothing":
        assert (point.held, point.broken) == (60.0, 70.0)
        assert summary(point) == f"60 requests a second held, 70 not; first: {first} ({point.why})"
        assert [step.broke for step in point.steps] == [None, None, first, first, first]


def test_a_later_step_does_not_make_up_for_an_earlier_one() -> None:
    """The second step breaks and the rest is held: the point lies below the second."""
    start = BEGAN.timestamp()

    def once(window: OperationWindow) -> OperationWindow:
        return slow(3.0)(window) if window.at < start + 2 * STEP_S else window

    point = failure_point(spoilt(STEADY, 1, once))
    assert (point.held, point.broken) == (50.0, 60.0)
    assert [step.broke for step in point.steps] == [None, "latency", None, None, None]


@pytest.mark.parametrize(
    ("share", "broke"), [(0.02, None), (0.04, None), (0.08, "latency"), (1.0, "latency")]
)
def test_fewer_answers_than_arrivals(share: float, broke: str | None) -> None:
    """In time or not: a service that answers less than 95% of what arrives falls behind."""

    def fewer(window: OperationWindow) -> OperationWindow:
        return _window(window.at, [0.01] * round(window.requests * (1 - share)))

    stages = tuple(Stage(seconds=STEP_S, rate=100.0 + 100 * n) for n in range(3))
    base = queue(1000.0, stages)
    record = spoilt(spoilt(base, 1, fewer), 1, fewer, kind="write")
    point = failure_point(record)
    assert point.steps[1].broke == broke
    assert broke is None or point.why.endswith("of 200 a second answered")


def test_nothing_is_answered_any_more() -> None:
    """The service hangs in the third step and no window is left of it: it was not held."""
    start = (BEGAN + timedelta(seconds=STEP_S * 2)).timestamp()
    end = (BEGAN + timedelta(seconds=STEP_S * 3)).timestamp()
    record = replace(
        STEADY,
        operations=tuple(
            replace(one, windows=tuple(w for w in one.windows if not start <= w.at < end))
            for one in STEADY.operations
        ),
    )
    point = failure_point(record)
    assert (point.held, point.broken, point.first) == (60.0, 70.0, "latency")
    assert point.why.endswith("of 70 a second answered")


def test_a_saturated_generator_is_the_cause() -> None:
    """What broke is not the service, or nobody can tell."""
    record = spoilt(queue_with(busiest=0.85), 2, slow(3.0))
    point = failure_point(record)
    assert (point.first, point.held) == ("generator", 60.0)
    assert point.why.startswith("it used more than 80% of its machine; ")
    assert failure_point(spoilt(queue_with(busiest=0.8), 2, slow(3.0))).first == "latency"


def queue_with(**changes: Any) -> LoadRecord:
    """STEADY, from a generator with these fields instead."""
    return replace(STEADY, generators=(replace(STEADY.generators[0], **changes),))


def test_dropped_arrivals_that_no_step_shows() -> None:
    """All steps look held and arrivals were dropped: no rate is claimed."""
    point = failure_point(queue_with(dropped=3))
    assert (point.held, point.broken, point.first) == (None, 90.0, "latency")
    assert point.why == "3 arrivals were dropped, nothing says at which step"
    assert failure_point(queue_with(dropped=3, busiest=0.9)).first == "generator"


def test_limits_are_arguments() -> None:
    """Tighter ones break earlier, wider ones later."""
    record = spoilt(spoilt(STEADY, 1, slow(0.3)), 3, failing("500", 5))

    def held(**limits: Any) -> float | None:
        return failure_point(record, **limits).held

    assert held() == 70.0
    assert held(reads_ms=300) == 50.0
    assert held(failed_share=0.5) == 90.0
    writes = spoilt(STEADY, 1, slow(0.3), kind="write")
    assert failure_point(writes, writes_ms=300).held == 50.0
    assert failure_point(writes).held == 90.0


def test_the_warm_up_and_unfinished_steps() -> None:
    """What was warmed up with is no step, nor is one that no window lies in as a whole."""
    point = failure_point(replace(STEADY, warm_up_s=10))
    assert [step.rate for step in point.steps] == [60.0, 70.0, 80.0, 90.0]
    short = replace(STEADY, stages=(*STEADY.stages, Stage(seconds=0.5, rate=500.0)))
    assert [step.rate for step in failure_point(short).steps] == [50.0, 60.0, 70.0, 80.0, 90.0]


def test_a_load_without_a_request() -> None:
    """Nothing was measured, so nothing was held."""
    point = failure_point(load(profile="stress", stages=staircase(), window_s=1))
    assert point == FailurePoint(None, None, "nothing", "no step was measured", ())
    assert summary(point) == "not reached: no step was measured"


def test_reads_alone() -> None:
    """Without writes there is nothing to say of them."""
    (reads, _) = STEADY.operations
    record = replace(STEADY, operations=(reads,), stages=(Stage(seconds=10, rate=40.0),))
    (step,) = failure_point(record).steps
    assert (step.writes_us, step.broke) == (None, None)
    assert step.reads_us is not None
    assert 39 < step.answered < 41


def flat(*counts: tuple[int, int, int], kind: Kind = "read", window_s: int = 1) -> Operation:
    """Windows of (requests, failed, of those throttled), all of them quick."""
    windows = []
    for n, (requests, failed, throttled) in enumerate(counts):
        one = _window(START + window_s * (1 + n), [0.01] * (requests - failed))
        statuses = {"200": requests - failed, "500": failed - throttled, "429": throttled}
        windows.append(replace(one, requests=requests, failed=failed, statuses=statuses))
    return Operation(name=f"an_{kind}", kind=kind, windows=tuple(windows))


def broke(*operations: Operation, rate: float = 100.0, window_s: int = 1) -> tuple[str | None, int]:
    """How a single step of ten windows ends, and how many requests a second it answered.

    It begins on the second, so that its first and last window touch its edges.
    """
    record = load(
        *operations,
        began=BEGAN.replace(microsecond=0) + timedelta(seconds=window_s),
        stages=(Stage(seconds=10.0 * window_s, rate=rate),),
        window_s=window_s,
    )
    (step,) = failure_point(record).steps
    return step.broke, round(step.answered)


@pytest.mark.parametrize(
    ("counts", "cause"),
    [
        ((100, 0, 0), None),
        ((95, 0, 0), None),
        ((94, 0, 0), "latency"),
        ((100, 1, 0), "errors"),
        ((200, 1, 0), None),
        ((100, 2, 1), "throttling"),
        ((100, 3, 1), "errors"),
        ((100, 3, 2), "throttling"),
    ],
)
def test_a_step_at_its_edges(counts: tuple[int, int, int], cause: str | None) -> None:
    """95% answered is enough, 1% failed is not, half of it throttled is throttling."""
    assert broke(flat(*[counts] * 10)) == (cause, counts[0])


def test_every_kind_of_request_arrives() -> None:
    """What stands outside the limits is part of the rate as well."""
    half = [(50, 0, 0)] * 10
    assert broke(flat(*half), flat(*half, kind="outside")) == (None, 100)
    assert broke(flat(*half)) == ("latency", 50)


def test_longer_windows() -> None:
    """Of ten seconds each, a thousand requests in every one."""
    assert broke(flat(*[(1000, 0, 0)] * 10, window_s=10), window_s=10) == (None, 100)


def test_both_kinds_are_named_where_both_are_slow() -> None:
    """Reads first."""
    both = spoilt(spoilt(STEADY, 2, slow(3.0)), 2, slow(3.0), kind="write")
    assert failure_point(both).why == "reads p95 3000ms, writes p95 3000ms"
