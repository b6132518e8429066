"""A result's value and its interval against the limit, on one line of 0 to 100."""

from __future__ import annotations

import re
from typing import NamedTuple

from reports.judging.criterion import parse_criterion
from reports.judging.decision import ObjectiveResult

_AMOUNT = re.compile(r"(?P<number>[+-]?\d+(?:\.\d+)?)(?P<unit>%|ms|s|m|h|)")
_HOURS = re.compile(r"(\d+)h(\d\d)m")
_UNITS = {"%": 0.01, "ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "": 1.0}
_ROOM = 1.12  # of the line beyond the largest number on it


class Drawing(NamedTuple):
    """Places on the line, each 0 to 100. ``low`` and ``high`` are None without an interval.

    The limit is kept from ``good_from`` to ``good_to``. ``open_end``: nothing bounds it above.
    """

    limit: float
    good_from: float
    good_to: float
    value: float
    low: float | None
    high: float | None
    open_end: bool


def drawing(line: ObjectiveResult) -> Drawing | None:
    """Where value, interval and limit lie; None where there is no number to draw."""
    value = amount(line.value)
    try:
        criterion = parse_criterion(line.limit)
    except ValueError:
        return None
    if value is None:
        return None
    limit = float(criterion.limit)
    low, high = amount(line.low), amount(line.high)
    open_end = line.high == "unbounded"
    numbers = [0.0, limit, value, *(one for one in (low, high) if one is not None)]
    start, end = min(numbers), max(numbers) * _ROOM
    if criterion.operator[0] == ">" and end > 1 and line.limit.endswith("%"):
        end = max(numbers)
    if end <= start:
        end = start + 1.0

    def place(number: float) -> float:
        return round(100 * (number - start) / (end - start), 2)

    at = place(limit)
    above = criterion.operator[0] == ">"
    bounded = low is not None and (high is not None or open_end)
    return Drawing(
        limit=at,
        good_from=at if above else 0.0,
        good_to=100.0 if above else at,
        value=place(value),
        low=place(low) if bounded and low is not None else None,
        high=(100.0 if high is None else place(high)) if bounded else None,
        open_end=open_end,
    )


def amount(text: str | None) -> float | None:
    """``80%``, ``123ms``, ``2.4s``, ``+3.2%``, ``72h05m``, ``3`` as a number; None for words.

    Shares come as fractions of 1, times in seconds.
    """
    if text is None:
        return None
    hours = _HOURS.fullmatch(text)
    if hours:
        return float(hours[1]) * 3600 + float(hours[2]) * 60
    match = _AMOUNT.fullmatch(text)
    return float(match["number"]) * _UNITS[match["unit"]] if match else None
