"""Rehearsals: what makes one, what it leaves out, and that no gate takes it for real."""

from __future__ import annotations

from typing import Any

import pytest

from reports.evidence.record import Outcome
from reports.judging.decision import LeftOut, NotCounted
from reports.judging.policy import Objective, Overlay, layer_policy
from tests.judging.samples import check, checks, decide, environment, line, policy, run, subject

FAILING = checks(create_product=Outcome.FAIL)
LAYERS = layer_policy(["smoke"], "sit", ["vpc"])


def test_rehearsal_evidence_is_named_and_refused() -> None:
    """A gate outside a rehearsal lists the run and says why it is none."""
    decision = decide(run(rehearsal=("--base-url given",)))
    why = "a rehearsal (--base-url given), which this gate refuses"
    assert decision.not_counted == (NotCounted(digest="sha256:run-1", run_id="run-1", why=why),)
    assert [one.why for one in line(decision, "subject").reasons] == [f"run run-1: {why}"]
    assert decision.rehearsal == ()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, ("--rehearsal",)),
        ({"rehearsal": ("a", "b")}, ("--rehearsal", "a", "b")),
        ({"rehearsal": ("a",), "fault": "f"}, ("--rehearsal", "a", "fault f")),
    ],
)
def test_an_overlay_makes_a_rehearsal(changes: dict[str, Any], said: tuple[str, ...]) -> None:
    """The decision says that it is one, and why, whatever the evidence was."""
    decision = decide(run(**changes), overlay=Overlay())
    assert decision.rehearsal == said
    assert decision.exit_code == 0


def test_a_run_without_a_gate_says_that_it_was_a_rehearsal() -> None:
    """By where it ran and by its fault; each reason once; a real one says nothing."""
    runs = (
        run("a", hours_ago=2, rehearsal=("x",)),
        run("b", checks=(check("health"),), rehearsal=("x",), fault="f"),
    )
    assert decide(*runs, policy=LAYERS, build=None).rehearsal == ("x", "fault f")
    assert decide(run(), policy=LAYERS, build=None).rehearsal == ()


def test_an_overlay_leaves_out_with_a_reason() -> None:
    """What is left out is not judged, is listed, and the rest decides."""
    by = policy(
        objectives=(
            *policy().objectives,
            Objective(id="sla", title="SLA", criterion=">= 100%", layer="sla", items=("X-01",)),
        )
    )
    assert decide(run(), policy=by).exit_code == 2
    decision = decide(run(), policy=by, overlay=Overlay(leave_out={"sla": "no time"}))
    assert decision.left_out == (LeftOut(id="sla", title="SLA", why="no time", items=("X-01",)),)
    assert [one.id for one in decision.objectives] == ["subject", "smoke"]
    assert decision.exit_code == 0


def test_an_overlay_accepts_absences_besides_the_policy() -> None:
    """Both lists hold in a rehearsal."""
    absent = (
        check("health"),
        check("list_products", Outcome.NOT_APPLICABLE, capability="vpc"),
        check("create_product", Outcome.NOT_APPLICABLE, capability="writes"),
    )
    record = run(checks=absent, environment=environment(absent=("vpc", "writes")))
    by = policy(accept_not_applicable=("vpc",))
    assert decide(record, policy=by).exit_code == 2
    overlay = Overlay(accept_not_applicable=("writes",))
    assert decide(record, policy=by, overlay=overlay).exit_code == 0


def test_a_rehearsal_without_a_build_takes_what_answered() -> None:
    """Nothing told which build: failures count, passes do not, and no version is made up."""
    silent = subject(version=None, version_after=None, build=None)
    passing = decide(run(subject=silent), build=None, overlay=Overlay())
    assert (passing.exit_code, passing.build) == (2, None)
    failing = decide(run(subject=silent, checks=FAILING), build=None, overlay=Overlay())
    assert failing.exit_code == 1
    assert failing.sentence.startswith("HOLD  a-gate on sit: smoke.create_product")
