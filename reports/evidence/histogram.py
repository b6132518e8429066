"""Latencies as HdrHistograms: exact to three digits, and merged by adding counts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from hdrh.codec import HdrCookieException, HdrHistogramSettingsException, HdrLengthException
from hdrh.histogram import HdrHistogram

LOWEST_US = 1
HIGHEST_US = 120_000_000  # what took longer is counted there: the library would drop it
DIGITS = 3
_LONGEST = 100_000  # characters of an encoded histogram; a full one needs a tenth of that
_BROKEN = (HdrCookieException, HdrLengthException, HdrHistogramSettingsException, ValueError)


class Histogram:
    """Counts of microseconds."""

    def __init__(self) -> None:
        self._counts: Any = HdrHistogram(LOWEST_US, HIGHEST_US, DIGITS)

    def record(self, microseconds: int, times: int = 1) -> None:
        """Count it, once unless said."""
        self._counts.record_value(min(max(microseconds, LOWEST_US), HIGHEST_US), times)

    def add(self, other: Histogram) -> None:
        """Count all of ``other`` as well."""
        self._counts.add(other._counts)

    @property
    def total(self) -> int:
        """How many were counted."""
        return int(self._counts.get_total_count())

    def percentile(self, percent: float) -> int:
        """The microseconds that ``percent`` of what was counted do not exceed; 0 of nothing."""
        return int(self._counts.get_value_at_percentile(percent))

    def percentiles(self, percents: Sequence[float]) -> tuple[int, ...]:
        """``percentile`` of each, in the time of one."""
        if not self.total:
            return (0,) * len(percents)
        found = self._counts.get_percentile_to_value_dict(list(percents))
        return tuple(int(found[percent]) for percent in percents)

    def over(self, limit_us: int) -> int:
        """How many are not surely below ``limit_us``: the bucket that holds it is over it."""
        first = self._counts.get_counts_array_index(min(limit_us, HIGHEST_US))
        last = self._counts.get_counts_array_index(min(self._counts.get_max_value(), HIGHEST_US))
        return sum(self._counts.get_count_at_index(at) for at in range(first, last + 1))

    def counts(self) -> Iterator[tuple[int, int]]:
        """(microseconds, how many) of each bucket that is not empty; a bucket by its least."""
        last = self._counts.get_counts_array_index(self._counts.get_max_value())
        for at, many in enumerate(islice(self._counts.encoder.payload.counts, last + 1)):
            if many:
                yield int(self._counts.get_value_from_index(at)), int(many)

    def encoded(self) -> str:
        """Text that ``decoded`` reads; empty for nothing."""
        return self._counts.encode().decode("ascii") if self.total else ""


def decoded(text: str) -> Histogram:
    """The histogram of a text. Raises ValueError for one that is none, or of another form."""
    histogram = Histogram()
    if text:
        if len(text) > _LONGEST:
            raise ValueError(f"a histogram of {len(text)} characters")
        try:
            histogram._counts.decode_and_add(text.encode("ascii"))
        except (
            HdrCookieException,
            HdrLengthException,
            HdrHistogramSettingsException,
            ValueError,
        ) as problem:
            raise ValueError(f"no histogram: {problem}") from problem
    return histogram


def merged(texts: Iterable[str]) -> Histogram:
    """All of them together. Raises ValueError."""
    whole = Histogram()
    for text in texts:
        whole.add(decoded(text))
    return whole
