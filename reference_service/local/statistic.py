"""CloudWatch's statistics of a set of values.

Names, bounds and their meaning are those of "CloudWatch statistics definitions" in the
CloudWatch user guide: pNN, PR, TC, TS and TM beside the five plain ones. Of a range, the
lower bound is outside and the upper one inside; a bound that is left out is open.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

PLAIN = ("SampleCount", "Sum", "Average", "Minimum", "Maximum")
_PERCENTILE = re.compile(r"p(\d{1,3}(?:\.\d{1,10})?)")
_RANGE = re.compile(r"(PR|TC|TS|TM)\((-?[\d.]+%?)?:(-?[\d.]+%?)?\)")
_SHORT = re.compile(r"(tc|ts|tm)(\d{1,2}(?:\.\d{1,10})?)")


class UnknownStatisticError(ValueError):
    """A name that is no statistic, or none that is known here."""


def check(name: str) -> None:
    """Raises UnknownStatisticError."""
    if name not in PLAIN and _percent(name) is None:
        _range(name)


def statistic(values: Mapping[float, int], name: str) -> float:
    """One statistic of at least one value, each with how often it came."""
    count = sum(values.values())
    total = sum(value * times for value, times in values.items())
    plain = {"SampleCount": float(count), "Sum": total, "Average": total / count}
    if name in plain:
        return plain[name]
    if name in PLAIN:
        return min(values) if name == "Minimum" else max(values)
    percent = _percent(name)
    return _ranked(values, percent) if percent is not None else _trimmed(values, name)


def _percent(name: str) -> float | None:
    found = _PERCENTILE.fullmatch(name)
    if found is None or not 0 <= float(found[1]) <= 100:
        return None
    return float(found[1])


def _ranked(values: Mapping[float, int], percent: float) -> float:
    """The lowest value that at least `percent` of all do not exceed."""
    rank = percent / 100 * sum(values.values())
    seen = 0
    for value in sorted(values):
        seen += values[value]
        if seen >= rank:
            return value
    return max(values)


def _range(name: str) -> tuple[str, str, str]:
    """What a range is asked for, and its bounds as text."""
    short = _SHORT.fullmatch(name)
    if short is not None:
        return short[1].upper(), "", f"{short[2]}%"
    found = _RANGE.fullmatch(name)
    if found is None or not (found[2] or found[3]) or (name.startswith("PR") and "%" in name):
        raise UnknownStatisticError(name)
    return found[1], found[2] or "", found[3] or ""


def _trimmed(values: Mapping[float, int], name: str) -> float:
    kind, low, high = _range(name)
    above = _bound(values, low) if low else float("-inf")
    most = _bound(values, high) if high else float("inf")
    inside = {value: times for value, times in values.items() if above < value <= most}
    count = sum(inside.values())
    total = sum(value * times for value, times in inside.items())
    answers = {
        "PR": 100 * count / sum(values.values()),
        "TC": float(count),
        "TS": total,
        "TM": total / count if count else 0.0,
    }
    return answers[kind]


def _bound(values: Mapping[float, int], text: str) -> float:
    return _ranked(values, float(text[:-1])) if text.endswith("%") else float(text)
