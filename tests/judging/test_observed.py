"""Looks at production: shares at any time, and time without a gap."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from reports.evidence.observation import Count, Observation, Serving
from reports.evidence.record import Outcome, RunRecord
from reports.judging.admission import SEVERAL
from reports.judging.decision import Decision, ObjectiveResult
from reports.judging.policy import Objective
from reports.judging.result import Action, Result
from tests.judging.samples import BUILD, NOW, check, environment, line, policy, run, subject
from tests.judging.samples import decide as decide_sit

OLD = "0.9.0"


def share(criterion: str = "< 0.1%", **changes: Any) -> Objective:
    """A share of what failed, of the build's own version."""
    return Objective(
        id="share",
        title="Few fail",
        indicator="observed_share",
        criterion=criterion,
        **{"counts": "failed", **changes},
    )


def watched(criterion: str = ">= 72h", **changes: Any) -> Objective:
    """How long somebody looked."""
    return Objective(
        id="watched",
        title="Watched",
        indicator="observed_time",
        criterion=criterion,
        **{"gap": "10m", **changes},
    )


def count(bad: int, total: int, version: str | None = "8", name: str = "failed") -> Count:
    """Counted by the platform."""
    return Count(name=name, version=version, bad=bad, total=total, source="AWS/Lambda Errors")


def window(
    hours_ago: float, *counts: Count, minutes: float = 30, weight: float = 1.0
) -> Observation:
    """One that ended ``hours_ago``, while the build had this share of the requests."""
    ended = NOW - timedelta(hours=hours_ago)
    own = Serving(version="8", build=BUILD, code_digest=None, weight=weight)
    other = Serving(version="7", build=OLD, code_digest=None, weight=1 - weight)
    return Observation(
        started=ended - timedelta(minutes=minutes),
        ended=ended,
        serving=(own,) if weight == 1 else (other, own),
        counts=counts,
    )


def look(at: Observation, number: int = 0, **changes: Any) -> RunRecord:
    """The run that saw it."""
    made = run(f"run-{number}", checks=(), layers=("sla",), environment=environment(), **changes)
    return replace(
        made, observations=(at,), started=at.ended - timedelta(seconds=5), ended=at.ended
    )


def decide(*windows: Observation, of: Objective, subject: str = "deployed") -> Decision:
    """The decision of a gate with that one objective."""
    gate = policy(objectives=(of,), subject=subject, max_age="9d")
    return decide_sit(*(look(one, n) for n, one in enumerate(windows)), policy=gate)


def told(*windows: Observation, of: Objective) -> ObjectiveResult:
    """Its line."""
    return line(decide(*windows, of=of), of.id)


def test_a_share_is_pooled_over_all_looks() -> None:
    """Two halves of what one look needs; the interval and the source are told."""
    half = count(0, 6000)
    assert told(window(2, half), of=share()).result is Result.INCONCLUSIVE
    line = told(window(2, half), window(1, half), of=share())
    assert line.result is Result.PASS
    assert (line.n, line.over, line.value, line.low) == (12000, 0, "0%", "0%")
    assert line.high is not None
    assert float(line.high.removesuffix("%")) < 0.1
    assert "counted by AWS/Lambda Errors" in line.notes
    assert line.observations == 2


def test_a_bound_beyond_the_limit_stays() -> None:
    """A build that failed once for good does not come back by better hours."""
    bad = window(3, count(100, 1000))
    assert told(bad, of=share("<= 5%")).result is Result.FAIL
    assert told(bad, window(1, count(0, 500)), of=share("<= 5%")).result is Result.FAIL


def test_a_share_of_what_is_good() -> None:
    """A hit ratio of more than 80% is fewer than 20% of misses."""
    over = told(window(1, count(150, 1000)), of=share("> 80%"))
    assert (over.result, over.value) == (Result.PASS, "85%")
    assert told(window(1, count(300, 1000)), of=share("> 80%")).result is Result.FAIL
    assert told(window(1, count(200, 1000)), of=share("> 80%")).result is Result.INCONCLUSIVE


def test_the_other_version_is_another_matter() -> None:
    """What the old version does wrong is not the new one's fault, nor to its credit."""
    counts = (count(500, 1000, version="7"), count(0, 1000))
    assert told(window(1, *counts, weight=0.1), of=share("<= 5%")).result is Result.PASS
    every = (count(0, 1000), count(300, 2000, version=None))
    assert told(window(1, *every), of=share("<= 5%", of="all")).result is Result.FAIL


@pytest.mark.parametrize(
    ("windows", "why"),
    [
        ((), "no window of the build was observed"),
        ((window(1),), "nothing counts failed of the build's own version"),
        ((window(1, count(0, 0)),), "nothing counts failed"),
        ((window(2), window(1, count(0, 9000))), "in 1 of 2 windows"),
        ((window(1, count(0, 9000, name="other")),), "nothing counts failed"),
        ((window(1, count(5, 3)),), "a count of failed is none"),
        ((window(1, count(0, 9000, version="7")),), "nothing counts failed"),
    ],
)
def test_nothing_counted_is_no_evidence(windows: tuple[Observation, ...], why: str) -> None:
    """Also where one of several looks did not count it."""
    line = told(*windows, of=share())
    assert line.result is Result.NO_EVIDENCE
    assert why in line.reasons[0].why


def test_a_minimum_holds_what_would_pass() -> None:
    """And does not hold back a failure."""
    of = share("<= 5%", minimum=2000)
    assert told(window(1, count(0, 1999)), of=of).result is Result.INCONCLUSIVE
    assert told(window(1, count(0, 2000)), of=of).result is Result.PASS
    assert told(window(1, count(500, 1000)), of=of).result is Result.FAIL


def test_windows_that_overlap_count_once() -> None:
    """The one that began first; two runs that look at the same half hour are no more than one."""
    line = told(window(1, count(0, 6000)), window(0.9, count(0, 6000)), of=share())
    assert (line.n, line.result) == (6000, Result.INCONCLUSIVE)


@pytest.mark.parametrize("of", [share("<= 5%"), share("<= 5%", rollback=True)])
@pytest.mark.parametrize(
    "late",
    [
        window(0.51, count(1000, 1000)),  # begins 36 seconds before the one before has ended
        replace(window(0.5, count(1000, 1000)), started=window(1).started),  # both since a shift
    ],
)
def test_a_window_that_overlaps_can_fail(of: Objective, late: Observation) -> None:
    """It is not pooled, and what it saw is not lost: the line has its numbers."""
    line = told(window(1, count(0, 90000)), late, of=of)
    assert (line.result, line.n, line.over) == (Result.FAIL, 1000, 1000)
    assert "1000 of 1000 failed" in line.reasons[0].why


def test_a_second_version_of_the_build_can_fail() -> None:
    """Whoever deploys one build twice has two versions to answer for."""
    parts = [Serving(version=n, build=BUILD, code_digest=None, weight=0.5) for n in ("8", "9")]
    counts = (count(0, 1000), count(1000, 1000, version="9"))
    at = replace(window(1, *counts), serving=tuple(parts))
    assert line(decide(at, of=share("<= 5%"), subject="mixed"), "share").result is Result.FAIL


def test_both_versions_of_the_build_are_pooled() -> None:
    """Old code under the build's name does not stand for the new; what is alike is not taken."""
    parts = [Serving(version=n, build=BUILD, code_digest=None, weight=0.5) for n in ("8", "9")]
    looks = []
    for n in range(12):
        at = window(n / 2, count(0, 30), count(6, 30, version="9"))
        looks.append(replace(at, serving=tuple(parts)))
    decision = decide(*looks, of=share("<= 5%", rollback=True), subject="mixed")
    assert (line(decision, "share").n, line(decision, "share").over) == (720, 72)
    assert decision.decision is Action.ROLLBACK
    calm = [replace(window(1, count(0, 900)), serving=tuple(parts))]
    held = decide(*calm, of=share("<= 5%"), subject="mixed")
    assert held.decision is Action.HOLD
    assert "call themselves 1.0.0" in line(held, "subject").reasons[0].why


def test_the_windows_of_a_canary_hold_no_later_gate() -> None:
    """Health named one of two versions; the windows tell them apart, whatever it said."""
    canary = look(window(2, count(0, 9000), weight=0.5), 0, subject=subject(binding=SEVERAL))
    after = look(window(1, count(0, 9000)), 1)
    gate = policy(objectives=(share("<= 5%"),))
    assert decide_sit(canary, after, policy=gate).decision is Action.PROMOTE


def test_a_failed_check_fires_without_a_window() -> None:
    """The look was not settled, so nothing tells the versions apart; what is wrong is wrong."""
    trigger = Objective(
        id="corruption",
        title="None",
        checks=("smoke.health",),
        criterion=">= 100%",
        rollback=True,
    )
    gate = policy(objectives=(trigger,), subject="mixed")
    good = replace(look(window(1)), layers=("smoke",), checks=(check("health"),))
    bad = run("run-1", hours_ago=0.5, checks=(check("health", Outcome.FAIL),))
    decision = decide_sit(good, bad, policy=gate)
    assert (decision.decision, decision.fired) == (Action.ROLLBACK, ("corruption",))
    calm = run("run-1", hours_ago=0.5, checks=(check("health"),))
    assert decide_sit(good, calm, policy=gate).decision is Action.HOLD
    again = replace(look(window(0.1), 2), layers=("smoke",), checks=(check("health"),))
    assert decide_sit(good, calm, again, policy=gate).decision is Action.PROMOTE


def test_better_hours_before_do_not_dilute_a_trigger() -> None:
    """Of a soak's last half hour every second request fails: half a percent of all of them."""
    looks = [window(n / 2, count(0, 5000)) for n in range(1, 100)]
    bad = window(0, count(2500, 5000))
    line = told(*looks, bad, of=share("<= 5%", rollback=True))
    assert (line.result, line.value) == (Result.FAIL, "50%")
    assert f"from {bad.started.isoformat(timespec='minutes')}" in line.reasons[0].why
    assert told(*looks, bad, of=share("<= 5%")).result is Result.PASS


def test_many_looks_at_the_limit_fire_nothing() -> None:
    """The error is shared among the windows that are judged alone, too."""
    looks = [window(n / 2, count(55 if n % 2 else 45, 1000)) for n in range(144)]
    assert told(*looks, of=share("<= 5%", rollback=True)).result is Result.INCONCLUSIVE


@pytest.mark.parametrize(
    ("other", "result"),
    [
        (window(2.5), Result.NO_EVIDENCE),
        (window(2.5, count(5, 3)), Result.NO_EVIDENCE),
        (window(2.5, count(0, 500, version="7"), weight=0.5), Result.NO_EVIDENCE),
        (window(2.5, count(0, 0)), Result.PASS),  # it was counted, and there was none
    ],
)
def test_what_is_missing_mutes_no_failure(other: Observation, result: Result) -> None:
    """Two thousand of four thousand failed, whatever another look has not counted."""
    bad = count(1000, 2000)
    for of in (share("<= 5%"), share("<= 5%", rollback=True)):
        looks = [look(at, n) for n, at in enumerate((window(3, bad), other, window(2, bad)))]
        failed = decide_sit(*looks, policy=policy(objectives=(of,), subject="mixed", max_age="9d"))
        assert line(failed, "share").result is Result.FAIL
    looks = [look(at, n) for n, at in enumerate((window(3, count(0, 9000)), other))]
    good = decide_sit(*looks, policy=policy(objectives=(share("<= 5%"),), subject="mixed"))
    assert line(good, "share").result is result


def test_good_looks_are_no_bound_on_worse_ones() -> None:
    """No pass with a value beyond the limit, and none held back for having been better before."""
    clean = window(5, count(0, 60000))
    worse = told(clean, window(4, count(110, 15000)), of=share())
    assert (worse.result, worse.value) == (Result.INCONCLUSIVE, "0.1467%")
    assert worse.low is not None
    assert worse.high is not None
    assert float(worse.low.rstrip("%")) < 0.1467 < float(worse.high.rstrip("%"))
    within = told(clean, *(window(n / 2, count(25, 50000)) for n in range(8)), of=share())
    assert (within.result, within.value) == (Result.PASS, "0.0435%")


def test_time_without_a_gap() -> None:
    """Half hours up to the latest look, a gap of ten minutes at most between two."""
    looks = [window(n / 2) for n in range(144)]
    line = told(*looks, of=watched())
    assert (line.result, line.value, line.headroom) == (Result.PASS, "72h00m", "0m")
    assert told(*looks[:-1], of=watched()).result is Result.NO_EVIDENCE
    late = [window(n / 2 + (0.15 if n > 70 else 0)) for n in range(144)]
    assert told(*late, of=watched()).result is Result.PASS
    gone = [window(n / 2 + (0.2 if n > 70 else 0)) for n in range(144)]
    line = told(*gone, of=watched())
    assert (line.result, line.value) == (Result.NO_EVIDENCE, "35h30m")
    assert "nobody looked from" in line.reasons[0].why
    # A scheduler that is late now and then: windows overlap, and nothing is unseen.
    jitter = [window(n / 2 - (0.1 if n % 2 else 0), minutes=36) for n in range(145)]
    assert told(*jitter, of=watched()).result is Result.PASS


def test_steps_of_a_shift_of_traffic() -> None:
    """A later step is asked for when it is reached, an earlier one stays asked for."""
    first = replace(watched(">= 15m", weight=0.1), id="step-10")
    second = replace(watched(">= 30m", weight=0.5), id="step-50")
    gate = policy(objectives=(first, second), subject="mixed")
    ten, fifty = window(1, minutes=15, weight=0.1), window(0.1, minutes=30, weight=0.5)
    begun = decide_sit(look(ten), policy=gate)
    assert [(one.id, one.ahead) for one in begun.left_out] == [("step-50", True)]
    assert begun.decision is Action.PROMOTE
    assert decide_sit(look(ten), look(fifty, 1), policy=gate).decision is Action.PROMOTE
    skipped = decide_sit(look(fifty, 1), policy=gate)
    assert line(skipped, "step-10").result is Result.NO_EVIDENCE
    nothing = decide_sit(policy=gate)
    assert line(nothing, "step-10").result is Result.NO_EVIDENCE


def test_a_trigger_rolls_back() -> None:
    """Exit 5, whatever else is missing; and the sentence says which."""
    trigger = replace(share("<= 5%", rollback=True), id="trigger-error-rate")
    gate = policy(objectives=(watched(), trigger), subject="mixed")
    decision = decide_sit(look(window(1, count(100, 1000), weight=0.1)), policy=gate)
    assert (decision.decision, decision.exit_code) == (Action.ROLLBACK, 5)
    assert decision.fired == ("trigger-error-rate",)
    assert decision.sentence.startswith("ROLLBACK  a-gate on sit, build 1.0.0: trigger-error-rate")
    calm = decide_sit(look(window(1, count(40, 1000), weight=0.1)), policy=gate)
    assert calm.decision is Action.HOLD


@pytest.mark.parametrize(
    ("serving", "why"),
    [
        ((), "no version answered, not 1.0.0"),
        ((("7", OLD),), "0.9.0 answered, not 1.0.0"),
        ((("7", OLD), ("8", BUILD), ("9", "1.1.0")), "3 versions answered"),
    ],
)
def test_a_mixed_subject(serving: tuple[tuple[str, str], ...], why: str) -> None:
    """The build and one other at most stand behind the alias."""
    parts = tuple(
        Serving(version=number, build=build, code_digest=None, weight=1 / len(serving))
        for number, build in serving
    )
    at = replace(window(1, count(0, 9000)), serving=parts)
    decision = decide(at, of=share(), subject="mixed")
    assert line(decision, "share").result is Result.NO_EVIDENCE
    assert why in decision.not_counted[0].why
