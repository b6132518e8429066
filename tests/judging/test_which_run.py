"""Several runs of one build: the latest whole one decides, and no failure can be hidden."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from reports.evidence.contents import Intent
from reports.evidence.record import Outcome
from reports.judging.result import Result
from tests.judging.samples import NOW, check, checks, decide, environment, line, policy, run

FAILING = checks(create_product=Outcome.FAIL)
WAIVER = policy(earlier_failures="need-waiver")


def test_the_latest_whole_run_decides() -> None:
    """A failure that a later whole run does not see is shown, and does not hold."""
    old, new = run("old", hours_ago=2, checks=FAILING), run("new")
    for order in ((old, new), (new, old)):
        result = line(decide(*order))
        assert result.result is Result.PASS
        assert result.source == ("sha256:new",)
        assert result.notes == (
            "smoke.create_product failed earlier, in run old of 2026-01-21T10:00:00+00:00",
        )


def test_a_later_failure_is_not_outvoted() -> None:
    """Two passes and then a failure: fail."""
    runs = (run("a", hours_ago=3), run("b", hours_ago=2), run("c", checks=FAILING))
    assert line(decide(*runs)).result is Result.FAIL


def test_a_clock_ahead_of_ours_outvotes_nothing() -> None:
    """A pass that ends in the future, and a failure now: the pass proves nothing."""
    ahead = run("ahead", hours_ago=-0.05)
    assert decide(ahead, run("now", hours_ago=0, checks=FAILING)).verdict is Result.NO_EVIDENCE
    assert decide(ahead).verdict is Result.NO_EVIDENCE


def test_an_earlier_failure_may_need_a_waiver() -> None:
    """Where the policy says so, a pass after a failure is not enough."""
    decision = decide(run("old", hours_ago=2, checks=FAILING), run("new"), policy=WAIVER)
    result = line(decision)
    assert result.result is Result.NO_EVIDENCE
    assert len(result.reasons) == 1
    assert result.reasons[0].why == (
        "smoke.create_product failed earlier, in run old of 2026-01-21T10:00:00+00:00: "
        "this gate needs a waiver for that"
    )
    assert decision.exit_code == 2
    assert line(decide(run("old", hours_ago=2), run("new"), policy=WAIVER)).result is Result.PASS


def test_what_failed_in_other_checks_is_no_earlier_failure() -> None:
    """Only the objective's own checks, and only failures, are noted."""
    old = run(
        "old",
        hours_ago=2,
        checks=(*checks(health=Outcome.SKIPPED), check("gone", Outcome.FAIL)),
    )
    assert line(decide(old, run("new"))).notes == ()


def test_a_partial_run_does_not_replace_a_whole_one() -> None:
    """A later run of one check that passes changes nothing; it is named as a source."""
    result = line(decide(run("whole", hours_ago=2), run("part", checks=(check("health"),))))
    assert result.result is Result.PASS
    assert result.source == ("sha256:whole", "sha256:part")
    assert result.age_s == 7200


@pytest.mark.parametrize("complete", [True, False])
def test_a_partial_run_cannot_hide_a_failure(complete: bool) -> None:
    """A later run that stops at a failure, or ran that check alone: the failure counts."""
    part = run("part", checks=(check("create_product", Outcome.FAIL),), complete=complete)
    decision = decide(run("whole", hours_ago=2), part)
    assert line(decision).result is Result.FAIL
    assert [reason.check for reason in line(decision).reasons] == ["smoke.create_product"]


def test_an_error_in_a_partial_run_is_the_harness_failing() -> None:
    """The error counts as well."""
    part = run("part", checks=(check("health", Outcome.ERROR, reason="KeyError"),))
    decision = decide(run("whole", hours_ago=2), part)
    assert (decision.harness_error, decision.exit_code) == ("smoke.health: KeyError", 3)


@pytest.mark.parametrize("outcome", [Outcome.SKIPPED, Outcome.LOST, Outcome.UNSEEN])
def test_a_partial_run_takes_nothing_away(outcome: Outcome) -> None:
    """What a partial run did not show, the whole one did."""
    part = run("part", checks=(check("health", outcome),))
    assert line(decide(run("whole", hours_ago=2), part)).result is Result.PASS


def test_a_whole_run_after_a_partial_failure_decides() -> None:
    """The failure of the partial run is then an earlier one, and shown."""
    part = run("part", hours_ago=2, checks=(check("health", Outcome.FAIL),))
    result = line(decide(run("old", hours_ago=3), part, run("new")))
    assert result.result is Result.PASS
    assert result.source == ("sha256:new",)
    assert len(result.notes) == 1


def test_partial_runs_do_not_add_up() -> None:
    """Without a whole run the last one decides, and what it lacks is no evidence."""
    one = run("one", hours_ago=2, checks=(check("health"), check("list_products")))
    two = run("two", checks=(check("create_product"),))
    result = line(decide(one, two))
    assert result.result is Result.NO_EVIDENCE
    assert result.source == ("sha256:two",)
    assert {reason.check for reason in result.reasons} == {"smoke.health", "smoke.list_products"}


def test_a_run_that_stopped_is_not_whole() -> None:
    """It recorded every check, yet an older run that ended decides."""
    result = line(decide(run("whole", hours_ago=2), run("stopped", complete=False)))
    assert result.result is Result.PASS
    assert result.source == ("sha256:whole", "sha256:stopped")


def test_runs_of_other_layers_are_not_looked_at() -> None:
    """A later run of another layer neither decides nor is a source."""
    other = run("other", layers=("sla",), checks=())
    result = line(decide(run("smoke", hours_ago=2), other))
    assert result.source == ("sha256:smoke",)


ABORTED = Intent(
    run_id="gone",
    layers=("smoke",),
    environment="sit",
    build="1.0.0",
    started=NOW - timedelta(hours=3),
)


@pytest.mark.parametrize(
    ("intent", "shown"),
    [
        (ABORTED, True),
        (replace(ABORTED, build=None), True),
        (replace(ABORTED, build="v1.0.0-sit"), True),
        (replace(ABORTED, layers=("sla", "smoke")), True),
        (replace(ABORTED, started=NOW - timedelta(hours=24)), True),
        (replace(ABORTED, started=NOW.replace(tzinfo=None)), True),
        (replace(ABORTED, build="1.0.1"), False),
        (replace(ABORTED, environment="dev"), False),
        (replace(ABORTED, layers=("sla",)), False),
        (replace(ABORTED, started=NOW - timedelta(hours=24, seconds=1)), False),
    ],
)
def test_an_aborted_run_is_seen(intent: Intent, shown: bool) -> None:
    """A run that began and never finished is shown where it might have been evidence."""
    decision = decide(run(), aborted=(intent,))
    said = f"run gone began at {intent.started.isoformat()} and did not finish"
    assert line(decision).notes == ((said,) if shown else ())
    assert line(decision).result is Result.PASS
    assert decision.inputs.aborted == (intent,)
    strict = line(decide(run(), aborted=(intent,), policy=WAIVER))
    assert strict.result is (Result.NO_EVIDENCE if shown else Result.PASS)


def test_an_aborted_run_of_another_environments_tag_is_seen() -> None:
    """The suffix of the policy's own environment is no part of either version."""
    by = policy(environment="qa")
    for intended, asked in (("1.0.0-qa", "1.0.0"), ("1.0.0", "v1.0.0-qa")):
        intent = replace(ABORTED, environment="qa", build=intended)
        record = run(environment=environment(name="qa"))
        decision = decide(record, policy=by, build=asked, aborted=(intent,))
        assert len(line(decision).notes) == 1


def test_an_aborted_run_of_a_build_not_asked_for_is_seen_without_one() -> None:
    """Without a build there is no wrong one."""
    by = policy(gate=None, accept_self_reported=True)
    decision = decide(run(), aborted=(replace(ABORTED, build="7"),), build=None, policy=by)
    assert len(line(decision).notes) == 1
