"""Loads that the tests vary in one thing each: made of histograms, as evidence holds them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from msgspec.structs import replace

from reports.evidence.histogram import Histogram
from reports.evidence.load import (
    Generator,
    Kind,
    LoadRecord,
    Operation,
    OperationWindow,
    Stage,
)

BEGAN = datetime(2026, 1, 21, 10, 0, 0, 250_000, tzinfo=UTC)
START = int(BEGAN.timestamp())
WINDOW_S = 10
FAST_MS, SLOW_MS = 100, 900


@lru_cache(maxsize=4096)
def histogram(*times: tuple[float, int]) -> str:
    """(milliseconds, how many), ... as an encoded histogram."""
    counts = Histogram()
    for milliseconds, many in times:
        counts.record(round(milliseconds * 1000), many)
    return counts.encoded()


def window(
    at: int, fast: int, slow: int = 0, failed: int = 0, *, times: Sequence[tuple[float, int]] = ()
) -> OperationWindow:
    """A window that began ``at`` seconds after the load; ``times`` instead of fast and slow."""
    spent = tuple(times) or ((FAST_MS, fast), (SLOW_MS, slow))
    succeeded = sum(many for _, many in spent)
    return OperationWindow(
        at=START + at,
        requests=succeeded + failed,
        failed=failed,
        statuses={"200": succeeded} | ({"500": failed} if failed else {}),
        errors={"status 500": failed} if failed else {},
        histogram=histogram(*(one for one in spent if one[1])),
    )


def operation(name: str, *windows: OperationWindow, kind: Kind = "read") -> Operation:
    """An operation of these windows."""
    return Operation(name=name, kind=kind, windows=windows)


def generator(measured: int, **changes: Any) -> Generator:
    """One k6 with time to spare, all of whose arrivals began."""
    made = Generator(
        segment="0:1",
        program="k6 1.1.0",
        program_digest="sha256:" + "6" * 64,
        started=BEGAN,
        ended=BEGAN + timedelta(seconds=60),
        exit_code=0,
        partial=None,
        scheduled=measured,
        arrived=measured,
        dropped=0,
        requests=measured,
        cpus=2,
        cpu_s=4.0,
        busiest=0.1,
        reducing_cpu_s=0.3,
    )
    return replace(made, **changes)


def load(
    *operations: Operation, generators: Sequence[Generator] = (), **changes: Any
) -> LoadRecord:
    """A valid documented load of these operations, without a warm-up."""
    requests = sum(w.requests for one in operations for w in one.windows)
    made = LoadRecord(
        profile="documented",
        workload="mixed",
        script_digest="sha256:" + "5" * 64,
        seed=1,
        stages=(Stage(seconds=630.0, rate=150.0),),
        began=BEGAN,
        warm_up_s=0,
        window_s=WINDOW_S,
        operations=operations,
        generators=tuple(generators) or (generator(requests),),
    )
    return replace(made, **changes)


def reads(n: int, slow: int = 0, failed: int = 0, **changes: Any) -> LoadRecord:
    """A load of ``n`` get requests in one window; ``slow`` of them took 900 ms, not 100."""
    return load(operation("get_product", window(0, n - slow - failed, slow, failed)), **changes)
