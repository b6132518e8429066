"""``suites/checks.tsv``: read strictly, written canonically, kept current."""

from __future__ import annotations

from pathlib import Path

import pytest

from reports.evidence.checks_list import parse_checks, read_checks, write_checks
from reports.evidence.record import ExpectedCheck
from reports.strict_toml import ConfigurationError

HEADER = "id\tlayer\titems\tcases\n"
TWO = (
    ExpectedCheck(id="smoke.a", layer="smoke", items=("X-01", "X-02"), cases=2),
    ExpectedCheck(id="smoke.b", layer="smoke", items=(), cases=1),
)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    """Sorted by id, whatever order it was given in."""
    text = write_checks(reversed(TWO))
    assert text == HEADER + "smoke.a\tsmoke\tX-01,X-02\t2\nsmoke.b\tsmoke\t\t1\n"
    file = tmp_path / "checks.tsv"
    file.write_text(text, encoding="utf-8")
    assert read_checks(file) == TWO
    assert parse_checks(HEADER, "empty") == ()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "here: line 1 must be the header id layer items cases, separated by tabs"),
        ("id layer items cases\n", "here: line 1 must be the header"),
        (HEADER + "smoke.a\tsmoke\t\n", "here: line 2: has 3 cells, not 4"),
        (HEADER + "\n", "here: line 2: has 1 cells, not 4"),
        (HEADER + "sla.a\tsmoke\t\t1\n", "here: line 2: id 'sla.a' must begin with its layer"),
        (HEADER + "smoke.\tsmoke\t\t1\n", "here: line 2: id 'smoke.' must begin with"),
        (HEADER + "smoke.a\tsmoke\t\t0\n", "here: line 2: cases is '0'; it is a whole number"),
        (HEADER + "smoke.a\tsmoke\t\t-1\n", "here: line 2: cases is '-1'"),
        (HEADER + "smoke.a\tsmoke\t\tmany\n", "here: line 2: cases is 'many'"),
        (HEADER + "smoke.a\tsmoke\t\t²\n", "here: line 2: cases is '²'"),
        (HEADER + "smoke.a\tsmoke\t\t1\n" * 2, "here: line 3: smoke.a stands there twice"),
    ],
)
def test_a_list_that_is_wrong_is_refused(text: str, message: str) -> None:
    """A row that cannot be meant is an error that names its line, never skipped."""
    with pytest.raises(ConfigurationError) as told:
        parse_checks(text, "here")
    assert message in str(told.value)


def test_a_list_that_is_not_there(tmp_path: Path) -> None:
    """The message says what writes it."""
    with pytest.raises(ConfigurationError, match="`gate coverage --update` writes it"):
        read_checks(tmp_path / "checks.tsv")
