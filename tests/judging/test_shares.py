"""Named checks, and shares below all of them."""

from __future__ import annotations

import pytest

from reports.evidence.record import Outcome
from reports.judging.policy import Objective
from reports.judging.result import Result
from tests.judging.samples import EXPECTED, check, checks, decide, line, policy, run

NO_EVIDENCE = Result.NO_EVIDENCE


def named(*names: str, criterion: str = ">= 100%") -> Objective:
    """An objective over these checks."""
    return Objective(id="named", title="Named", criterion=criterion, checks=names)


def test_named_checks_alone_are_judged() -> None:
    """What else failed, or is unknown, in the layer is no concern of the objective."""
    by = policy(objectives=(named("smoke.health", "smoke.list_products"),))
    records = (*checks(create_product=Outcome.FAIL), check("stranger"))
    result = line(decide(run(checks=records), policy=by), "named")
    assert (result.result, result.checks, result.passed) == (Result.PASS, 2, 2)
    assert result.items == ("SIT-SMOKE-01", "SIT-SMOKE-02")


def test_a_named_check_that_nobody_expects_is_no_evidence() -> None:
    """The list does not know it and no run recorded it."""
    by = policy(objectives=(named("smoke.nothing"),))
    result = line(decide(run(), policy=by), "named")
    assert result.result is NO_EVIDENCE
    assert [reason.check for reason in result.reasons] == ["smoke.nothing"]
    assert result.items == ()


@pytest.mark.parametrize("cases", [0, 1, 2])
def test_a_named_check_that_ran_and_is_not_listed_is_no_evidence(cases: int) -> None:
    """However many cases passed: nobody said how many there are. A failure is one all the same."""
    by = policy(objectives=(named("smoke.stranger"),))
    record = check("stranger", cases=cases)
    result = line(decide(run(checks=(*checks(), record)), policy=by), "named")
    assert [reason.why for reason in result.reasons] == [
        "it ran and suites/checks.tsv does not list it"
    ]
    failing = check("stranger", Outcome.FAIL, cases=cases)
    result = line(decide(run(checks=(*checks(), failing)), policy=by), "named")
    assert result.result is Result.FAIL


def test_named_checks_without_a_run() -> None:
    """The reason names the checks."""
    by = policy(objectives=(named("smoke.health", "smoke.create_product"),))
    result = line(decide(policy=by), "named")
    assert [reason.why for reason in result.reasons] == [
        "no run of smoke.health, smoke.create_product counts"
    ]


@pytest.mark.parametrize(
    ("criterion", "outcomes", "result", "headroom"),
    [
        (">= 66%", {"health": Outcome.FAIL}, Result.PASS, "0.66%"),
        ("> 66%", {"health": Outcome.FAIL}, Result.PASS, "0.66%"),
        (">= 67%", {"health": Outcome.FAIL}, Result.FAIL, "-0.34%"),
        (">= 1%", dict.fromkeys(("health", "list_products"), Outcome.FAIL), Result.PASS, "32.33%"),
        (">= 66%", {"health": Outcome.SKIPPED}, NO_EVIDENCE, "0.66%"),
        (
            ">= 66%",
            {"health": Outcome.FAIL, "list_products": Outcome.SKIPPED},
            NO_EVIDENCE,
            "-32.67%",
        ),
        (
            ">= 67%",
            {"health": Outcome.FAIL, "list_products": Outcome.SKIPPED},
            Result.FAIL,
            "-33.67%",
        ),
    ],
)
def test_a_share_below_all(
    criterion: str, outcomes: dict[str, Outcome], result: Result, headroom: str
) -> None:
    """What is missing never helps: fail once even its best could not save the share."""
    by = policy(objectives=(named(*(one.id for one in EXPECTED), criterion=criterion),))
    judged = line(decide(run(checks=checks(**outcomes)), policy=by), "named")
    assert (judged.result, judged.headroom) == (result, headroom)


def test_what_would_flip_a_pass_counts_what_failed_already() -> None:
    """One of three failed and at least a third must pass: the second failure flips it."""
    by = policy(objectives=(named(*(one.id for one in EXPECTED), criterion=">= 33%"),))
    judged = line(decide(run(checks=checks(health=Outcome.FAIL)), policy=by), "named")
    assert judged.flip == "2 more of 3 checks failing, or one without evidence"
    by = policy(objectives=(named(*(one.id for one in EXPECTED), criterion=">= 0.01%"),))
    judged = line(decide(run(), policy=by), "named")
    assert judged.flip == "3 more of 3 checks failing, or one without evidence"


def test_every_missing_check_lowers_the_value() -> None:
    """Two of three are missing: a third passed, not a half."""
    outcomes = dict.fromkeys(("health", "list_products"), Outcome.SKIPPED)
    assert line(decide(run(checks=checks(**outcomes)))).value == "33.33%"


def test_the_age_is_in_whole_seconds() -> None:
    """An hour and a half second is an hour."""
    assert line(decide(run(hours_ago=1 + 0.5 / 3600))).age_s == 3600
