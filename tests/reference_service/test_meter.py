"""Counting in memory: by metric and minute, bounded, and safe under threads."""

from __future__ import annotations

import threading
import time

import pytest

from reference_service.local import statistic
from reference_service.local.meter import KEPT_MINUTES, Meter, milliseconds

REGION = "eu-west-1"


class Clock:
    """Seconds since the epoch as a test sets them."""

    def __init__(self, now: float = 600.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def test_values_are_kept_by_minute() -> None:
    """Two minutes, equal values twice: each minute has its own values and how often they came."""
    clock = Clock(600)
    meter = Meter(clock)
    metric = meter.metric(REGION, "AWS/Lambda", "Duration", (("FunctionName", "f"),))
    meter.record((metric, 5.0), (metric, 5.0), (metric, 7.0))
    clock.now = 665
    meter.record((metric, 1.0))
    read = [(at, values) for _, at, values in meter.read(0, 1000)]
    assert read == [(600, {5.0: 2, 7.0: 1}), (660, {1.0: 1})]
    assert [at for _, at, _ in meter.read(600, 660)] == [600]
    meter.clear()
    assert list(meter.read(0, 1000)) == []


def test_a_metric_is_made_once() -> None:
    """Asked for twice: the same one, so that its values stand together."""
    meter = Meter(Clock())
    one = meter.metric(REGION, "AWS/S3", "AllRequests", (("BucketName", "b"),))
    assert meter.metric(REGION, "AWS/S3", "AllRequests", (("BucketName", "b"),)) is one
    assert meter.metric("us-east-1", "AWS/S3", "AllRequests", (("BucketName", "b"),)) is not one


def test_old_minutes_go() -> None:
    """A minute that is older than what is kept is forgotten once a new one begins."""
    clock = Clock(600)
    meter = Meter(clock)
    metric = meter.metric(REGION, "AWS/Lambda", "Invocations")
    meter.record((metric, 1.0))
    clock.now += 60 * KEPT_MINUTES
    meter.record((metric, 1.0))
    assert [at for _, at, _ in meter.read(0, clock.now + 60)] == [clock.now]


def test_no_value_is_lost_between_threads() -> None:
    """Four threads count a thousand each: four thousand."""
    meter = Meter(Clock())
    metric = meter.metric(REGION, "AWS/Lambda", "Invocations")

    def count() -> None:
        for _ in range(1000):
            meter.record((metric, 1.0))

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ((_, _, values),) = meter.read(0, 1000)
    assert values == {1.0: 4000}


def test_counting_is_cheap() -> None:
    """Thirty values, more than a request has: 150 times a second they take 2% of a core at most."""
    meter = Meter(Clock())
    metrics = [meter.metric(REGION, "n", str(each)) for each in range(30)]
    samples = [(metric, float(each % 7)) for each, metric in enumerate(metrics)]
    began = time.process_time()
    for _ in range(1500):
        meter.record(*samples)
    assert (time.process_time() - began) / 10 < 0.02


@pytest.mark.parametrize(
    ("seconds", "ms"), [(0.0012345, 1.23), (0.0456789, 45.7), (1.23456, 1235.0)]
)
def test_milliseconds_have_three_digits(seconds: float, ms: float) -> None:
    """Few different values, near the true ones."""
    assert milliseconds(seconds) == ms


# One to a hundred, once each: what CloudWatch's user guide says of such values.
HUNDRED = {float(each): 1 for each in range(1, 101)}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SampleCount", 100),
        ("Sum", 5050),
        ("Average", 50.5),
        ("Minimum", 1),
        ("Maximum", 100),
        ("p0", 1),
        ("p50", 50),
        ("p95", 95),
        ("p99.9", 100),
        ("p100", 100),
        ("PR(:50)", 50),
        ("PR(10:50)", 40),
        ("TC(95:)", 5),
        ("TC(:10)", 10),
        ("TC(10:90)", 80),
        ("TS(98:)", 199),
        ("TM(98:100)", 99.5),
        ("TM(:50%)", 25.5),
        ("tm50", 25.5),
        ("tc90", 90),
    ],
)
def test_statistics_are_those_of_cloudwatch(name: str, value: float) -> None:
    """Percentiles and ranges; of a range the lower bound is outside, the upper one inside."""
    statistic.check(name)
    assert statistic.statistic(HUNDRED, name) == value


def test_a_range_that_holds_nothing() -> None:
    """No value is inside: none counted, no share, no mean."""
    for name in ("TC(500:)", "TS(500:)", "PR(500:600)", "TM(500:)"):
        assert statistic.statistic(HUNDRED, name) == 0


@pytest.mark.parametrize("name", ["p101", "p-1", "sum", "P95", "TC(:)", "PR(:95%)", "TC(5)", ""])
def test_other_names_are_no_statistic(name: str) -> None:
    """They are refused, and never taken for something else."""
    with pytest.raises(statistic.UnknownStatisticError):
        statistic.check(name)
