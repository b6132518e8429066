"""Pass rates: what each expected check showed, and what that comes to."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from reports.evidence.record import CheckRecord, ExpectedCheck, Failure, Outcome
from reports.judging.decision import NotApplicable, ObjectiveResult, Reason
from reports.judging.result import Result
from tests.judging.samples import (
    EXPECTED,
    check,
    checks,
    decide,
    line,
    policy,
    run,
)

NO_EVIDENCE = Result.NO_EVIDENCE


def with_check(record: CheckRecord | None) -> tuple[CheckRecord, ...]:
    """All checks passing, but create_product as given, or not recorded at all."""
    others = [one for one in checks() if one.id != "smoke.create_product"]
    return (*others, *([record] if record else []))


def test_all_pass() -> None:
    """Every expected check passed: 100%, and the result says all there is to know."""
    result = line(decide(run()))
    assert result.result is Result.PASS
    assert (result.value, result.limit, result.headroom) == ("100%", ">= 100%", "0%")
    assert (result.checks, result.passed, result.observations) == (3, 3, 9)
    assert result.source == ("sha256:run-1",)
    assert result.age_s == 3600
    assert result.items == ("SIT-SUCCESS-02",)
    assert (result.reasons, result.more_reasons, result.notes) == ((), 0, ())
    assert result.not_applicable == ()
    assert result.flip == "1 more of 3 checks failing, or one without evidence"
    assert (result.id, result.title) == ("smoke", "All smoke checks pass")


def test_a_failure_is_told_in_full() -> None:
    """One check failed: fail, with the expectation, what came, the items and the request."""
    result = line(decide(run(checks=checks(create_product=Outcome.FAIL))))
    assert result.result is Result.FAIL
    assert (result.value, result.headroom) == ("66.66%", "-33.34%")
    assert (result.passed, result.observations) == (2, 9)
    assert result.reasons == (
        Reason(
            check="smoke.create_product",
            result=Result.FAIL,
            why="create answers 201",
            items=("SIT-SMOKE-03",),
            expectation="create answers 201",
            expected="201",
            actual="500",
            curl="curl -X POST http://127.0.0.1/v1.0/products",
        ),
    )
    assert result.flip == "a whole run of this build in which smoke.create_product passes"


def test_a_failure_without_details_is_a_failure() -> None:
    """The record says fail and nothing else."""
    bare = check("create_product", Outcome.FAIL, failure=None)
    reason = line(decide(run(checks=with_check(bare)))).reasons[0]
    assert (reason.result, reason.why, reason.expectation) == (Result.FAIL, "it failed", None)
    assert (reason.expected, reason.actual, reason.curl) == (None, None, None)
    told = replace(bare, reason="said so", failure=Failure(expectation="e", expected="", actual=""))
    assert line(decide(run(checks=with_check(told)))).reasons[0].why == "said so"


@pytest.mark.parametrize(
    ("record", "why"),
    [
        (None, "it did not run: not selected, not collected or not reached"),
        (check("create_product", Outcome.LOST), "it began and never reported"),
        (check("create_product", Outcome.SKIPPED), "it was skipped"),
        (
            check("create_product", Outcome.SKIPPED, reason="no time"),
            "it was skipped: no time",
        ),
        (check("create_product", Outcome.XFAILED), "it is marked as expected to fail"),
        (check("create_product", Outcome.UNSEEN), "it recorded no observation"),
        (check("create_product", observations=0), "it recorded no observation"),
        (check("create_product", cases=0), "0 of 1 cases ran"),
        (check("create_product", cases=2), "2 cases are recorded where there are 1"),
        (check("create_product", layer="sla"), "it is recorded for layer sla"),
        (
            check("create_product", Outcome.ERROR, reason="KeyError: 'x'"),
            "the harness itself failed: KeyError: 'x'",
        ),
        (
            check("create_product", Outcome.ERROR),
            "the harness itself failed: it did not say how",
        ),
        (
            check("create_product", Outcome.NOT_ASKED, capability="rehearse"),
            "it was not asked for",
        ),
        (
            check("create_product", Outcome.NOT_APPLICABLE),
            "says not why it is not applicable, which the environment does not declare absent",
        ),
        (
            check("create_product", Outcome.NOT_APPLICABLE, capability="vpc"),
            "needs vpc, which this policy does not accept as absent",
        ),
        (
            check("create_product", Outcome.NOT_APPLICABLE, capability="xray"),
            "needs xray, which the environment does not declare absent",
        ),
    ],
)
def test_what_was_not_shown_is_no_evidence(record: CheckRecord | None, why: str) -> None:
    """Whatever the reason that an expected check did not simply pass or fail: no evidence."""
    result = line(decide(run(checks=with_check(record))))
    assert result.result is NO_EVIDENCE
    assert result.reasons == (
        Reason(check="smoke.create_product", result=NO_EVIDENCE, why=why, items=("SIT-SMOKE-03",)),
    )
    assert (result.passed, result.checks, result.value) == (2, 3, "66.66%")


def test_every_outcome_is_decided() -> None:
    """No outcome but a pass passes, and only an accepted absence is left aside."""
    results = {
        outcome: line(decide(run(checks=checks(create_product=outcome)))).result
        for outcome in Outcome
    }
    assert {outcome for outcome, result in results.items() if result is Result.PASS} == {
        Outcome.PASS
    }
    assert {outcome for outcome, result in results.items() if result is Result.FAIL} == {
        Outcome.FAIL
    }


def test_an_accepted_absence_is_left_aside_and_shown() -> None:
    """The value is that of the rest, and the check stays visible."""
    absent = check("create_product", Outcome.NOT_APPLICABLE, capability="vpc", observations=0)
    by = policy(accept_not_applicable=("vpc",))
    result = line(decide(run(checks=with_check(absent)), policy=by))
    assert (result.result, result.value) == (Result.PASS, "100%")
    assert (result.passed, result.checks, result.observations) == (2, 3, 6)
    assert result.not_applicable == (
        NotApplicable(
            check="smoke.create_product",
            capability="vpc",
            accepted=True,
            items=("SIT-SMOKE-03",),
        ),
    )


def test_an_absence_that_is_not_accepted_is_shown_too() -> None:
    """It is no evidence, and stands in the list as not accepted."""
    absent = check("create_product", Outcome.NOT_APPLICABLE, capability="vpc")
    result = line(decide(run(checks=with_check(absent))))
    assert [one.accepted for one in result.not_applicable] == [False]


def test_accepting_what_the_environment_has_changes_nothing() -> None:
    """A policy accepts xray, the environment has it: a check that claims its absence is wrong."""
    absent = check("create_product", Outcome.NOT_APPLICABLE, capability="xray")
    by = policy(accept_not_applicable=("xray", "vpc"))
    assert line(decide(run(checks=with_check(absent)), policy=by)).result is NO_EVIDENCE


def test_when_nothing_applies_nothing_was_shown() -> None:
    """Every check is accepted as not applicable: no evidence, without a value."""
    absent = tuple(
        check(name.id.removeprefix("smoke."), Outcome.NOT_APPLICABLE, capability="vpc")
        for name in EXPECTED
    )
    result = line(decide(run(checks=absent), policy=policy(accept_not_applicable=("vpc",))))
    assert (result.result, result.value, result.headroom) == (NO_EVIDENCE, None, None)
    assert [reason.why for reason in result.reasons] == [
        "every check is not applicable, so nothing was shown"
    ]
    assert len(result.not_applicable) == 3
    assert result.flip == "a whole run of this build in which every check is seen"


def test_a_layer_without_checks_is_no_evidence() -> None:
    """Nothing is expected, so nothing can be shown: the opposite of a pass."""
    why = "layer smoke has no check yet"
    assert line(decide(run(), expected=())) == ObjectiveResult(
        id="smoke",
        title="All smoke checks pass",
        result=NO_EVIDENCE,
        value=None,
        limit=">= 100%",
        headroom=None,
        checks=0,
        passed=0,
        observations=0,
        source=(),
        age_s=None,
        items=("SIT-SUCCESS-02",),
        reasons=(Reason(check=None, result=NO_EVIDENCE, why=why),),
        more_reasons=0,
        not_applicable=(),
        notes=(),
        flip="checks that serve it, and a run of them",
    )


@pytest.mark.parametrize("runs", [(), (run(hours_ago=25),), (run(layers=("sla",)),)])
def test_without_a_run_that_counts_there_is_no_evidence(runs: tuple[Any, ...]) -> None:
    """No run, only an old one, or one of another layer."""
    result = line(decide(*runs))
    assert result.result is NO_EVIDENCE
    assert [reason.why for reason in result.reasons] == ["no run of layer smoke counts"]
    assert (result.checks, result.passed, result.headroom) == (3, 0, None)
    assert result.items == ("SIT-SUCCESS-02",)
    assert result.flip == "a whole run of this build in which every check passes"


def test_an_empty_run_is_no_evidence() -> None:
    """A run of the layer that recorded no check at all."""
    result = line(decide(run(checks=())))
    assert result.result is NO_EVIDENCE
    assert (result.value, result.passed, len(result.reasons)) == ("0%", 0, 3)


def test_fewer_cases_than_expected() -> None:
    """A parametrized check ran two of its three cases."""
    expected = (*EXPECTED[:2], replace(EXPECTED[2], cases=3))
    record = check("create_product", cases=2)
    result = line(decide(run(checks=with_check(record)), expected=expected))
    assert [reason.why for reason in result.reasons] == ["2 of 3 cases ran"]


def test_a_run_that_stopped_is_no_evidence() -> None:
    """All checks are there and passed, yet the run did not end as a run does."""
    result = line(decide(run(complete=False, stopped="interrupted")))
    assert result.result is NO_EVIDENCE
    assert [reason.why for reason in result.reasons] == ["the run stopped: interrupted"]
    assert [reason.check for reason in result.reasons] == [None]
    silent = line(decide(run(complete=False)))
    assert [reason.why for reason in silent.reasons] == ["the run stopped: not said why"]


def test_what_the_list_does_not_know_holds() -> None:
    """A check that ran in the layer and is not expected: never a pass, and a failure is one."""
    stranger = check("stranger", items=("SIT-SMOKE-09",))
    result = line(decide(run(checks=(*checks(), stranger))))
    assert result.result is NO_EVIDENCE
    assert result.reasons == (
        Reason(
            check="smoke.stranger",
            result=NO_EVIDENCE,
            why="it ran and suites/checks.tsv does not list it",
            items=("SIT-SMOKE-09",),
        ),
    )
    failing = check("stranger", Outcome.FAIL)
    assert line(decide(run(checks=(*checks(), failing)))).result is Result.FAIL
    broken = check("stranger", Outcome.ERROR, reason="KeyError")
    assert decide(run(checks=(*checks(), broken))).harness_error == "smoke.stranger: KeyError"


def test_strangers_of_other_layers_are_no_concern() -> None:
    """A run of two layers is judged for each by its own checks."""
    other = check("stranger", layer="sla", id="sla.stranger")
    both = run(layers=("smoke", "sla"), checks=(*checks(), other))
    assert line(decide(both)).result is Result.PASS


def test_failures_come_before_what_is_missing() -> None:
    """The first reason is the one that matters most."""
    outcomes = {"health": Outcome.SKIPPED, "create_product": Outcome.FAIL}
    result = line(decide(run(checks=checks(**outcomes))))
    assert [reason.check for reason in result.reasons] == ["smoke.create_product", "smoke.health"]


def test_reasons_are_bounded_and_counted() -> None:
    """A hundred missing checks: twenty are told, eighty counted; three named in the flip."""
    expected = tuple(
        ExpectedCheck(id=f"smoke.c{n:03}", layer="smoke", items=(f"X-{n:03}",), cases=1)
        for n in range(100)
    )
    result = line(decide(run(checks=()), expected=expected))
    assert (len(result.reasons), result.more_reasons) == (20, 80)
    assert result.flip == (
        "a whole run of this build in which smoke.c000, smoke.c001, smoke.c002 and 97 more pass"
    )
    four = line(decide(run(checks=()), expected=expected[:4])).flip
    assert four.endswith("smoke.c000, smoke.c001, smoke.c002 and 1 more pass")
    few = line(decide(run(checks=())))
    assert few.more_reasons == 0
    assert few.flip == (
        "a whole run of this build in which "
        "smoke.create_product, smoke.health, smoke.list_products pass"
    )
