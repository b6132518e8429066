"""The words of a judgement, which of them is worst, and the exit codes that say them."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum, StrEnum


class Result(StrEnum):
    """How one objective ended."""

    PASS = "pass"  # noqa: S105
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"
    NO_EVIDENCE = "no_evidence"


class Action(StrEnum):
    """What a pipeline may do after a gate."""

    PROMOTE = "promote"
    HOLD = "hold"
    ROLLBACK = "rollback"


class ExitCode(IntEnum):
    """Of ``gate`` and of pytest alike."""

    PROMOTE = 0
    FAILED = 1
    UNPROVEN = 2
    HARNESS = 3
    CONFIGURATION = 4
    ROLLBACK = 5


_WORST_FIRST = (Result.FAIL, Result.NO_EVIDENCE, Result.INCONCLUSIVE)


def worst(results: Iterable[Result]) -> Result:
    """fail > no_evidence = inconclusive > pass; of nothing at all, no_evidence."""
    seen = set(results)
    if not seen:
        return Result.NO_EVIDENCE
    return next((result for result in _WORST_FIRST if result in seen), Result.PASS)


def exit_code(verdict: Result, *, harness_failed: bool) -> ExitCode:
    """The exit code of a verdict; a harness that failed has nothing to say about the service."""
    if harness_failed:
        return ExitCode.HARNESS
    if verdict is Result.PASS:
        return ExitCode.PROMOTE
    return ExitCode.FAILED if verdict is Result.FAIL else ExitCode.UNPROVEN
