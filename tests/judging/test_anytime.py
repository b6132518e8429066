"""Bounds that hold at every look."""

from __future__ import annotations

import math
import random

import pytest

from reports.judging.anytime import bounds, log_evidence


def test_against_a_known_value() -> None:
    """M for 1 of 2 at one half: B(3/2, 3/2) / B(1/2, 1/2) * 4 = (pi/8) / pi * 4."""
    assert log_evidence(1, 2, 0.5) == pytest.approx(math.log(0.5))
    assert log_evidence(0, 0, 0.3) == 0


def test_it_is_a_martingale() -> None:
    """Whatever came before, the next request leaves its mean where it is."""
    for bad, total in ((0, 0), (0, 7), (3, 10), (10, 10)):
        for share in (0.001, 0.05, 0.5):
            after = share * math.exp(log_evidence(bad + 1, total + 1, share)) + (
                1 - share
            ) * math.exp(log_evidence(bad, total + 1, share))
            assert after == pytest.approx(math.exp(log_evidence(bad, total, share)))


def test_bounds() -> None:
    """Nothing says nothing; they close in on what is seen, and never leave it out."""
    assert bounds(0, 0, 0.05) == (0.0, 1.0)
    for bad, total in ((0, 100), (1, 100), (99, 100), (100, 100), (50, 1000)):
        low, high = bounds(bad, total, 0.05)
        assert 0 <= low <= bad / total <= high <= 1
        wider = bounds(bad, total, 0.005)
        assert wider[0] <= low
        assert wider[1] >= high
    low, high = bounds(1_800_000, 1_800_000_000, 0.005)
    assert low == pytest.approx(0.001, rel=0.01)
    assert high == pytest.approx(0.001, rel=0.01)


def test_a_bound_is_where_the_evidence_reaches_its_limit() -> None:
    """1/alpha, at both ends."""
    for end in bounds(30, 1000, 0.01):
        assert log_evidence(30, 1000, end) == pytest.approx(math.log(100), abs=1e-6)


def test_a_count_that_is_none() -> None:
    """More bad than all, or less than none."""
    for bad, total in ((3, 2), (-1, 2)):
        with pytest.raises(ValueError, match="is no count"):
            log_evidence(bad, total, 0.5)


def test_at_the_limit_few_are_ever_refuted() -> None:
    """1,000 builds whose share is the limit, looked at 100 times each: at most 5% ever cross."""
    source = random.Random(20260221)  # noqa: S311 - a simulation
    crossed = 0
    for _ in range(1000):
        bad = total = 0
        for _ in range(100):
            bad += sum(source.random() < 0.05 for _ in range(20))
            total += 20
            if log_evidence(bad, total, 0.05) >= math.log(1 / 0.05):
                crossed += 1
                break
    assert 1 <= crossed <= 50
