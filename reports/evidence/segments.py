"""Execution segments of k6: which part of one load each generator makes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from fractions import Fraction

_EDGE = re.compile(r"\d{1,6}(/[1-9]\d{0,5}|\.\d{1,9})?")


def segment_edges(text: str) -> tuple[Fraction, Fraction]:
    """``0:1/3`` as its two edges. Raises ValueError."""
    low, colon, high = text.partition(":")
    if not (colon and _EDGE.fullmatch(low) and _EDGE.fullmatch(high)):
        raise ValueError(f"{text[:60]!r} is no execution segment; one looks like 0:1/3")
    edges = Fraction(low), Fraction(high)
    if not 0 <= edges[0] < edges[1] <= 1:
        raise ValueError(f"{text[:60]!r} does not lie between 0 and 1")
    return edges


def what_is_wrong(segments: Iterable[tuple[Fraction, Fraction]]) -> str | None:
    """Why these do not cover 0 to 1 exactly once; None where they do."""
    reached = Fraction(0)
    for low, high in sorted(segments):
        if low > reached:
            return f"no generator made the part {reached}:{low}"
        if low < reached:
            return f"the part {low}:{min(reached, high)} was made twice"
        reached = high
    return None if reached == 1 else f"no generator made the part {reached}:1"
