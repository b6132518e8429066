"""Values and intervals on one line, against their limit."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from reports.judging.decision import ObjectiveResult
from reports.rendering.interval import Drawing, amount, drawing
from tests.rendering.allure_samples import decision


def line(**changes: Any) -> ObjectiveResult:
    """A result with these texts."""
    return replace(decision().objectives[0], **changes)


def drawn(**changes: Any) -> Drawing:
    """Its drawing."""
    made = drawing(line(**changes))
    assert made is not None
    return made


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("80%", 0.8),
        ("0.0012%", 0.000012),
        ("123ms", 0.123),
        ("2.4s", 2.4),
        ("+3.2%", 0.032),
        ("-20%", -0.2),
        ("72h05m", 72 * 3600 + 300),
        ("12m", 720),
        ("3", 3),
    ],
)
def test_amounts_of_every_kind(text: str, number: float) -> None:
    """Shares as fractions, times in seconds."""
    assert amount(text) == pytest.approx(number)


@pytest.mark.parametrize("text", [None, "promote", "a failed request", "unbounded", "", "1 2"])
def test_words_are_no_amount(text: str | None) -> None:
    """Nothing is drawn where there is no number."""
    assert amount(text) is None


def test_an_interval_below_its_limit() -> None:
    """The side that keeps the limit is the lower one, and the whole interval lies on it."""
    made = drawn(value="200ms", low="180ms", high="240ms", limit="p(95) < 500ms")
    assert made.low is not None
    assert made.high is not None
    assert 0 < made.low < made.value < made.high < made.limit == made.good_to < 100
    assert made.good_from == 0
    assert made.value / made.limit == pytest.approx(0.4, abs=0.001)


def test_an_interval_across_its_limit_shows_so() -> None:
    """Neither side of it is cut off."""
    made = drawn(value="0.08%", low="0.02%", high="0.3%", limit="< 0.1%")
    assert made.low is not None
    assert made.high is not None
    assert made.low < made.limit < made.high <= 100


def test_a_least_share_ends_at_all() -> None:
    """100% is the end of the line, and keeps the limit."""
    made = drawn(value="80%", limit=">= 100%")
    assert (made.limit, made.good_from, made.good_to) == (100, 100, 100)
    assert made.value == 80
    assert made.low is None


def test_what_nothing_bounds_runs_to_the_end() -> None:
    """And is said to be open there."""
    made = drawn(value="200ms", low="180ms", high="unbounded", limit="p(95) < 500ms")
    assert made.high == 100
    assert made.open_end


def test_a_change_for_the_better_lies_left_of_nothing() -> None:
    """Negative numbers have their place."""
    made = drawn(value="-20.0%", low="-30.0%", high="-10.0%", limit="p(95) <= +10%")
    assert made.low == 0
    assert made.value < made.limit < 100


def test_words_have_no_drawing() -> None:
    """A subject, a decision, a value that is none."""
    assert drawing(line(value="walk", limit="holds")) is None
    assert drawing(line(value=None, limit=">= 100%")) is None
    assert drawing(line(value="promote", limit="promote")) is None


def test_nothing_of_nothing_is_drawn_without_dividing_by_it() -> None:
    """No findings, where none are allowed."""
    made = drawn(value="0", limit="<= 0")
    assert (made.value, made.limit) == (0, 0)
