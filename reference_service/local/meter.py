"""Counts of what happens in the stack, by metric and minute, as CloudWatch would have them.

Counting one value is a dictionary's entry in memory; nothing reaches moto until it is asked.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

MINUTE_S = 60
# CloudWatch keeps a minute for fifteen days; a stack on a laptop for the length of a long soak.
KEPT_MINUTES = 360

Dimensions = tuple[tuple[str, str], ...]
Values = dict[float, int]  # value -> how often it came


class Metric:
    """One metric under each set of dimensions that AWS publishes it with.

    Compared by identity: ask `Meter.metric` for it, which makes it once.
    """

    __slots__ = ("dimensions", "name", "namespace", "region", "unit")

    def __init__(
        self,
        region: str,
        namespace: str,
        name: str,
        dimensions: tuple[Dimensions, ...],
        unit: str,
    ) -> None:
        self.region = region
        self.namespace = namespace
        self.name = name
        self.dimensions = dimensions
        self.unit = unit


class Meter:
    """Values by metric and minute; safe under threads. `clock` gives seconds since the epoch."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._metrics: dict[tuple[object, ...], Metric] = {}
        self._minutes: dict[int, dict[Metric, Values]] = {}

    def metric(
        self, region: str, namespace: str, name: str, *dimensions: Dimensions, unit: str = "Count"
    ) -> Metric:
        """The one metric of that name; without dimensions it has none."""
        made = Metric(region, namespace, name, dimensions or ((),), unit)
        return self._metrics.setdefault((region, namespace, name, made.dimensions), made)

    def record(self, *samples: tuple[Metric, float]) -> None:
        """Counts values that came now."""
        minute = int(self._clock()) // MINUTE_S
        with self._lock:
            counts = self._minutes.get(minute)
            if counts is None:
                counts = self._open(minute)
            for metric, value in samples:
                values = counts.get(metric)
                if values is None:
                    counts[metric] = {value: 1}
                else:
                    values[value] = values.get(value, 0) + 1

    def read(self, start: float, end: float) -> Iterator[tuple[Metric, int, Values]]:
        """Each metric's values of each minute that begins in start <= time < end, copied."""
        with self._lock:
            found = [
                (metric, minute * MINUTE_S, dict(values))
                for minute, counts in sorted(self._minutes.items())
                if start <= minute * MINUTE_S < end
                for metric, values in counts.items()
            ]
        yield from found

    def clear(self) -> None:
        """Forgets everything counted."""
        with self._lock:
            self._minutes.clear()

    def _open(self, minute: int) -> dict[Metric, Values]:
        for old in [each for each in self._minutes if each <= minute - KEPT_MINUTES]:
            del self._minutes[old]
        return self._minutes.setdefault(minute, {})


def milliseconds(seconds: float) -> float:
    """To three digits: many equal values take little room."""
    ms = seconds * 1000
    return round(ms, 2) if ms < 10 else round(ms, 1) if ms < 100 else float(round(ms))
