"""What a policy may say."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from reports.judging.policy import (
    LAYERS,
    SHORT_PROFILES,
    Objective,
    Overlay,
    Policy,
    layer_policy,
    parse_duration,
)
from tests.judging.samples import policy

FINDINGS = {
    "indicator": "findings",
    "layer": "security",
    "severities": ["high"],
    "scanners": ["zap"],
    "criterion": "<= 0",
}


def objective(**changes: object) -> Objective:
    """A valid objective with these fields instead."""
    fields: dict[str, object] = {
        "id": "smoke",
        "title": "t",
        "criterion": ">= 100%",
        "layer": "smoke",
    }
    return msgspec.convert({**fields, **changes}, Objective)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"id": "Smoke"}, "small letters"),
        ({"id": "-a"}, "small letters"),
        ({"id": ""}, "small letters"),
        ({"id": "subject"}, "not subject, evidence or after-"),
        ({"id": "evidence"}, "not subject, evidence or after-"),
        ({"layer": None}, "either layer or checks"),
        ({"checks": ["smoke.health"]}, "either layer or checks"),
        ({"criterion": "p(95) < 500ms"}, "limits a percentile; pass_rate is judged by"),
        ({"criterion": "< 500ms"}, "limits a duration"),
        ({"criterion": "<= +10%"}, "limits a change against a baseline"),
        ({"criterion": "< 1"}, "limits a count"),
        ({"criterion": "<= 100%"}, 'least share, such as ">= 100%"'),
        ({"criterion": "< 100%"}, "least share"),
        ({"criterion": ">= 0%"}, 'criterion ">= 0%" asks nothing'),
        ({"criterion": "all of them"}, "is none; one looks like"),
        ({"layer": "smok"}, "Invalid enum value"),
        ({"indicator": "median"}, "Invalid enum value"),
        ({"indicator": "latency"}, "latency looks at loads; layer and checks are of pass_"),
        ({"operations": ["reads"]}, "pass_rate looks at checks"),
        ({"profiles": ["documented"]}, "pass_rate looks at checks"),
        ({"minimum": 3}, "pass_rate looks at checks"),
        ({"severities": ["high"]}, "pass_rate looks at no findings"),
        ({"scanners": ["zap"]}, "pass_rate looks at no findings"),
        ({"waive_critical": True}, "pass_rate looks at no findings"),
        ({**FINDINGS, "severities": []}, "name the severities"),
        ({**FINDINGS, "severities": ["hihg"]}, "Invalid enum value"),
        ({**FINDINGS, "scanners": []}, "name the scanners"),
        ({**FINDINGS, "layer": None}, "those of a layer"),
        ({**FINDINGS, "profiles": ["documented"]}, "of indicators of load"),
        ({**FINDINGS, "criterion": "< 0"}, "asks nothing"),
        ({**FINDINGS, "criterion": ">= 1"}, 'a greatest count, such as "<= 0"'),
        ({**FINDINGS, "criterion": "<= 1%"}, "limits a share"),
    ],
)
def test_an_objective_that_cannot_be_judged_is_refused(
    changes: dict[str, object], message: str
) -> None:
    """An objective no judge exists for is an error, never ignored."""
    with pytest.raises(msgspec.ValidationError) as refused:
        objective(**changes)
    assert message in str(refused.value)


def load_objective(indicator: str, criterion: str, **changes: object) -> Objective:
    """A valid objective of load with these fields instead."""
    fields: dict[str, object] = {
        "indicator": indicator,
        "criterion": criterion,
        "layer": None,
        "operations": [] if indicator == "load_runs" else ["reads"],
        "profiles": ["documented"],
    }
    return objective(**{**fields, **changes})


@pytest.mark.parametrize(
    ("indicator", "criterion", "changes", "message"),
    [
        ("latency", "p(95) < 500ms", {"checks": ["smoke.health"]}, "are of pass_rate"),
        ("latency", "p(95) < 500ms", {"layer": "load"}, "are of pass_rate"),
        ("latency", "p(95) < 500ms", {"profiles": []}, "name their profiles (quick, documented"),
        ("latency", "p(95) < 500ms", {"profiles": ["long"]}, "Invalid enum value"),
        ("latency", "p(95) < 500ms", {"operations": []}, "name the operations, or reads, writes"),
        ("latency", "p(95) < 500ms", {"minimum": -1}, "minimum -1 is below 0"),
        ("latency", "< 0.1%", {}, "limits a share; latency is judged by a greatest percentile"),
        ("latency", "p(95) > 500ms", {}, 'such as "p(95) < 500ms"'),
        ("latency", "p(95) < 0ms", {}, "asks nothing"),
        ("latency", "< 500ms", {}, "limits a duration"),
        ("error_rate", "p(95) < 500ms", {}, 'a greatest share, such as "< 0.1%"'),
        ("error_rate", "> 1%", {}, "a greatest share"),
        ("error_rate", "< 100%", {}, "asks nothing"),
        ("error_rate", "< 0%", {}, "asks nothing"),
        ("baseline", "< 10%", {}, 'a greatest change of a percentile, such as "p(95) <= +10%"'),
        ("baseline", "<= +10%", {}, 'compares no percentile; one looks like "p(95) <= +10%"'),
        ("baseline", "p(95) >= +10%", {}, "a greatest change"),
        ("baseline", "p(95) <= +10%", {"operations": []}, "name the operations"),
        ("load_runs", "< 1", {}, 'a least count, such as ">= 1"'),
        ("load_runs", ">= 1%", {}, "a least count"),
        ("load_runs", ">= 0", {}, "asks nothing"),
        ("load_runs", ">= 1", {"operations": ["reads"]}, "and counts them"),
        ("load_runs", ">= 1", {"minimum": 59}, "and counts them"),
        ("load_runs", ">= 1", {"profiles": []}, "name their profiles"),
    ],
)
def test_an_objective_of_load_that_cannot_be_judged_is_refused(
    indicator: str, criterion: str, changes: dict[str, object], message: str
) -> None:
    """Criterion and indicator fit together, and what it looks at is named."""
    with pytest.raises(msgspec.ValidationError) as refused:
        load_objective(indicator, criterion, **changes)
    assert message in str(refused.value)


@pytest.mark.parametrize(
    ("indicator", "criterion"),
    [
        ("latency", "p(99.9) <= 2s"),
        ("error_rate", "<= 0.1%"),
        ("baseline", "p(50) < +5%"),
        ("load_runs", "> 1"),
    ],
)
def test_valid_objectives_of_load(indicator: str, criterion: str) -> None:
    """Each indicator with a criterion of its kind, and a least number of requests of 0."""
    made = load_objective(indicator, criterion)
    assert (made.minimum, made.layer, made.checks) == (0, None, ())


def test_a_short_profile_is_no_gates() -> None:
    """A policy may not name one, so quick satisfies no gate outside a rehearsal."""
    for profile in SHORT_PROFILES:
        with pytest.raises(ValueError, match=f"profile {profile} is too short for a gate"):
            policy(objectives=(load_objective("load_runs", ">= 1", profiles=[profile]),))


def test_valid_objectives() -> None:
    """A layer or named checks, at least or more than a share."""
    assert objective(criterion="> 99%").limit.operator == ">"
    assert objective(layer=None, checks=["smoke.health"]).checks == ("smoke.health",)
    assert objective(id="2nd-smoke").id == "2nd-smoke"


@pytest.mark.parametrize(
    ("text", "duration"),
    [("1m", timedelta(minutes=1)), ("36h", timedelta(hours=36)), ("7d", timedelta(days=7))],
)
def test_a_duration_is_read(text: str, duration: timedelta) -> None:
    """Minutes, hours and days."""
    assert parse_duration(text) == duration


@pytest.mark.parametrize("text", ["", "0h", "24", "h", "24 h", "-1h", "1.5h", "24hours", "1w"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    """An age that cannot be meant never becomes an unlimited one."""
    with pytest.raises(ValueError, match=r'max_age ".*" is none; it looks like 30m, 24h or 7d'):
        parse_duration(text)


def fields(**changes: object) -> dict[str, object]:
    """A valid policy as plain data, with these fields instead."""
    return {**msgspec.to_builtins(policy()), **changes}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"objectives": []}, "objectives: a gate without one decides nothing"),
        ({"max_age": "soon"}, 'max_age "soon" is none'),
        ({"subject": "any"}, "Invalid enum value"),
        ({"earlier_failures": "ignored"}, "Invalid enum value"),
        ({"extra": 1}, "Object contains unknown field `extra`"),
    ],
)
def test_a_policy_that_decides_nothing_is_refused(changes: dict[str, object], message: str) -> None:
    """A policy is whole and says what can be judged."""
    with pytest.raises(msgspec.ValidationError) as refused:
        msgspec.convert(fields(**changes), Policy)
    assert str(refused.value).startswith(message)


def test_two_objectives_of_one_id_are_refused() -> None:
    """The second would hide the first."""
    one = msgspec.to_builtins(objective())
    with pytest.raises(msgspec.ValidationError, match='id "smoke" stands there twice'):
        msgspec.convert(fields(objectives=[one, one]), Policy)


def test_the_defaults_of_a_policy_are_strict() -> None:
    """What a policy leaves out accepts nothing and shows everything."""
    data = fields()
    for name in ("accept_not_applicable", "accept_not_asked", "earlier_failures"):
        del data[name]
    made = msgspec.convert(data, Policy)
    assert made.accept_not_applicable == ()
    assert made.accept_not_asked == ()
    assert made.earlier_failures == "shown"
    assert made.oldest == timedelta(hours=24)
    assert Overlay() == Overlay(accept_self_reported=False, accept_not_applicable=(), leave_out={})


def test_leaving_out_needs_a_reason() -> None:
    """An overlay that says nothing about why leaves nothing out."""
    with pytest.raises(ValueError, match='"smoke" says no reason'):
        Overlay(leave_out={"smoke": " "})


def test_the_policy_of_layers() -> None:
    """Without a gate: one objective a layer, in the plan's order, all of it must pass."""
    made = layer_policy(["catalog", "smoke"], "local", {"vpc", "cognito"})
    assert made.gate is None
    assert made.environment == "local"
    assert made.accept_self_reported
    assert made.accept_not_applicable == ("cognito", "vpc")
    assert made.subject == "deployed"
    assert made.oldest == timedelta(days=1)
    assert [(one.id, one.layer, one.criterion) for one in made.objectives] == [
        ("smoke", "smoke", ">= 100%"),
        ("catalog", "catalog", ">= 100%"),
    ]
    assert made.objectives[0].title == "All smoke checks pass"
    assert made.title == "all expected checks of each layer pass"
    assert [one.layer for one in layer_policy(LAYERS, "local", ()).objectives] == list(LAYERS)
