"""How a percentile changed: the bootstrap's bounds against known ratios."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest

from reports.evidence.load import LoadRecord
from reports.judging.baseline import block_length, change
from tests.judging.load_samples import load, operation, window

P95 = Fraction(95)


def service(
    factor: float = 1.0, *, seed: int = 1, windows: int = 60, failed: int = 0
) -> LoadRecord:
    """Lognormal times in windows of 200, p95 near 228 ms times ``factor``."""
    rng = np.random.default_rng(seed)
    made = []
    for number in range(windows):
        times = factor * 100 * np.exp(0.5 * rng.standard_normal(200))
        counted = [(round(float(time), 2), 1) for time in times]
        made.append(window(10 * number, 0, failed=failed, times=counted))
    return load(operation("search", *made))


BASE = service(seed=2)


@pytest.mark.parametrize("factor", [0.5, 0.9, 1.0, 1.1, 1.5])
def test_a_known_ratio_lies_between_the_bounds(factor: float) -> None:
    """Twelve thousand requests a side: within some percent, and the point between the bounds."""
    found = change([service(factor)], [BASE], ["reads"], P95)
    assert found is not None
    assert found.low < factor < found.high
    assert found.low <= found.ratio <= found.high
    assert found.high / found.low < 1.12
    assert (found.windows, found.block) == (60, 4)


def test_the_same_evidence_gives_the_same_bounds() -> None:
    """And other evidence, or another question, other random numbers."""
    one = change([service()], [BASE], ["reads"], P95)
    assert one == change([service()], [BASE], ["reads"], P95)
    assert one != change([service(seed=3)], [BASE], ["reads"], P95)
    assert one != change([service()], [BASE], ["all"], P95)


def test_against_itself_nothing_changed() -> None:
    """A ratio of one, and bounds on either side of it."""
    found = change([BASE], [BASE], ["reads"], P95)
    assert found is not None
    assert found.ratio == 1.0
    assert found.low < 1.0 < found.high


def test_other_percentiles() -> None:
    """The median is surer than the p99."""
    median = change([service()], [BASE], ["reads"], Fraction(50))
    last = change([service()], [BASE], ["reads"], Fraction(99))
    assert median is not None
    assert last is not None
    assert median.high - median.low < last.high - last.low


def test_windows_that_vary_widen_the_bounds() -> None:
    """A slow half of the time, in one piece, tells less than the same spread evenly."""
    rng = np.random.default_rng(4)
    slow = [n % 2 == 0 for n in range(60)]
    bounds = []
    for order in (slow, sorted(slow)):
        windows = []
        for n, late in enumerate(order):
            times = (150 if late else 100) * np.exp(0.5 * rng.standard_normal(200))
            counted = [(round(float(time), 2), 1) for time in times]
            windows.append(window(10 * n, 0, times=counted))
        found = change([load(operation("search", *windows))], [BASE], ["reads"], P95)
        assert found is not None
        bounds.append(found.high - found.low)
    assert bounds[0] < bounds[1]


def test_failed_requests_took_longer_than_any() -> None:
    """Where more than 5% failed there is no finite ratio; some that failed count in."""
    many = change([service(failed=20)], [BASE], ["reads"], P95)
    assert many is not None
    assert math.isinf(many.ratio)
    assert math.isinf(many.low)
    few = change([service(failed=4)], [BASE], ["reads"], P95)
    assert few is not None
    assert 1.05 < few.ratio < 2
    both = change([service(failed=20)], [service(seed=2, failed=20)], ["reads"], P95)
    assert both is not None
    assert math.isinf(both.ratio)


@pytest.mark.parametrize(("windows", "enough"), [(30, True), (29, False), (0, False)])
def test_it_takes_windows_on_either_side(windows: int, enough: bool) -> None:
    """Thirty on both."""
    short = service(windows=windows)
    assert (change([short], [BASE], ["reads"], P95) is not None) is enough
    assert (change([BASE], [short], ["reads"], P95) is not None) is enough


def test_several_loads_are_one_side() -> None:
    """Two short ones together have the windows that each lacks."""
    halves = [service(windows=20), service(seed=5, windows=20)]
    found = change(halves, [BASE], ["reads"], P95)
    assert found is not None
    assert (found.windows, found.block) == (40, 3)


def test_what_is_left_out_is_not_compared() -> None:
    """Warm-up, and operations that were not asked for."""
    warm = load(*service().operations, warm_up_s=350)
    assert change([warm], [BASE], ["reads"], P95) is None
    assert change([service()], [BASE], ["writes"], P95) is None


@pytest.mark.parametrize(
    ("windows", "length"), [(1, 2), (8, 2), (27, 3), (30, 3), (60, 4), (360, 7)]
)
def test_the_length_of_a_block(windows: int, length: int) -> None:
    """The cube root, at least two."""
    assert block_length(windows) == length
