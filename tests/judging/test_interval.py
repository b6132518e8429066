"""Exact bounds of a share, and what it takes to pass by them."""

from __future__ import annotations

from fractions import Fraction

import pytest
from scipy.special import bdtr
from scipy.stats import binomtest

from reports.judging.interval import (
    least_samples,
    lower_bound,
    most_not_failing,
    most_passing,
    samples_for,
    upper_bound,
)

FIVE = Fraction(5, 100)
TENTH = Fraction(1, 1000)


@pytest.mark.parametrize(("over", "of"), [(1, 60), (30, 1000), (200, 4000), (3990, 4000)])
def test_the_bounds_are_clopper_and_pearsons(over: int, of: int) -> None:
    """As SciPy's own test gives them, one-sided at 95%."""
    exact = {
        side: binomtest(over, of, alternative=side).proportion_ci(0.95, method="exact")
        for side in ("less", "greater")
    }
    assert upper_bound(over, of) == pytest.approx(exact["less"].high, rel=1e-12)
    assert lower_bound(over, of) == pytest.approx(exact["greater"].low, rel=1e-12)


def test_the_bounds_at_the_edges() -> None:
    """None over, all over, nothing at all: never an error, never a claim."""
    assert lower_bound(0, 59) == 0.0
    assert upper_bound(0, 59) == pytest.approx(1 - 0.05 ** (1 / 59), rel=1e-12)
    assert upper_bound(59, 59) == 1.0
    assert lower_bound(59, 59) == pytest.approx(0.05 ** (1 / 59), rel=1e-12)
    assert (lower_bound(0, 0), upper_bound(0, 0)) == (0.0, 1.0)


def test_fractions_of_a_count_lie_between_whole_ones() -> None:
    """A design effect divides counts; the bounds move with it, outwards."""
    assert upper_bound(10, 1000) < upper_bound(10.5, 1000) < upper_bound(11, 1000)
    assert upper_bound(100, 2000) < upper_bound(50, 1000) < upper_bound(25, 500)
    assert lower_bound(100, 2000) > lower_bound(50, 1000) > lower_bound(25, 500)


@pytest.mark.parametrize(
    ("allowed", "least"),
    [
        (FIVE, 59),
        (TENTH, 2995),
        (Fraction(1, 100), 299),
        (Fraction(1, 2), 5),
        (Fraction(94, 100), 2),
        (Fraction(96, 100), 1),
    ],
)
def test_the_least_sample(allowed: Fraction, least: int) -> None:
    """Of so many, none over is enough; of one fewer it is not."""
    assert least_samples(allowed) == least
    assert upper_bound(0, least) < allowed
    if least > 1:
        assert upper_bound(0, least - 1) >= allowed


@pytest.mark.parametrize(("of", "most"), [(58, None), (59, 0), (93, 1), (4000, 177)])
def test_the_most_that_pass(of: int, most: int | None) -> None:
    """One more than that, and the upper bound is no longer below the allowed share."""
    assert most_passing(of, FIVE) == most
    if most is not None:
        assert upper_bound(most, of) < FIVE <= upper_bound(most + 1, of)


@pytest.mark.parametrize("of", [1, 2, 59, 4000])
def test_the_most_that_do_not_fail(of: int) -> None:
    """One more than that, and the lower bound reaches the allowed share."""
    most = most_not_failing(of, FIVE)
    assert lower_bound(most, of) < FIVE
    assert most == of or lower_bound(most + 1, of) >= FIVE


def test_a_design_effect_asks_for_more() -> None:
    """With an effect of 2 fewer may be over to pass, and more have to be over to fail."""
    passing, failing = most_passing(4000, FIVE), most_not_failing(4000, FIVE)
    wider = most_passing(4000, FIVE, 2.0)
    assert passing is not None
    assert wider is not None
    assert wider < passing < failing < most_not_failing(4000, FIVE, 2.0)
    assert upper_bound(wider / 2, 2000) < FIVE <= upper_bound((wider + 1) / 2, 2000)


@pytest.mark.parametrize(("allowed", "count"), [(FIVE, 361), (TENTH, 19439), (Fraction(1, 2), 23)])
def test_the_sample_for_a_power(allowed: Fraction, count: int) -> None:
    """With half of the allowed share over, so many pass four times in five, and one fewer less."""
    share = allowed / 2
    assert samples_for(allowed, share, Fraction(4, 5)) == count
    most, fewer = most_passing(count, allowed), most_passing(count - 1, allowed)
    assert most is not None
    assert bdtr(most, count, float(share)) >= 0.8
    assert fewer is not None
    assert bdtr(fewer, count - 1, float(share)) < 0.8


def test_where_nothing_is_over_the_least_sample_will_do() -> None:
    """A share of almost nothing passes with the least sample already."""
    assert samples_for(FIVE, Fraction(1, 10**9), Fraction(4, 5)) == 59
