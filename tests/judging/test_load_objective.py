"""Objectives that look at loads: which loads count, and what they come to."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from reports.evidence.contents import Intent
from reports.evidence.load import LoadRecord, Stage
from reports.evidence.record import RunRecord
from reports.judging.decision import Decision, ObjectiveResult
from reports.judging.load_objective import Baseline
from reports.judging.policy import Objective, Overlay
from reports.judging.result import Action, Result
from tests.judging.load_samples import (
    BEGAN,
    START,
    generator,
    load,
    operation,
    reads,
    window,
)
from tests.judging.samples import NOW, decide, environment, line, policy, run, subject
from tests.judging.test_baseline import service
from tests.judging.test_failure_point import queue, staircase

P95 = "p(95) < 500ms"


def objective(indicator: str = "latency", criterion: str = P95, **changes: Any) -> Objective:
    """An objective over documented loads."""
    fields: dict[str, Any] = {
        "id": "level",
        "title": "A level",
        "indicator": indicator,
        "criterion": criterion,
        "operations": () if indicator == "load_runs" else ("reads",),
        "profiles": ("documented",),
        "items": ("VAL-FINAL-05",),
    }
    return Objective(**{**fields, **changes})


def asked(*runs: RunRecord, of: Objective | None = None, **more: Any) -> Decision:
    """The decision of a gate of that one objective."""
    changes = more.pop("policy_changes", {})
    return decide(*runs, policy=policy(objectives=(of or objective(),), **changes), **more)


def level(*runs: RunRecord, of: Objective | None = None, **more: Any) -> ObjectiveResult:
    """Its line."""
    return line(asked(*runs, of=of, **more), "level")


def loaded(*loads: LoadRecord, run_id: str = "run-1", **changes: Any) -> RunRecord:
    """A run of the load layer that measured these."""
    return run(run_id, layers=("load",), checks=(), loads=loads, **changes)


@pytest.mark.parametrize(
    ("record", "result", "code"),
    [
        (reads(4000), "pass", 0),
        (reads(4000, 200), "inconclusive", 2),
        (reads(4000, 400), "fail", 1),
        (reads(58), "inconclusive", 2),
        (reads(4000, profile="quick"), "no_evidence", 2),
        (reads(4000, generators=[generator(4000, dropped=1)]), "inconclusive", 2),
        (reads(4000, 4000, generators=[generator(4000, dropped=1)]), "fail", 1),
        (reads(4000, 4000, generators=[generator(4000, partial="killed")]), "inconclusive", 2),
        (load(operation("update_product", window(0, 4000), kind="write")), "no_evidence", 2),
    ],
)
def test_a_gate_by_its_load(record: LoadRecord, result: str, code: int) -> None:
    """Result, exit code, and a promotion only where the level surely holds."""
    decision = asked(loaded(record))
    assert line(decision, "level").result == result
    assert decision.exit_code == code
    assert (decision.decision is Action.PROMOTE) is (code == 0)


def test_a_result_explains_itself() -> None:
    """Value, interval, limit, headroom, n, source, age, items, and what would flip it."""
    found = level(loaded(reads(4000, 100), run_id="a"))
    assert (found.value, found.low, found.high) == ("100ms", "100ms", "100ms")
    assert (found.limit, found.headroom, found.n, found.over) == (P95, "400ms", 4000, 100)
    assert (found.design_effect, found.source, found.age_s) == (1.0, ("sha256:a",), 3600)
    assert (found.items, found.reasons) == (("VAL-FINAL-05",), ())
    assert found.flip == "78 more of 4000 requests over the limit"
    failed = level(loaded(reads(4000, 400)))
    (reason,) = failed.reasons
    assert (reason.check, reason.result, reason.items) == (None, Result.FAIL, ("VAL-FINAL-05",))
    assert "surely not" in reason.why


def test_no_run_no_evidence() -> None:
    """The reason says which profile is missing, and what to run."""
    found = level(run())
    assert found.result is Result.NO_EVIDENCE
    assert found.reasons[0].why == "no run with a load of profile documented counts"
    assert found.flip == "a run with --load-profile documented"
    assert (found.source, found.age_s, found.n) == ((), None, None)


@pytest.mark.parametrize(
    "changes",
    [
        {"hours_ago": 25},
        {"environment": environment(name="dev")},
        {"subject": subject(version="2", version_after="2")},
        {"rehearsal": ("x",)},
        {"fault": "x"},
    ],
)
def test_runs_that_do_not_count(changes: dict[str, Any]) -> None:
    """Old, elsewhere, of another build, a rehearsal, with a fault."""
    assert level(loaded(reads(4000), **changes)).result is Result.NO_EVIDENCE


def test_loads_of_all_runs_are_pooled() -> None:
    """Neither can tell alone; together they can. Nobody chooses among runs."""
    first = loaded(reads(40, seed=1), run_id="a", hours_ago=2)
    second = loaded(reads(40, seed=2), run_id="b")
    found = level(first, second)
    assert (found.result, found.n) == (Result.PASS, 80)
    assert found.source == ("sha256:a", "sha256:b")
    assert "2 loads are pooled" in found.notes
    worse = level(loaded(reads(4000, 400), run_id="a", hours_ago=2), second)
    assert worse.result is Result.FAIL


def test_the_same_load_counts_once() -> None:
    """Two runs, or two checks, kept the very same: its samples are not doubled."""
    same = reads(40)
    found = level(loaded(same, same, run_id="a", hours_ago=2), loaded(same, run_id="b"))
    assert (found.result, found.n) == (Result.INCONCLUSIVE, 40)


def test_a_load_that_was_read_twice_counts_once() -> None:
    """What reading its samples cost differs each time, and is no other load."""
    again = reads(4000, generators=[generator(4000, reducing_cpu_s=0.9)])
    assert level(loaded(reads(4000)), loaded(again, run_id="run-2")).n == 4000


@pytest.mark.parametrize(
    ("record", "why"),
    [
        (reads(4000, began=BEGAN.replace(tzinfo=None)), "a time without a zone"),
        (
            load(
                operation("get_product", replace(window(0, 4000), at=START + 7200)),
                began=BEGAN + timedelta(hours=2),
            ),
            "after the run had ended",
        ),
        (
            load(
                operation("get_product", replace(window(0, 4000), at=START - 86400)),
                began=BEGAN - timedelta(days=1),
            ),
            "longer ago than evidence may be old",
        ),
    ],
)
def test_a_load_of_another_time_than_its_run(record: LoadRecord, why: str) -> None:
    """A young run makes an old load no younger."""
    result = level(loaded(record))
    assert result.result is Result.INCONCLUSIVE
    assert why in result.reasons[0].why


def test_an_earlier_failure_is_named() -> None:
    """Pooled with much that is good it no longer shows, and a policy may hold for it."""
    bad = loaded(reads(1000, 100), run_id="a", hours_ago=2)
    good = loaded(reads(9000), run_id="b")
    found = level(bad, good)
    assert found.result is Result.PASS
    assert any(note.startswith("level failed earlier, in run a of ") for note in found.notes)
    strict = level(bad, good, policy_changes={"earlier_failures": "need-waiver"})
    assert (strict.result, strict.flip) == (Result.NO_EVIDENCE, "a waiver")
    assert strict.reasons[0].why.endswith("this gate needs a waiver for that")
    fine = level(good, policy_changes={"earlier_failures": "need-waiver"})
    assert fine.result is Result.PASS


@pytest.mark.parametrize(("layer", "named"), [("load", True), ("sla", True), ("smoke", False)])
def test_a_run_that_did_not_finish_is_named(layer: str, named: bool) -> None:
    """It began and left nothing: it may have been stopped for what it saw."""
    intent = Intent(
        run_id="gone",
        layers=(layer,),
        environment="sit",
        build=None,
        started=NOW - timedelta(hours=1),
    )
    found = level(loaded(reads(4000)), aborted=(intent,))
    assert bool(found.notes[1:]) is named
    strict = level(
        loaded(reads(4000)),
        aborted=(intent,),
        policy_changes={"earlier_failures": "need-waiver"},
    )
    assert (strict.result is Result.NO_EVIDENCE) is named


SATURATED = [generator(4000, busiest=0.95)]


def test_a_suspect_load_is_not_pooled() -> None:
    """It can say nothing; beside a valid one it is left out, and that is said."""
    suspect = loaded(reads(4000, 4000, generators=SATURATED), run_id="b")
    found = level(loaded(reads(4000), run_id="a", hours_ago=2), suspect)
    assert (found.result, found.n) == (Result.PASS, 4000)
    assert any(note.startswith("not pooled: run b: generator 0:1 was") for note in found.notes)
    alone = level(suspect)
    assert alone.result is Result.INCONCLUSIVE
    assert alone.reasons[0].why.startswith("run b: generator 0:1 was saturated")
    assert alone.n is None


def test_a_stopped_run_can_fail_and_not_pass() -> None:
    """What it measured is true, and it may have been stopped before it was worse."""
    cut: dict[str, Any] = {"complete": False, "stopped": "interrupted"}
    held = level(loaded(reads(4000), **cut))
    assert held.result is Result.INCONCLUSIVE
    assert held.reasons[0].why == "run run-1: the run stopped: interrupted"
    assert level(loaded(reads(4000, 400), **cut)).result is Result.FAIL
    beside = level(
        loaded(reads(4000), run_id="a", hours_ago=2), loaded(reads(4000, 400), run_id="b", **cut)
    )
    assert beside.result is Result.FAIL
    fine = level(
        loaded(reads(4000), run_id="a", hours_ago=2),
        loaded(reads(4000, seed=2), run_id="b", **cut),
    )
    assert (fine.result, fine.n) == (Result.PASS, 4000)


def test_a_stopped_run_fails_by_errors_too() -> None:
    """And by the policy's own minimum: fewer requests are inconclusive either way."""
    cut: dict[str, Any] = {"complete": False, "stopped": "interrupted"}
    errors = objective("error_rate", "< 0.1%")
    failing = loaded(reads(4000, 0, 400), **cut)
    assert level(failing, of=errors).result is Result.FAIL
    more = objective("error_rate", "< 0.1%", minimum=5000)
    held = level(failing, of=more)
    assert held.result is Result.INCONCLUSIVE
    assert held.flip.startswith("a load whose generators had time to spare, in a run")


def test_dropped_arrivals_hold_while_they_are_the_latest() -> None:
    """An earlier load that fell short is pooled and named; the latest one has to arrive."""
    short = reads(4000, 10, generators=[generator(4000, dropped=7)])
    first = level(loaded(short, run_id="a", hours_ago=2), loaded(reads(4000), run_id="b"))
    assert (first.result, first.n, first.over) == (Result.PASS, 8000, 10)
    assert "run a, before the latest: 7 of 4000 arrivals were dropped" in first.notes
    last = level(loaded(reads(4000), run_id="a", hours_ago=2), loaded(short, run_id="b"))
    assert last.result is Result.INCONCLUSIVE


QUICK = Overlay(accept_profiles={"level": ("quick",)})


def test_a_rehearsal_may_accept_a_short_profile() -> None:
    """Only for the objective that the overlay names, and only in a rehearsal."""
    quick = loaded(reads(4000, profile="quick"), rehearsal=("x",))
    assert level(quick, overlay=QUICK).result is Result.PASS
    assert level(quick, overlay=Overlay()).result is Result.NO_EVIDENCE
    other = Overlay(accept_profiles={"other": ("quick",)})
    assert level(quick, overlay=other).result is Result.NO_EVIDENCE
    missing = level(overlay=QUICK).reasons[0].why
    assert missing == "no run with a load of profile documented or quick counts"


def test_profiles_are_not_pooled_with_one_another() -> None:
    """Where both were driven, both have to pass."""
    good, bad = reads(4000), reads(4000, 400, profile="quick")
    for loads in ((good, bad), (bad, good)):
        assert level(loaded(*loads), overlay=QUICK).result is Result.FAIL
    both = level(loaded(good, reads(59, profile="quick")), overlay=QUICK)
    assert both.result is Result.PASS


def test_an_error_rate() -> None:
    """Failed requests alone, and the same rules."""
    of = objective("error_rate", "< 0.1%", operations=("all",))
    assert level(loaded(reads(4000, 2000)), of=of).result is Result.PASS
    assert level(loaded(reads(4000, 0, 40)), of=of).result is Result.FAIL
    assert level(loaded(reads(4000, 0, 40)), of=of).value == "1%"


def test_a_minimum() -> None:
    """The policy's own least number of requests."""
    of = objective(minimum=5000)
    found = level(loaded(reads(4000)), of=of)
    assert found.reasons[0].why == "4000 requests were judged, 5000 are needed"


STRESS = queue(150.0, staircase())
RUNS = objective("load_runs", ">= 1")


@pytest.mark.parametrize(
    ("record", "result"),
    [
        (reads(4000), "pass"),
        (reads(4000, 4000), "pass"),
        (reads(4000, generators=[generator(4000, dropped=1)]), "inconclusive"),
        (reads(4000, generators=SATURATED), "inconclusive"),
        (reads(4000, profile="quick"), "no_evidence"),
        (reads(4000, failed=3999), "pass"),
        (reads(4000, failed=4000), "inconclusive"),
        (reads(4000, warm_up_s=10), "inconclusive"),
        (load(operation("get_product", window(0, 4000)), operation("search")), "inconclusive"),
        (load(generators=[generator(0, scheduled=1, arrived=0)]), "inconclusive"),
    ],
)
def test_a_valid_load_establishes_a_baseline(record: LoadRecord, result: str) -> None:
    """However slow it was: it is what later ones are compared with. But it was answered."""
    found = level(loaded(record), of=RUNS)
    assert found.result == result
    assert found.value == {"pass": "1", "inconclusive": "0"}.get(result)
    if result == "inconclusive":
        assert found.reasons[0].why
        assert found.flip == "one more valid load"


def test_concurrent_updates_for_their_whole_length() -> None:
    """A profile is more than its name."""
    of = objective("load_runs", ">= 1", profiles=("concurrent-updates",))
    short = reads(4000, profile="concurrent-updates", stages=(Stage(seconds=59, rate=80),))
    assert level(loaded(short), of=of).result is Result.INCONCLUSIVE
    whole = replace(short, stages=(Stage(seconds=60, rate=80),))
    assert level(loaded(whole), of=of).result is Result.PASS


def test_loads_of_stopped_runs_and_too_few_loads() -> None:
    """Neither counts."""
    found = level(loaded(reads(4000), complete=False, stopped="-x"), of=RUNS)
    assert found.result is Result.INCONCLUSIVE
    assert found.reasons[0].why == "run run-1: the run stopped: -x"
    two = objective("load_runs", ">= 2")
    few = level(loaded(reads(4000)), of=two)
    assert (few.result, few.value, few.headroom) == (Result.INCONCLUSIVE, "1", "-1")
    assert few.reasons[0].why == "too few loads"
    assert level(loaded(reads(4000), reads(4001)), of=two).result is Result.PASS


@pytest.mark.parametrize(
    ("record", "result", "said"),
    [
        (STRESS, "pass", "failure point: "),
        (queue(150.0, staircase(), dropped=500), "pass", "failure point: "),
        (queue(150.0, staircase(), partial="killed"), "inconclusive", "whole: killed"),
        (queue(150.0, staircase(), busiest=0.9), "inconclusive", "of the service was not reached"),
        (queue(900.0, staircase(top=60)), "inconclusive", "not reached: every step up to"),
        (queue(15.0, staircase(top=60)), "inconclusive", "no step held, 20 not"),
    ],
)
def test_a_ramp_that_found_the_failure_point(record: LoadRecord, result: str, said: str) -> None:
    """The service has to be what gave way: neither the generator nor the end of the ramp."""
    found = level(loaded(record), of=objective("load_runs", ">= 1", profiles=("stress",)))
    assert found.result == result
    assert any(said in text for text in (*found.notes, *(one.why for one in found.reasons)))


CHANGE = objective("baseline", "p(95) <= +10%")


def promoted(*loads: LoadRecord, build: str = "0.9.0") -> Baseline:
    """An earlier promotion that rested on these."""
    return Baseline("sha256:before", build, (("sha256:old", loaded(*loads, run_id="old")),))


def test_without_a_promotion_there_is_nothing_to_compare_with() -> None:
    """Not applicable, visibly; but a valid load has to be there."""
    found = level(loaded(service()), of=CHANGE)
    assert (found.result, found.value) == (Result.PASS, "no baseline yet")
    assert any(note.startswith("not applicable: nothing was promoted") for note in found.notes)
    assert level(of=CHANGE).result is Result.NO_EVIDENCE
    doubtful = replace(service(), generators=(generator(1, requests=12_000, dropped=1),))
    assert level(loaded(doubtful), of=CHANGE).result is Result.INCONCLUSIVE
    suspect = replace(service(), generators=(generator(12_000, busiest=1.0),))
    assert level(loaded(suspect), of=CHANGE).result is Result.INCONCLUSIVE


@pytest.mark.parametrize(
    ("factor", "result"),
    [(0.8, "pass"), (1.0, "pass"), (1.1, "inconclusive"), (1.3, "fail")],
)
def test_a_change_since_the_last_promotion(factor: float, result: str) -> None:
    """By the bounds of the ratio; the baseline's digests stand in the decision."""
    decision = asked(loaded(service(factor)), of=CHANGE, baseline=promoted(service(seed=2)))
    found = line(decision, "level")
    assert found.result == result
    assert decision.inputs.baseline is not None
    assert decision.inputs.baseline.decision == "sha256:before"
    assert decision.inputs.baseline.runs == ("sha256:old",)
    assert "baseline: decision sha256:before, build 0.9.0" in found.notes
    assert "blocks of 4 windows, 60 windows" in found.notes
    low, high = (float(str(text).removesuffix("%")) for text in (found.low, found.high))
    assert low < 100 * (factor - 1) < high
    assert (found.result is Result.PASS) is (high <= 10)
    assert found.flip == f"an upper bound {'above' if result == 'pass' else 'of at most'} +10.0%"


def test_a_baseline_that_cannot_be_compared_with() -> None:
    """No load of that profile, a doubtful one, or too short a one: inconclusive, never a pass."""
    for before in (
        promoted(),
        promoted(replace(service(), profile="quick")),
        promoted(replace(service(), generators=(generator(12_000, busiest=1.0),))),
    ):
        found = level(loaded(service()), of=CHANGE, baseline=before)
        assert found.result is Result.INCONCLUSIVE
        assert found.reasons[0].why.endswith("rests on no valid load of profile documented")
    short = level(loaded(service()), of=CHANGE, baseline=promoted(service(windows=20)))
    assert short.result is Result.INCONCLUSIVE
    assert short.reasons[0].why.startswith("fewer than 30 windows of time")


def test_an_operation_that_is_not_there_any_more() -> None:
    """Without the slow one everything would be faster."""
    slow = operation("list_page_2", window(0, 0, 100))
    before = replace(service(), operations=(*service().operations, slow))
    requests = sum(w.requests for one in before.operations for w in one.windows)
    before = replace(before, generators=(generator(requests),))
    found = level(loaded(service()), of=CHANGE, baseline=promoted(before))
    assert found.result is Result.INCONCLUSIVE
    assert found.reasons[0].why.startswith("no request of list_page_2 was measured")


def test_evidence_that_does_not_read_is_not_compared() -> None:
    """A broken histogram in the candidate."""
    (only,) = service().operations
    windows = (replace(only.windows[0], histogram="x"), *only.windows[1:])
    broken = replace(service(), operations=(replace(only, windows=windows),))
    found = level(loaded(broken), of=CHANGE, baseline=promoted(service(seed=2)))
    assert found.result is Result.INCONCLUSIVE


def test_the_same_inputs_give_the_same_decision() -> None:
    """Byte for byte, the bootstrap's bounds among them."""
    runs, before = loaded(service(1.05)), promoted(service(seed=2))
    assert asked(runs, of=CHANGE, baseline=before) == asked(runs, of=CHANGE, baseline=before)
