"""Criteria as policies write them: ``>= 100%``, ``< 500ms``, ``p(95) < 2s``, ``<= +10%``."""

from __future__ import annotations

import re
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple

_FORM = re.compile(
    r"(?:p\((?P<percentile>\d+(?:\.\d+)?)\) )?"
    r"(?P<operator><=|>=|<|>) "
    r"(?P<relative>\+)?(?P<number>\d+(?:\.\d+)?)(?P<unit>%|ms|s|m|h|)"
)


_SECONDS = {"ms": Fraction(1, 1000), "s": Fraction(1), "m": Fraction(60), "h": Fraction(3600)}


class Kind(StrEnum):
    """What a criterion limits."""

    SHARE = "share"
    PERCENTILE = "percentile"
    DURATION = "duration"
    RELATIVE = "change against a baseline"
    COUNT = "count"


class Criterion(NamedTuple):
    """A limit: ``limit`` is a fraction of 1 for shares, seconds for times, else a number."""

    kind: Kind
    operator: str
    limit: Fraction
    percentile: Fraction | None

    def met_by(self, value: Fraction) -> bool:
        """Whether ``value`` keeps the limit, exactly."""
        if self.operator == ">=":
            return value >= self.limit
        if self.operator == ">":
            return value > self.limit
        if self.operator == "<=":
            return value <= self.limit
        return value < self.limit

    def headroom(self, value: Fraction) -> Fraction:
        """How far ``value`` is on the right side of the limit; negative on the wrong one."""
        return value - self.limit if self.operator[0] == ">" else self.limit - value


def parse_criterion(text: str) -> Criterion:
    """A criterion. Raises ValueError saying what one looks like."""
    match = _FORM.fullmatch(text)
    if match is None:
        raise ValueError(
            f'criterion "{text}" is none; one looks like ">= 100%", "< 500ms", '
            '"p(95) < 2s" or "<= +10%", a space after the operator'
        )
    number, unit = Fraction(match["number"]), match["unit"]
    percentile = Fraction(match["percentile"]) if match["percentile"] else None
    if unit == "%" and not match["relative"] and number > 100:
        raise ValueError(f'criterion "{text}": a share is at most 100%')
    if percentile is not None and not 0 < percentile < 100:
        raise ValueError(f'criterion "{text}": a percentile lies between 0 and 100')
    if unit == "%":
        number /= 100
    elif unit in _SECONDS:
        number *= _SECONDS[unit]
    return Criterion(_kind(match), match["operator"], number, percentile)


def _kind(match: re.Match[str]) -> Kind:
    if match["relative"]:
        if match["unit"] != "%":
            raise ValueError(f'criterion "{match[0]}": a change is a percentage, such as +10%')
        return Kind.RELATIVE
    timed = match["unit"] in _SECONDS
    if match["percentile"]:
        if not timed:
            raise ValueError(f'criterion "{match[0]}": a percentile is a time, in ms or s')
        return Kind.PERCENTILE
    if timed:
        return Kind.DURATION
    return Kind.SHARE if match["unit"] == "%" else Kind.COUNT


def percentage(share: Fraction) -> str:
    """``share`` as a percentage of at most two decimals, rounded down, so never 100% early."""
    hundredths = share * 10000
    whole = hundredths.numerator // hundredths.denominator
    sign, whole = ("-", -whole) if whole < 0 else ("", whole)
    digits = f"{whole // 100}.{whole % 100:02d}".rstrip("0").rstrip(".")
    return f"{sign}{digits}%"
