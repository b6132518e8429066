"""What the faults of load are worth: how surely a load of 3,000 judged requests fails for them.

A level fails where the exact lower 95% bound of the share over its limit reaches what is allowed.
The faults are by count or by time and so meet the same share each time; the power is computed as
if chance picked each request, which is harder on them. `quick` and the sla layer's own load
judge 3,000 requests or more.
"""

from __future__ import annotations

import pytest
from scipy.stats import beta, binom

from reference_service.faults import at_load, at_pace
from reference_service.faults.registry import named

JUDGED = 3000
# Requests of 100 of the mixed workload, as suites/load/k6/mixed.js deals them.
READS, WRITES, IMAGES, BY_PRICE, LISTS = 80, 20, 8, 10, 42
OVER_500_MS = OVER_2_S = 0.05
FAILED = 0.001

# name -> (of 100 requests those that are judged, the share of them that the fault spoils, allowed)
WORTH = {
    "reads-slow": (READS, (READS - IMAGES) / READS / at_pace.SLOW_READS, OVER_500_MS),
    # From 12.5 s after the first read on: more than half of what is judged.
    "latency-grows": (READS, 0.5 * (READS - IMAGES) / READS, OVER_500_MS),
    # At least ten of thirty judged seconds, wherever the load begins within its first ten.
    "latency-spikes": (READS, (READS - IMAGES) / READS / 3, OVER_500_MS),
    "large-catalog-slow": (READS, LISTS / READS, OVER_500_MS),
    "writes-slow": (WRITES, 1 / at_pace.SLOW_WRITES, OVER_2_S),
    "price-range-slow": (BY_PRICE, 1 / at_pace.SLOW_OF_ONE_OPERATION, OVER_500_MS),
    "images-host-slow": (IMAGES, 1 / at_pace.SLOW_OF_ONE_OPERATION, OVER_500_MS),
    "errors-half-percent": (100, (100 - IMAGES) / 100 / at_load.ERRORS, FAILED),
    "errors-under-load": (100, (100 - IMAGES) / 100 / at_load.RUSH_ERRORS, FAILED),
    "images-lost": (IMAGES, 1 / at_load.LOST_IMAGES, OVER_500_MS),
}


def least_failing(n: int, allowed: float) -> int:
    """The fewest of ``n`` over a limit that surely are more than ``allowed``."""
    over = next(k for k in range(1, n) if beta.ppf(0.05, k, n - k + 1) >= allowed)
    # The same number from the test of which that bound is the inversion.
    assert binom.sf(over - 1, n, allowed) <= 0.05 < binom.sf(over - 2, n, allowed)
    return over


@pytest.mark.parametrize("name", WORTH)
def test_power(name: str) -> None:
    """At least 0.99; and the share itself, as the count gives it, fails for certain."""
    assert named(name).check.startswith("sla.")
    of_hundred, spoilt, allowed = WORTH[name]
    n = JUDGED * of_hundred // 100
    fails_from = least_failing(n, allowed)
    assert int(n * spoilt) > fails_from
    assert binom.sf(fails_from - 1, n, spoilt) >= 0.99


@pytest.mark.parametrize(
    ("name", "of_hundred"), [("price-range-slow", BY_PRICE), ("images-host-slow", IMAGES)]
)
def test_one_operation_does_not_show_overall(name: str, of_hundred: int) -> None:
    """All reads together keep their limit, though this one does not."""
    _, spoilt, allowed = WORTH[name]
    n = JUDGED * READS // 100
    over = int(JUDGED * of_hundred / 100 * spoilt) + 1
    assert beta.ppf(0.95, over + 1, n - over) < allowed
