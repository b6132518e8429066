"""When a seeded fault counts as caught, and what the matrix shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from reports.evidence.record import CheckRecord, Failure, Outcome
from reports.fault_matrix import differences, never_alone, read_matrix, write_matrix
from reports.proving import Fault, Seen, caught
from reports.strict_toml import ConfigurationError

FAULT = Fault(name="f", seam="edge", check="smoke.a", reason="a is right", description="It is not.")


def seen(outcome: Outcome, expectation: str = "a is right", exit_code: int = 1) -> Seen:
    """A run in which smoke.a ended so."""
    failure = Failure(expectation=expectation, expected="1", actual="2")
    check = CheckRecord(
        id="smoke.a",
        layer="smoke",
        items=(),
        outcome=outcome,
        cases=1,
        observations=1,
        duration_s=0.0,
        failure=failure if outcome is Outcome.FAIL else None,
    )
    return Seen(exit_code, {"smoke.a": check})


def test_caught_as_designed() -> None:
    """The named check fails for the named reason and the run exits 1."""
    assert caught(FAULT, seen(Outcome.FAIL)).caught


@pytest.mark.parametrize(
    ("run", "why"),
    [
        (seen(Outcome.PASS, exit_code=0), "ended pass"),
        (seen(Outcome.ERROR, exit_code=3), "ended error"),
        (seen(Outcome.LOST, exit_code=2), "ended lost"),
        (seen(Outcome.SKIPPED, exit_code=2), "ended skipped"),
        (seen(Outcome.FAIL, "b is right"), 'it failed for "b is right"'),
        (seen(Outcome.FAIL, exit_code=3), "the run exited 3, not 1"),
        (Seen(2, {}), "smoke.a did not run"),
    ],
)
def test_not_caught(run: Seen, why: str) -> None:
    """Anything but that failure is not caught, and says what came instead."""
    verdict = caught(FAULT, run)
    assert not verdict.caught
    assert why in verdict.why


def test_the_matrix_reads_back(tmp_path: Path) -> None:
    """What is written is read again."""
    matrix = {"f": ("smoke.a", "smoke.b"), "g": ("smoke.b",)}
    write_matrix(tmp_path / "m.tsv", matrix)
    assert read_matrix(tmp_path / "m.tsv") == matrix


@pytest.mark.parametrize("text", ["", "x\n", "fault\tfailing checks\nf smoke.a\n"])
def test_a_matrix_that_cannot_be_read(tmp_path: Path, text: str) -> None:
    """A file of another form is refused, with its line."""
    (tmp_path / "m.tsv").write_text(text)
    with pytest.raises(ConfigurationError, match="line"):
        read_matrix(tmp_path / "m.tsv")


def test_what_the_matrix_shows() -> None:
    """A fault that fails other checks than committed is a difference; b never fails alone."""
    committed = {"f": ("smoke.a",), "g": ("smoke.a", "smoke.b")}
    assert differences(committed, dict(committed)) == []
    assert differences(committed, {**committed, "f": ("smoke.b",)}) == [
        "f: committed smoke.a, now smoke.b"
    ]
    assert differences(committed, {"f": ("smoke.a",)}) == [
        "g: committed smoke.a, smoke.b, now nothing"
    ]
    assert never_alone(committed, ["smoke.a", "smoke.b"]) == ["smoke.b"]
