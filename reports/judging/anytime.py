"""Bounds on a share that hold at every look, however often and whenever one looks.

A confidence sequence from a mixture of likelihood ratios (Robbins, 1970; Ville's inequality): with
K of N requests bad, and a Beta(1/2, 1/2) mixture,

    M(p) = B(1/2 + K, 1/2 + N - K) / (B(1/2, 1/2) * p^K * (1 - p)^(N - K))

is a nonnegative martingale of mean 1 where each request is bad with probability p, independently.
So M(p) ever reaches 1/alpha with probability at most alpha, and the shares for which it has not are
an interval that at all times together holds p with probability 1 - alpha.
"""

from __future__ import annotations

import math
from collections.abc import Callable

_PRIOR = 0.5
_HALVINGS = 60  # of the interval in which a bound lies: past the precision of a float


def log_evidence(bad: int, total: int, share: float) -> float:
    """log M: how much ``bad`` of ``total`` speaks against a share of exactly ``share``.

    ``share`` is strictly between 0 and 1. Raises ValueError for counts that are none.
    """
    if not 0 <= bad <= total:
        raise ValueError(f"{bad} of {total} is no count")
    good = total - bad
    return (
        _log_beta(_PRIOR + bad, _PRIOR + good)
        - _log_beta(_PRIOR, _PRIOR)
        - bad * math.log(share)
        - good * math.log1p(-share)
    )


def bounds(bad: int, total: int, alpha: float) -> tuple[float, float]:
    """The lower and the upper bound on the share; of nothing at all 0 and 1.

    Both together, at every look, miss the share with probability at most ``alpha``.
    """
    against = math.log(1 / alpha)
    seen = bad / total if total else 0.5

    def refuted(share: float) -> bool:
        return log_evidence(bad, total, share) >= against

    low = 0.0 if bad == 0 else _edge(0.0, seen, refuted)
    high = 1.0 if bad == total else _edge(1.0, seen, refuted)
    return low, high


def _edge(refuted_end: float, kept_end: float, refuted: Callable[[float], bool]) -> float:
    """Between a share that is refuted and one that is not: the last that is not, outwards."""
    outside, inside = refuted_end, kept_end
    for _ in range(_HALVINGS):
        middle = (outside + inside) / 2
        if refuted(middle):
            outside = middle
        else:
            inside = middle
    return outside


def _log_beta(a: float, b: float) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)
