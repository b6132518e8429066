"""Exact one-sided 95% bounds of a share (Clopper-Pearson), and what it takes to pass by them.

Counts may be fractions of one: a design effect divides both counts of a sample.
"""

from __future__ import annotations

import itertools
import math
from bisect import bisect_left
from collections.abc import Callable
from fractions import Fraction

CONFIDENCE = 0.95
_DOUBT = Fraction(5, 100)
_MOST = 10**12  # requests; no load has more


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
    # The upper bound of 0 of n is 1 - 0.05 ** (1/n); counted exactly from just below the answer.
    about = math.floor(math.log(1 - CONFIDENCE) / math.log1p(-float(allowed)))
    return next(n for n in itertools.count(max(1, about)) if (1 - allowed) ** n < _DOUBT)


def most_passing(of: int, allowed: Fraction, effect: float = 1.0) -> int | None:
    """The most of ``of`` that may be over for the upper bound to stay below ``allowed``."""
    return _last(of, lambda over: upper_bound(over / effect, of / effect) < allowed)


def most_not_failing(of: int, allowed: Fraction, effect: float = 1.0) -> int:
    """The most of ``of`` that may be over for the lower bound to stay below ``allowed``."""
    most = _last(of, lambda over: lower_bound(over / effect, of / effect) < allowed)
    return most or 0  # none over has a lower bound of 0


def samples_for(allowed: Fraction, share: Fraction, power: Fraction) -> int:
    """The least sample that passes with probability ``power`` where ``share`` of all is over.

    ``share`` is below ``allowed``. Of the samples that pass with at most k over, the least one
    is the likeliest to.
    """
    from scipy.special import bdtr

    count = least_samples(allowed)
    for over in itertools.count(1):
        if bdtr(over - 1, count, float(share)) >= power:
            break
        larger = range(count, _MOST)
        count = larger[bisect_left(larger, True, key=lambda n: upper_bound(over, n) < allowed)]
    return count


def _last(of: int, holds: Callable[[int], bool]) -> int | None:
    """The greatest count up to ``of`` that ``holds``, which it does up to some count."""
    first = bisect_left(range(of + 1), True, key=lambda count: not holds(count))
    return first - 1 if first else None
