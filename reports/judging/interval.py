"""Exact one-sided 95% bounds of a share (Clopper-Pearson), and what it takes to pass by them.

Counts may be fractions of one: a design effect divides both counts of a sample.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction

CONFIDENCE = 0.95


def upper_bound(over: float, of: float) -> float:
    """The greatest share that ``over`` of ``of`` does not speak against; 1 of nothing."""
    if over >= of:
        return 1.0
    # Imported where it is used: a run without load neither needs nor loads it.
    from scipy.special import betaincinv

    return float(betaincinv(over + 1, of - over, CONFIDENCE))


def lower_bound(over: float, of: float) -> float:
    """The least share that ``over`` of ``of`` does not speak against; 0 of nothing."""
    if over <= 0:
        return 0.0
    from scipy.special import betaincinv

    return float(betaincinv(over, of - over + 1, 1 - CONFIDENCE))


def least_samples(allowed: Fraction) -> int:
    """The least sample that shows a share below ``allowed`` where none of it is over."""
    # Exact: the upper bound of 0 of n is 1 - 0.05 ** (1/n).
    count = max(1, math.ceil(math.log(1 - CONFIDENCE) / math.log1p(-float(allowed))))
    while (1 - allowed) ** count >= Fraction(5, 100):
        count += 1
    while count > 1 and (1 - allowed) ** (count - 1) < Fraction(5, 100):
        count -= 1
    return count


def most_passing(of: int, allowed: Fraction, effect: float = 1.0) -> int | None:
    """The most of ``of`` that may be over for the upper bound to stay below ``allowed``."""
    return _last(of, lambda over: upper_bound(over / effect, of / effect) < allowed)


def most_not_failing(of: int, allowed: Fraction, effect: float = 1.0) -> int:
    """The most of ``of`` that may be over for the lower bound to stay below ``allowed``."""
    most = _last(of, lambda over: lower_bound(over / effect, of / effect) < allowed)
    return 0 if most is None else most  # none over has a lower bound of 0


def samples_for(allowed: Fraction, share: Fraction, power: Fraction) -> int:
    """The least sample that passes with probability ``power`` where ``share`` of all is over.

    ``share`` is below ``allowed``. Of the samples that pass with at most k over, the least one
    is the likeliest to.
    """
    from scipy.special import bdtr

    over, count = 0, least_samples(allowed)
    while bdtr(over, count, float(share)) < power:
        over += 1
        high = 2 * count
        while upper_bound(over, high) >= allowed:
            high *= 2
        low = count  # too few for one more over
        while high - low > 1:
            middle = (low + high) // 2
            if upper_bound(over, middle) < allowed:
                high = middle
            else:
                low = middle
        count = high
    return count


def _last(of: int, holds: Callable[[int], bool]) -> int | None:
    """The greatest count up to ``of`` that ``holds``, which it does up to some count."""
    if not holds(0):
        return None
    low, high = 0, of + 1
    while high - low > 1:
        middle = (low + high) // 2
        if holds(middle):
            low = middle
        else:
            high = middle
    return low
