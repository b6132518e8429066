"""From evidence and policy to a decision, by table."""

from __future__ import annotations

import pytest

from reports.evidence.contents import Refused
from reports.evidence.digest import canonical
from reports.evidence.record import Outcome, RunRecord
from reports.judging.decision import SCHEMA, ObjectiveResult, Reason
from reports.judging.judge import judge
from reports.judging.policy import Objective, layer_policy
from reports.judging.result import Action, Result
from tests.judging.samples import (
    BUILD,
    EXPECTED,
    NOW,
    check,
    checks,
    decide,
    environment,
    line,
    policy,
    run,
    subject,
)

FAILING = checks(create_product=Outcome.FAIL)
BROKEN = checks(create_product=Outcome.ERROR)
LAYERS = layer_policy(["smoke"], "sit", ["vpc"])


@pytest.mark.parametrize(
    ("runs", "verdict", "code"),
    [
        ((run(),), "pass", 0),
        ((run(checks=FAILING),), "fail", 1),
        ((run(checks=checks(health=Outcome.SKIPPED)),), "no_evidence", 2),
        ((run(checks=checks(health=Outcome.XFAILED)),), "no_evidence", 2),
        ((run(checks=checks()[1:]),), "no_evidence", 2),
        ((run(checks=()),), "no_evidence", 2),
        ((), "no_evidence", 2),
        ((run(hours_ago=25),), "no_evidence", 2),
        ((run(environment=environment(name="dev")),), "no_evidence", 2),
        ((run(subject=subject(version="2", version_after="2")),), "no_evidence", 2),
        ((run(subject=subject(version_after="2")),), "no_evidence", 2),
        ((run(subject=subject(binding="self-reported")),), "no_evidence", 2),
        ((run(subject=subject(version=None, version_after=None)),), "no_evidence", 2),
        (
            (run(checks=FAILING, subject=subject(version=None, version_after=None)),),
            "fail",
            1,
        ),
        ((run(checks=FAILING, subject=subject(binding="self-reported")),), "fail", 1),
        ((run(rehearsal=("x",)),), "no_evidence", 2),
        ((run(fault="x"),), "no_evidence", 2),
        ((run(rehearsal=("x",), checks=FAILING),), "no_evidence", 2),
        ((run(checks=(check("health", duration_s=float("nan")),)),), "no_evidence", 2),
        ((run(), run()), "no_evidence", 2),
        ((run(checks=BROKEN),), "no_evidence", 3),
        (
            (run(checks=checks(health=Outcome.FAIL, create_product=Outcome.ERROR)),),
            "fail",
            3,
        ),
    ],
)
def test_a_gate_by_table(runs: tuple[RunRecord, ...], verdict: str, code: int) -> None:
    """Only a whole, young, real run of this build in which everything passed promotes."""
    decision = decide(*runs)
    assert (decision.verdict.value, decision.exit_code) == (verdict, code)
    assert decision.decision is (Action.PROMOTE if code == 0 else Action.HOLD)


@pytest.mark.parametrize(
    ("runs", "verdict", "code"),
    [
        ((run(rehearsal=("the embedded stack",)),), "pass", 0),
        ((run(subject=subject(binding="self-reported", build=None)),), "pass", 0),
        ((run(checks=FAILING, fault="x"),), "fail", 1),
        ((run(checks=BROKEN),), "no_evidence", 3),
        ((), "no_evidence", 2),
        ((run(subject=subject(version_after="2")),), "no_evidence", 2),
        ((run(subject=subject(version=None, version_after=None)),), "no_evidence", 2),
        ((run(checks=checks()[1:]),), "no_evidence", 2),
    ],
)
def test_layers_by_table(runs: tuple[RunRecord, ...], verdict: str, code: int) -> None:
    """Without a gate the same rules hold, rehearsals count, and nothing is asked to move."""
    decision = decide(*runs, policy=LAYERS, build=None)
    assert (decision.verdict.value, decision.exit_code) == (verdict, code)
    assert decision.decision is None
    assert decision.gate is None


def test_the_record_of_a_promotion() -> None:
    """Everything the decision was made from stands in it."""
    decision = decide(run("b"), run("a", hours_ago=2), build="v1.0.0-sit")
    assert decision.schema == SCHEMA == "promotion-gate/decision/1"
    assert (decision.gate, decision.title, decision.environment) == ("a-gate", "A gate", "sit")
    assert decision.layers == ("smoke",)
    assert decision.build == "1.0.0"
    assert decision.rehearsal == ()
    assert decision.harness_error is None
    assert decision.inputs.runs == ("sha256:b", "sha256:a")
    assert decision.inputs.policy == ("sha256:policy",)
    assert decision.inputs.checks == "sha256:checks"
    assert (decision.inputs.aborted, decision.inputs.refused) == ((), ())
    assert decision.decided_at == NOW
    assert (decision.left_out, decision.not_counted) == ((), ())
    assert [one.id for one in decision.objectives] == ["subject", "smoke"]


def test_the_same_arguments_give_the_same_bytes() -> None:
    """Twice the same question: the same record, byte for byte."""
    runs = (run("a", hours_ago=2, checks=FAILING), run("b"))
    assert canonical(decide(*runs)) == canonical(decide(*runs))


def test_a_gate_needs_a_build() -> None:
    """A gate decides about one build; the caller that names none is wrong."""
    with pytest.raises(ValueError, match=r"^a gate decides about one build: none was given$"):
        decide(run(), build=None)


def test_the_suffix_of_a_build_is_that_of_the_gates_environment() -> None:
    """The decision names the build without it."""
    assert decide(policy=policy(environment="qa"), build="v1.0.0-qa").build == "1.0.0"


def test_the_worst_objective_decides() -> None:
    """One passes, one fails, one lacks evidence: the gate fails."""
    by = policy(
        objectives=(
            Objective(id="one", title="1", criterion=">= 100%", checks=("smoke.health",)),
            Objective(id="two", title="2", criterion=">= 100%", layer="sla"),
            Objective(id="three", title="3", criterion=">= 100%", layer="smoke"),
        )
    )
    decision = decide(run(checks=FAILING), policy=by)
    assert [one.result.value for one in decision.objectives] == [
        "pass",
        "pass",
        "no_evidence",
        "fail",
    ]
    assert decision.verdict is Result.FAIL
    assert decision.layers == ("sla", "smoke")


def test_what_cannot_be_read_holds_the_gate() -> None:
    """A foreign file in the store may hide a failure: no evidence, and it is named."""
    refused = (Refused(file="runs/notes.txt", why="not named by a digest"),)
    decision = decide(run(), refused=refused)
    evidence = line(decision, "evidence")
    assert (decision.verdict, decision.exit_code) == (Result.NO_EVIDENCE, 2)
    why = "runs/notes.txt: not named by a digest"
    assert evidence == ObjectiveResult(
        id="evidence",
        title="All evidence can be read",
        result=Result.NO_EVIDENCE,
        value=None,
        limit="holds",
        headroom=None,
        checks=0,
        passed=0,
        observations=0,
        source=(),
        age_s=None,
        items=(),
        reasons=(Reason(check=None, result=Result.NO_EVIDENCE, why=why),),
        more_reasons=0,
        not_applicable=(),
        notes=(),
        flip="its removal",
    )
    assert decision.inputs.refused == refused
    assert decision.objectives[0] is evidence


def test_a_malformed_run_beside_a_good_one_holds_the_gate() -> None:
    """It is listed first among what does not count."""
    broken = run("broken", checks=(check("health", duration_s=float("inf")),))
    decision = decide(run("good"), broken, run("old", hours_ago=30))
    assert [one.run_id for one in decision.not_counted] == ["broken", "old"]
    why = "malformed: smoke.health took inf s"
    assert decision.not_counted[0].why == why
    assert [one.why for one in line(decision, "evidence").reasons] == [f"run broken: {why}"]
    assert decision.exit_code == 2


def test_reasons_of_the_lines_are_bounded() -> None:
    """Thirty unreadable files: twenty are told, ten counted."""
    refused = tuple(Refused(file=f"runs/{n}", why="foreign") for n in range(30))
    evidence = line(decide(run(), refused=refused), "evidence")
    assert (len(evidence.reasons), evidence.more_reasons) == (20, 10)
    few = line(decide(run(), refused=refused[:20]), "evidence")
    assert (len(few.reasons), few.more_reasons) == (20, 0)


def test_an_error_of_the_harness_is_named_and_never_promotes() -> None:
    """Even where most of it may fail: exit 3, hold, and the first check that broke."""
    by = policy(
        objectives=(
            Objective(id="health", title="t", criterion=">= 1%", checks=("smoke.create_product",)),
            Objective(id="smoke", title="t", criterion=">= 1%", layer="smoke"),
        )
    )
    records = checks(health=Outcome.FAIL, create_product=Outcome.ERROR)
    decision = decide(run(checks=records), policy=by)
    assert decision.harness_error == "smoke.create_product: it did not say how"
    assert (decision.exit_code, decision.decision) == (3, Action.HOLD)


def test_the_judge_takes_only_what_it_is_given() -> None:
    """No store, no file, no clock: plain records in, a record out."""
    decision = judge(
        policy(),
        None,
        (),
        EXPECTED,
        policy_digests=(),
        checks_digest="",
        build=BUILD,
        now=NOW,
    )
    assert decision.exit_code == 2
