"""How a percentile changed since the last promotion: a block bootstrap of the ratio.

Windows of time that follow one another resemble one another, so whole blocks of consecutive
windows are drawn, with a generator that is seeded by the evidence itself: the same evidence
always gives the same bounds.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from reports.evidence.digest import canonical
from reports.evidence.load import LoadRecord
from reports.judging.interval import CONFIDENCE
from reports.judging.sample import LEAST_WINDOWS, judged_windows, selected

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DRAWS = 2000
_FAILED = -1  # the key of requests that failed: they took longer than any


class Change(NamedTuple):
    """Ratios of candidate to baseline; ``windows`` are how many the fewer of the two has."""

    ratio: float
    low: float
    high: float
    windows: int
    block: int


class _Windows(NamedTuple):
    """Counts by window and value, and the load that each window is of."""

    counts: NDArray[np.int64]
    load_of: tuple[int, ...]


def block_length(windows: int) -> int:
    """Windows in a block: the cube root of their number, the usual order of magnitude."""
    return max(2, round(math.cbrt(windows)))


def change(
    candidate: Sequence[LoadRecord],
    baseline: Sequence[LoadRecord],
    operations: Sequence[str],
    percentile: Fraction,
) -> Change | None:
    """The change with one-sided 95% bounds; None where either has too few windows.

    Raises ValueError for histograms that do not read.
    """
    import numpy as np

    found = [_windows_of(loads, operations) for loads in (candidate, baseline)]
    fewest = min(len(windows) for windows in found)
    if fewest < LEAST_WINDOWS:
        return None
    values = sorted({value for windows in found for _, counts in windows for value in counts})
    if values[0] == _FAILED:
        values = [*values[1:], _FAILED]
    times = np.array([math.inf if value == _FAILED else value for value in values])
    both = [_matrix(windows, values) for windows in found]
    point = [_percentiles(m.counts.sum(axis=0)[None, :], times, percentile) for m in both]
    rng = np.random.default_rng(_seed(candidate, baseline, operations, percentile))
    drawn = [_percentiles(_resampled(m, rng), times, percentile) for m in both]
    ratios = np.sort(_ratio(drawn[0], drawn[1]))
    at = math.ceil(CONFIDENCE * DRAWS) - 1
    return Change(
        ratio=float(_ratio(point[0], point[1])[0]),
        low=float(ratios[DRAWS - 1 - at]),
        high=float(ratios[at]),
        windows=fewest,
        block=block_length(fewest),
    )


def _windows_of(
    loads: Sequence[LoadRecord], operations: Sequence[str]
) -> list[tuple[int, dict[int, int]]]:
    """(load, counts by microseconds) of each window that is judged, in order of time."""
    from reports.evidence.histogram import decoded

    windows: dict[tuple[int, int], dict[int, int]] = {}
    for at, load in enumerate(loads):
        for operation in selected(load, operations):
            for window in judged_windows(load, operation):
                counts = windows.setdefault((at, window.at), {})
                for value, many in (*decoded(window.histogram).counts(), (_FAILED, window.failed)):
                    counts[value] = counts.get(value, 0) + many
    return [(key[0], windows[key]) for key in sorted(windows) if any(windows[key].values())]


def _matrix(windows: Sequence[tuple[int, dict[int, int]]], values: Sequence[int]) -> _Windows:
    import numpy as np

    column = {value: n for n, value in enumerate(values)}
    counts = np.zeros((len(windows), len(values)), dtype=np.int64)
    for row, (_, held) in enumerate(windows):
        for value, many in held.items():
            counts[row, column[value]] += many
    return _Windows(counts, tuple(load for load, _ in windows))


def _resampled(windows: _Windows, rng: np.random.Generator) -> NDArray[np.float64]:
    """Counts by value of each draw: as many windows as there are, in blocks of one load each."""
    import numpy as np

    total = len(windows.load_of)
    length = block_length(total)
    starts = [
        at
        for at in range(total - length + 1)
        if windows.load_of[at] == windows.load_of[at + length - 1]
    ] or list(range(total - length + 1))
    chosen = rng.choice(np.array(starts), size=(DRAWS, math.ceil(total / length)))
    drawn = (chosen[:, :, None] + np.arange(length)[None, None, :]).reshape(DRAWS, -1)[:, :total]
    weights = np.zeros((DRAWS, total))
    np.add.at(weights, (np.arange(DRAWS)[:, None], drawn), 1)
    return weights @ windows.counts


def _percentiles(
    counts: NDArray[np.generic], times: NDArray[np.float64], percentile: Fraction
) -> NDArray[np.float64]:
    """For each row of ``counts``, the time that ``percentile`` of them do not exceed."""
    import numpy as np

    reached = np.cumsum(counts, axis=1)
    wanted = reached[:, -1:] * float(percentile / 100)
    # A hair less, so that a share that is met exactly is not missed by rounding.
    found: NDArray[np.float64] = times[np.argmax(reached >= wanted - 1e-6, axis=1)]
    return found


def _ratio(candidate: NDArray[np.float64], baseline: NDArray[np.float64]) -> NDArray[np.float64]:
    """Their ratios; where the candidate's requests failed, infinite whatever the baseline's did."""
    import numpy as np

    with np.errstate(invalid="ignore"):
        ratios = candidate / baseline
    return np.where(np.isinf(candidate), math.inf, ratios)


def _seed(
    candidate: Sequence[LoadRecord],
    baseline: Sequence[LoadRecord],
    operations: Sequence[str],
    percentile: Fraction,
) -> int:
    told = hashlib.sha256()
    for loads in (candidate, baseline):
        told.update(str(len(loads)).encode())
        for load in loads:
            told.update(hashlib.sha256(canonical(load)).digest())
    told.update(f"{','.join(operations)} {percentile}".encode())
    return int.from_bytes(told.digest()[:16])
