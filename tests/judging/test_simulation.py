"""How often a level is judged wrongly: seeded simulations, and the very judge on some of them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from benchmarks.simulation import (
    ALLOWED,
    LIMIT_MS,
    QUICK,
    SIGMA,
    correlated,
    independent,
    share_over,
    three_errors,
)
from reports.evidence.histogram import Histogram
from reports.evidence.load import OperationWindow
from reports.judging.interval import most_not_failing, most_passing
from reports.judging.levels import judge_level
from reports.judging.result import Result
from tests.judging.load_samples import START, load, operation


@pytest.mark.parametrize("requests", [59, 600, 4_000, 90_000])
def test_a_p95_exactly_at_the_limit_passes_one_time_in_twenty(requests: int) -> None:
    """10,000 independent trials: PASS, and likewise FAIL, in 5% of them at most."""
    shares = independent(requests, float(ALLOWED))
    assert shares.passed <= 0.05 + three_errors()
    assert shares.failed <= 0.05 + three_errors()
    assert shares.undecided >= 0.9 - 6 * three_errors()


@pytest.mark.parametrize("requests", [600, 4_000])
def test_a_p95_at_0_8_of_the_limit_passes(requests: int) -> None:
    """A lognormal service with a sigma of 0.5: n = 600 is enough to see it."""
    shares = independent(requests, share_over(0.8))
    print(f"power at 0.8 of the limit, {requests} requests: {shares.passed:.2%}")
    assert shares.passed > 0.99
    assert shares.failed == 0


def test_a_p95_over_the_limit_never_passes_easily() -> None:
    """At 1.25 of the limit no trial of 4,000 requests passes, and most of them fail."""
    shares = independent(4_000, share_over(1.25))
    assert shares.passed == 0
    assert shares.failed > 0.99


@pytest.mark.parametrize("length", [10, 100])
def test_correlated_requests_are_told_without_a_claim(length: int) -> None:
    """AR(1) over 10 and 100 requests, few windows: the figure is printed."""
    plain, corrected = correlated(QUICK, length, trials=200)
    print(
        f"AR(1), length {length}: pass {plain.passed:.1%}, with the effect {corrected.passed:.1%}"
    )
    assert 0 <= corrected.passed <= plain.passed <= 1


@pytest.mark.parametrize("of_limit", [0.97, 1.0, 1.03])
def test_the_judge_keeps_the_rule_that_was_simulated(of_limit: float) -> None:
    """Times of a lognormal service through histograms and judge_level: the counts' own rule."""
    rng = np.random.default_rng([7, round(100 * of_limit)])
    median = of_limit * LIMIT_MS / math.exp(1.6448536269514722 * SIGMA)
    bucket_us = 499_968  # the least of the bucket that holds the limit: over it as a whole
    most, fewest = most_passing(4000, ALLOWED), most_not_failing(4000, ALLOWED)
    assert most is not None
    seen = set()
    for _ in range(12):
        times_us = np.round(1000 * median * np.exp(SIGMA * rng.standard_normal(4000))).astype(int)
        over = int(np.sum(times_us >= bucket_us))
        expected = Result.PASS if over <= most else Result.INCONCLUSIVE
        expected = Result.FAIL if over > fewest else expected
        windows = [_window(number, times_us[number::4]) for number in range(4)]
        level = judge_level("p(95) < 500ms", [load(operation("get_product", *windows))], ["reads"])
        assert (level.result, level.n, level.over) == (expected, 4000, over)
        seen.add(expected)
    assert len(seen) > 1 or of_limit == 1.0


def _window(number: int, times_us: np.ndarray[tuple[int], np.dtype[np.int64]]) -> OperationWindow:
    counts = Histogram()
    for time in times_us:
        counts.record(int(time))
    return OperationWindow(
        at=START + 10 * number,
        requests=len(times_us),
        failed=0,
        statuses={"200": len(times_us)},
        errors={},
        histogram=counts.encoded(),
    )
