"""Which runs count as evidence, and what is said of those that do not."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Any

import pytest

from reports.evidence.record import Outcome, RunRecord
from reports.judging.admission import CLOCK_SKEW, admit, is_rehearsal, normalise_build
from reports.judging.policy import Policy
from tests.judging.samples import (
    BUILD,
    FAILURE,
    NOW,
    check,
    checks,
    environment,
    policy,
    run,
    subject,
)


def why_not(
    record: RunRecord,
    *,
    build: str | None = BUILD,
    rehearsal: bool = False,
    by: Policy | None = None,
) -> str | None:
    """Why the one run does not count; None where it does."""
    admission = admit(
        [("sha256:1", record)], by or policy(), build=build, now=NOW, rehearsal=rehearsal
    )
    total = len(admission.admitted) + len(admission.not_counted) + len(admission.malformed)
    assert total == 1
    if admission.admitted:
        assert admission.admitted[0][:2] == ("sha256:1", record)
        return None
    one = (*admission.malformed, *admission.not_counted)[0]
    assert (one.digest, one.run_id) == ("sha256:1", record.run_id)
    return one.why


@pytest.mark.parametrize(
    ("build", "normal"),
    [
        ("1.0.0", "1.0.0"),
        ("v1.0.0", "1.0.0"),
        (" v1.0.0 ", "1.0.0"),
        ("v1.0.0-sit", "1.0.0"),
        ("1.0.0-prod", "1.0.0"),
        ("1.0.0-dev", "1.0.0"),
        ("1.0.0-local", "1.0.0"),
        ("1.0.0-qa", "1.0.0"),
        ("1.0.0-rc1", "1.0.0-rc1"),
        ("1.0.0-rc1-sit", "1.0.0-rc1"),
        ("version", "version"),
        ("vv1", "vv1"),
        ("-sit", "-sit"),
        ("sit", "sit"),
        ("", ""),
    ],
)
def test_the_suffix_of_a_tag_is_no_part_of_the_version(build: str, normal: str) -> None:
    """A tag's leading v and trailing environment go; a pre-release stays."""
    assert normalise_build(build, "qa") == normal


def test_only_known_environments_are_a_suffix() -> None:
    """Without an environment of that name its suffix is part of the version."""
    assert normalise_build("1.0.0-qa", "sit") == "1.0.0-qa"


def test_the_suffix_of_the_policys_own_environment_is_none() -> None:
    """An environment that the plan does not know tags its builds as well."""
    by = policy(environment="qa")
    record = run(environment=environment(name="qa"), subject=subject(version="1.0.0-qa"))
    assert why_not(record, by=by) is None
    assert why_not(record, by=by, build="1.0.0-qa") is None
    after = subject(version_after="1.0.0-qa")
    assert why_not(run(environment=environment(name="qa"), subject=after), by=by) is None


def test_a_run_that_counts() -> None:
    """The same build and environment, young, well formed: it counts, tag or no tag."""
    assert why_not(run()) is None
    assert why_not(run(), build="v1.0.0-sit") is None
    assert why_not(run(subject=subject(version="v1.0.0-sit"))) is None


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"schema": "other/1"}, "schema 'other/1', not 'promotion-gate/run/1'"),
        ({"started": NOW.replace(tzinfo=None)}, "a time without a zone"),
        ({"ended": NOW.replace(tzinfo=None)}, "a time without a zone"),
        ({"started": NOW}, "it ended before it started"),
        ({"checks": (check("health"), check("health"))}, "smoke.health is recorded twice"),
        ({"checks": (check("health", duration_s=math.nan),)}, "smoke.health took nan s"),
        ({"checks": (check("health", duration_s=math.inf),)}, "smoke.health took inf s"),
        ({"checks": (check("health", duration_s=-0.1),)}, "smoke.health took -0.1 s"),
        (
            {"checks": (check("health", cases=-1),)},
            "smoke.health counts -1 cases and 3 observations",
        ),
        (
            {"checks": (*checks(), check("x", observations=-1))},
            "smoke.x counts 1 cases and -1 observations",
        ),
        ({"checks": (check("health", failure=FAILURE),)}, "smoke.health passed and carries"),
    ],
)
def test_a_malformed_run_is_refused(changes: dict[str, Any], message: str) -> None:
    """What cannot be true is no evidence, and says what is wrong."""
    why = why_not(run(**changes))
    assert why is not None
    assert why.startswith(f"malformed: {message}")
    assert not message.startswith(("a time", "it ended")) or why == f"malformed: {message}"


def test_zeros_are_not_malformed() -> None:
    """Runs and checks may take no measurable time, and what did not run has no cases."""
    assert why_not(run(started=run().ended)) is None
    record = check("health", Outcome.SKIPPED, duration_s=0.0, cases=0, observations=0)
    assert why_not(run(checks=(record,))) is None


def test_two_records_of_one_run_are_both_refused() -> None:
    """A run that was recorded twice: nobody can say which is true."""
    runs = [("sha256:1", run("a")), ("sha256:2", run("a", hours_ago=2)), ("sha256:3", run("b"))]
    admission = admit(runs, policy(), build=BUILD, now=NOW, rehearsal=False)
    assert [one.digest for one in admission.malformed] == ["sha256:1", "sha256:2"]
    assert {one.why for one in admission.malformed} == {
        "malformed: another record has the same run id"
    }
    assert [one.digest for one in admission.admitted] == ["sha256:3"]


def test_runs_are_sorted_by_when_they_ended() -> None:
    """Whatever order they come in, the oldest is first; equal times by digest."""
    runs = [
        ("sha256:3", run("c")),
        ("sha256:2", run("b", hours_ago=3)),
        ("sha256:1", run("a")),
    ]
    admission = admit(runs, policy(), build=BUILD, now=NOW, rehearsal=False)
    assert [one.run.run_id for one in admission.admitted] == ["b", "a", "c"]


CHANGED = "the version changed in mid-run, from 1.0.0 to 1.0.1"
DEPLOYED, CANDIDATE, MIXED = (
    policy(),
    policy(subject="candidate"),
    policy(subject="mixed"),
)


@pytest.mark.parametrize(
    ("by", "changes", "message"),
    [
        (DEPLOYED, {"version": "1.0.1"}, "the version changed in mid-run, from 1.0.1 to 1.0.0"),
        (
            DEPLOYED,
            {"version_after": "1.0.1"},
            "the version changed in mid-run, from 1.0.0 to 1.0.1",
        ),
        (
            CANDIDATE,
            {"version_after": "1.0.1"},
            "the version changed in mid-run, from 1.0.0 to 1.0.1",
        ),
        (DEPLOYED, {"code_digest": "sha256:x"}, "the code digest changed in mid-run"),
        (
            DEPLOYED,
            {"version": "1.0.1", "version_after": "1.0.1", "build": None},
            "version 1.0.1 answered, not 1.0.0",
        ),
        (
            DEPLOYED,
            {"version": "1.0.1", "version_after": "1.0.1"},
            "version 1.0.1 answered, not 1.0.0",
        ),
        (DEPLOYED, {"build": "1.0.1"}, "it is of build 1.0.1, not 1.0.0"),
        (
            DEPLOYED,
            {"version": None, "version_after": None, "build": None},
            "nothing says that it is of build 1.0.0",
        ),
        (CANDIDATE, {"build": None}, "nothing says that it is of build 1.0.0"),
        (CANDIDATE, {"build": "1.0.1"}, "it is of build 1.0.1, not 1.0.0"),
    ],
)
def test_another_subject_is_no_evidence(by: Policy, changes: dict[str, Any], message: str) -> None:
    """Another build, or one that changed in mid-run, says nothing about this one."""
    assert why_not(run(subject=subject(**changes)), by=by) == message


def test_the_candidate_is_not_what_runs() -> None:
    """Before a deployment the old version answers, or none: the named build is what counts."""
    old = subject(version="0.9.0", version_after="0.9.0")
    nothing = subject(version=None, version_after=None)
    for one in (old, nothing):
        admission = admit(
            [("sha256:1", run(subject=one))], CANDIDATE, build=BUILD, now=NOW, rehearsal=False
        )
        assert [a.unconfirmed for a in admission.admitted] == [None]


def test_a_mixed_subject_without_a_window_is_unconfirmed() -> None:
    """What it saw fail, failed; what passed may have been of either version."""
    admission = admit([("sha256:1", run())], MIXED, build=BUILD, now=NOW, rehearsal=False)
    assert [one.unconfirmed for one in admission.admitted] == [
        "a mixed subject needs evidence by executed version, and it has none"
    ]


def test_a_changed_tag_of_the_same_version_is_no_change() -> None:
    """v1.0.0-sit before and 1.0.0 after name the same build."""
    assert why_not(run(subject=subject(version="v1.0.0-sit"))) is None


@pytest.mark.parametrize(
    ("changes", "unconfirmed"),
    [
        ({}, None),
        ({"build": None}, None),
        ({"code_digest": None, "code_digest_after": None}, None),
        ({"version": None}, "health reported no version"),
        ({"version": None, "version_after": None}, "health reported no version"),
        ({"version_after": None}, "health reported no version at the end"),
        ({"code_digest": None}, "the code digest was read only once"),
        ({"code_digest_after": None}, "the code digest was read only once"),
    ],
)
def test_a_subject_that_did_not_answer_is_unconfirmed(
    changes: dict[str, Any], unconfirmed: str | None
) -> None:
    """A service that was down when asked: the run counts, but its passes prove nothing."""
    admission = admit(
        [("sha256:1", run(subject=subject(**changes)))],
        policy(),
        build=BUILD,
        now=NOW,
        rehearsal=False,
    )
    assert [one.unconfirmed for one in admission.admitted] == [unconfirmed]


def test_without_a_build_any_version_counts() -> None:
    """A run that is judged by itself, whatever answered."""
    assert why_not(run(subject=subject(version="7", version_after="7")), build=None) is None
    assert why_not(run(subject=subject(version=None)), build=None) is None


def test_another_environment_is_no_evidence() -> None:
    """A run of dev does not let sit move."""
    why = why_not(run(environment=environment(name="dev")))
    assert why == "it ran against dev, not sit"


def test_old_evidence_does_not_count() -> None:
    """At the maximum age it still counts, a second later no more; the age is told in hours."""
    assert why_not(run(hours_ago=24)) is None
    assert why_not(run(hours_ago=24 + 1 / 3600)) == "it is 24 h old; at most 24h is taken"
    assert why_not(run(hours_ago=49.5)) == "it is 49 h old; at most 24h is taken"


def test_evidence_from_the_future_does_not_count() -> None:
    """Clocks may differ by a little, not by more."""
    skew = CLOCK_SKEW / timedelta(hours=1)
    assert timedelta(minutes=5) == CLOCK_SKEW
    assert why_not(run(hours_ago=-skew)) is None
    assert why_not(run(hours_ago=-1)) == "it ends in the future, at 2026-01-21T13:00:00+00:00"


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"rehearsal": ("the embedded stack",)}, "the embedded stack"),
        ({"rehearsal": ("--base-url given", "x")}, "--base-url given, x"),
        ({"fault": "lost-field"}, "fault lost-field"),
        ({"rehearsal": ("x",), "fault": "lost-field"}, "x, fault lost-field"),
    ],
)
def test_a_gate_refuses_rehearsals(changes: dict[str, Any], named: str) -> None:
    """Outside a rehearsal such a run does not count and is named; inside one it does."""
    record = run(**changes)
    assert is_rehearsal(record)
    assert why_not(record) == f"a rehearsal ({named}), which this gate refuses"
    assert why_not(record, rehearsal=True) is None


def test_a_real_run_counts_in_a_rehearsal_as_well() -> None:
    """A rehearsal may use what is real."""
    assert not is_rehearsal(run())
    assert why_not(run(), rehearsal=True) is None
