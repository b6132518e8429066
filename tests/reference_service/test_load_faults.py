"""The faults of pace and of load by themselves: whom they meet, when, and how often."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from starlette.types import Scope

from reference_service.faults import at_load, at_pace
from reference_service.faults.schedules import Bucket, EveryNth, Rush, SinceFirst
from reference_service.handlers.problem import Problem
from reference_service.local.sending import Pause


class Clock:
    """Seconds as a test sets them."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def scope(method: str = "GET", path: str = "/v1.0/products/a", query: str = "") -> Scope:
    return {"method": method, "path": path, "query_string": query.encode()}


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses that were made, none of which takes time."""
    pauses: list[float] = []

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    return pauses


def send(pause: Pause, *scopes: Scope) -> None:
    async def all_of_them() -> None:
        for one in scopes:
            await pause(one)

    asyncio.run(all_of_them())


READS = [
    scope(),
    scope(path="/v1.0/products"),
    scope(path="/v1.0/products", query="q=x"),
    scope(path="/v1.0/products/categories"),
]
WRITES = [
    scope("POST", "/v1.0/products"),
    scope("PUT"),
    scope("DELETE"),
    scope("POST", "/v1.0/orders"),
]
OUTSIDE = [
    scope(path="/v1.0/products/health"),
    scope("POST", "/v1.0/products/bulk"),
    scope("PUT", "/v1.0/products/bulk"),
    scope("POST", "/v1.0/products/a/image"),
    scope("DELETE", "/v1.0/products/a/image"),
    scope("PATCH"),
]


def test_reads_and_writes_are_told_apart() -> None:
    """What has no limit is neither."""
    for one in READS:
        assert at_pace.is_read(one)
        assert not at_pace.is_write(one)
    for one in WRITES:
        assert at_pace.is_write(one)
        assert not at_pace.is_read(one)
    for one in OUTSIDE:
        assert not at_pace.is_read(one)
        assert not at_pace.is_write(one)


def test_every_nth_of_those_that_are_asked_for(slept: list[float]) -> None:
    """Others are neither slowed nor counted."""
    pause = at_pace.every(3, at_pace.is_read, 0.7)
    send(pause, *[one for read in READS * 3 for one in (read, *WRITES, *OUTSIDE)])
    assert slept == [0.7] * 4


def test_growing(slept: list[float]) -> None:
    """Nothing at first, then more each second, up to a bound; writes stay as they are."""
    clock = Clock()
    pause = at_pace.growing(clock)
    for second in (0, 10, 20, 1000):
        clock.now = 100.0 + second
        send(pause, READS[0], WRITES[0])
    assert slept == pytest.approx([0, 0.4, 0.8, 0.9])


def test_spiking(slept: list[float]) -> None:
    """Twenty seconds of every two minutes, from the twelfth second on."""
    clock = Clock()
    pause = at_pace.spiking(clock)
    slow = []
    for second in range(260):
        clock.now = 100.0 + second
        before = len(slept)
        send(pause, READS[0], WRITES[0])
        slow += [second] * (len(slept) - before)
    assert slow == [*range(12, 32), *range(132, 152), *range(252, 260)]


def test_a_rush_is_a_rate_that_lasts() -> None:
    """350 within five seconds are none, 351 are; it is over when they are."""
    clock = Clock()
    rush = Rush(350, 5.0, clock)
    assert not any(rush() for _ in range(350))
    clock.now += 4.9
    assert rush()
    clock.now += 4.9
    assert not rush()


def test_a_bucket_lets_its_rate_through() -> None:
    """At once no more than the burst, over time no more than the rate."""
    clock = Clock()
    bucket = Bucket(60, 120, clock)
    assert sum(bucket() for _ in range(200)) == 120
    passed = 0
    for _ in range(1000):
        clock.now += 0.01
        passed += bucket()
    assert passed == pytest.approx(600, abs=1)


def test_counting_and_time_begin_with_the_first() -> None:
    """So that a stack which is reused behaves the same each time."""
    third, clock = EveryNth(3), Clock()
    assert [third() for _ in range(7)] == [False, False, True] * 2 + [False]
    since = SinceFirst(clock)
    assert since() == 0
    clock.now += 3
    assert since() == 3


def answered(refuses: Callable[[], bool], event: dict[str, Any]) -> int:
    def healthy(event: dict[str, Any], context: Any) -> dict[str, Any]:
        return {"statusCode": 200}

    wrap = at_load.refusing(lambda: refuses, Problem(429, "Too many."))
    status: int = wrap(healthy)(event, None)["statusCode"]
    return status


def event(path: str = "/v1.0/products") -> dict[str, Any]:
    return {"path": path, "requestContext": {"requestId": "r"}}


def test_refused_is_what_has_a_limit() -> None:
    """Bulk, images sent in and health are let through."""
    assert answered(lambda: True, event()) == 429
    assert answered(lambda: False, event()) == 200
    for path in ("health", "bulk", "a/image"):
        assert answered(lambda: True, event(f"/v1.0/products/{path}")) == 200


def test_smoke_meets_no_fault_of_load() -> None:
    """Sixty requests a second, or three hundred at once and then nothing, are no load."""
    clock = Clock()
    fails = at_load.failing_in_a_rush(clock)
    for _ in range(600):
        clock.now += 1 / 60
        assert not fails()
    throttled = at_load.throttling(clock)
    for _ in range(600):
        clock.now += 1 / 50
        assert not throttled()


def test_a_load_meets_them() -> None:
    """Of a hundred requests a second, one in twenty fails, and forty are throttled."""
    clock = Clock()
    fails, throttled = at_load.failing_in_a_rush(clock), at_load.throttling(clock)
    seen = [0, 0]
    for _ in range(3000):
        clock.now += 0.01
        seen[0] += fails()
        seen[1] += throttled()
    assert seen[0] == pytest.approx((3000 - 350) / 20, abs=1)
    assert seen[1] == pytest.approx(3000 * 0.4 - 120, abs=2)
