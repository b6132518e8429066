"""The grammar of criteria."""

from __future__ import annotations

from fractions import Fraction

import pytest

from reports.judging.criterion import Kind, parse_criterion, percentage


@pytest.mark.parametrize(
    ("text", "kind", "operator", "limit", "percentile"),
    [
        (">= 100%", Kind.SHARE, ">=", Fraction(1), None),
        ("> 99.9%", Kind.SHARE, ">", Fraction(999, 1000), None),
        ("< 0.1%", Kind.SHARE, "<", Fraction(1, 1000), None),
        ("< 500ms", Kind.DURATION, "<", Fraction(1, 2), None),
        ("<= 2s", Kind.DURATION, "<=", Fraction(2), None),
        ("p(0.5) < 2s", Kind.PERCENTILE, "<", Fraction(2), Fraction(1, 2)),
        ("p(95) < 2s", Kind.PERCENTILE, "<", Fraction(2), Fraction(95)),
        ("p(99.9) <= 750ms", Kind.PERCENTILE, "<=", Fraction(3, 4), Fraction(999, 10)),
        ("<= +10%", Kind.RELATIVE, "<=", Fraction(1, 10), None),
        ("<= +110%", Kind.RELATIVE, "<=", Fraction(11, 10), None),
        ("p(95) <= +10%", Kind.RELATIVE, "<=", Fraction(1, 10), Fraction(95)),
        ("< 1", Kind.COUNT, "<", Fraction(1), None),
    ],
)
def test_a_criterion_is_read(
    text: str, kind: Kind, operator: str, limit: Fraction, percentile: Fraction | None
) -> None:
    """Every form of the grammar: its kind, operator and exact limit."""
    criterion = parse_criterion(text)
    assert criterion == (kind, operator, limit, percentile)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is none; one looks like"),
        (">=100%", 'one looks like ">= 100%", "< 500ms", "p(95) < 2s" or "<= +10%", a space'),
        ("== 100%", "is none"),
        (">= 100 %", "is none"),
        (">= -1%", "is none"),
        (">= nan%", "is none"),
        (">= 100% ", "is none"),
        (">= 100.01%", "a share is at most 100%"),
        ("p(0) < 1s", "lies between 0 and 100"),
        ("p(100) < 1s", "lies between 0 and 100"),
        ("p(95) < 5%", "a percentile is a time"),
        ("p(95) < 5", "a percentile is a time"),
        ("< +10ms", "a change is a percentage"),
        ("< +10", "a change is a percentage"),
    ],
)
def test_what_is_no_criterion_is_refused(text: str, message: str) -> None:
    """A criterion that cannot be meant is never read as another one."""
    with pytest.raises(ValueError, match="criterion") as refused:
        parse_criterion(text)
    assert message in str(refused.value)
    assert f'"{text}"' in str(refused.value)


@pytest.mark.parametrize(
    ("operator", "below", "at", "above"),
    [
        (">=", False, True, True),
        (">", False, False, True),
        ("<=", True, True, False),
        ("<", True, False, False),
    ],
)
def test_the_limit_itself(operator: str, below: bool, at: bool, above: bool) -> None:
    """A value just below, at and just above the limit."""
    criterion = parse_criterion(f"{operator} 50%")
    tiny = Fraction(1, 10**9)
    half = Fraction(1, 2)
    assert [criterion.met_by(value) for value in (half - tiny, half, half + tiny)] == [
        below,
        at,
        above,
    ]


def test_headroom_is_positive_on_the_right_side() -> None:
    """Half a limit of 50% away, on either side of it."""
    assert parse_criterion(">= 50%").headroom(Fraction(3, 4)) == Fraction(1, 4)
    assert parse_criterion("> 50%").headroom(Fraction(1, 4)) == Fraction(-1, 4)
    assert parse_criterion("< 50%").headroom(Fraction(1, 4)) == Fraction(1, 4)
    assert parse_criterion("<= 50%").headroom(Fraction(3, 4)) == Fraction(-1, 4)


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (Fraction(1), "100%"),
        (Fraction(0), "0%"),
        (Fraction(9, 10), "90%"),
        (Fraction(905, 1000), "90.5%"),
        (Fraction(9005, 10000), "90.05%"),
        (Fraction(1, 3), "33.33%"),
        (Fraction(999999, 1000000), "99.99%"),
        (Fraction(-1, 10), "-10%"),
        (Fraction(-1, 3), "-33.34%"),
        (Fraction(-1, 1000000), "-0.01%"),
    ],
)
def test_a_percentage_is_rounded_down(share: Fraction, text: str) -> None:
    """What is not quite 100% never reads as 100%, nor a missing headroom as none missing."""
    assert percentage(share) == text
