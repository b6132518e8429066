"""Which result is worst, and which exit code says it."""

from __future__ import annotations

import itertools

import pytest

from reports.judging.result import ExitCode, Result, exit_code, worst

PASS, FAIL, INCONCLUSIVE, NO_EVIDENCE = (
    Result.PASS,
    Result.FAIL,
    Result.INCONCLUSIVE,
    Result.NO_EVIDENCE,
)


@pytest.mark.parametrize(
    ("results", "verdict"),
    [
        ((), NO_EVIDENCE),
        ((PASS,), PASS),
        ((PASS, PASS), PASS),
        ((PASS, INCONCLUSIVE), INCONCLUSIVE),
        ((PASS, NO_EVIDENCE), NO_EVIDENCE),
        ((INCONCLUSIVE, NO_EVIDENCE), NO_EVIDENCE),
        ((PASS, FAIL), FAIL),
        ((FAIL, NO_EVIDENCE), FAIL),
        ((FAIL, INCONCLUSIVE), FAIL),
        ((PASS, INCONCLUSIVE, NO_EVIDENCE, FAIL), FAIL),
    ],
)
def test_worst_of(results: tuple[Result, ...], verdict: Result) -> None:
    """Any order of the same results: the same worst; of none at all, no evidence."""
    for order in itertools.permutations(results):
        assert worst(iter(order)) is verdict


@pytest.mark.parametrize(
    ("verdict", "code"), [(PASS, 0), (FAIL, 1), (INCONCLUSIVE, 2), (NO_EVIDENCE, 2)]
)
def test_exit_code_of_a_verdict(verdict: Result, code: int) -> None:
    """A verdict has its exit code; a failed harness is 3 whatever else was seen."""
    assert exit_code(verdict, harness_failed=False) == code
    assert exit_code(verdict, harness_failed=True) == 3


def test_exit_codes_are_the_documented_ones() -> None:
    """The numbers pipelines act on do not move."""
    assert {code.name: code.value for code in ExitCode} == {
        "PROMOTE": 0,
        "FAILED": 1,
        "UNPROVEN": 2,
        "HARNESS": 3,
        "CONFIGURATION": 4,
        "ROLLBACK": 5,
    }
