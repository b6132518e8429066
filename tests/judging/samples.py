"""Small pieces of evidence that the tests vary in one thing each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec.structs import replace

from reports.evidence.record import (
    SCHEMA,
    CheckRecord,
    EnvironmentRecord,
    ExpectedCheck,
    Failure,
    Outcome,
    RunRecord,
    Source,
    Subject,
)
from reports.judging.decision import Decision, ObjectiveResult
from reports.judging.judge import judge
from reports.judging.policy import Objective, Overlay, Policy

NOW = datetime(2026, 1, 21, 12, 0, tzinfo=UTC)
BUILD = "1.0.0"
EXPECTED = tuple(
    ExpectedCheck(id=f"smoke.{name}", layer="smoke", items=(f"SIT-SMOKE-{n:02}",), cases=1)
    for n, name in enumerate(("health", "list_products", "create_product"), start=1)
)
FAILURE = Failure(
    expectation="create answers 201",
    expected="201",
    actual="500",
    curl="curl -X POST http://127.0.0.1/v1.0/products",
)


def check(name: str, outcome: Outcome = Outcome.PASS, **changes: Any) -> CheckRecord:
    """A check of smoke that ended as said."""
    record = CheckRecord(
        id=f"smoke.{name}",
        layer="smoke",
        items=next((e.items for e in EXPECTED if e.id == f"smoke.{name}"), ()),
        outcome=outcome,
        cases=1,
        observations=3,
        duration_s=0.1,
        failure=FAILURE if outcome is Outcome.FAIL else None,
    )
    return replace(record, **changes)


def checks(**outcomes: Outcome) -> tuple[CheckRecord, ...]:
    """All expected checks, passing except for those named."""
    names = [expected.id.removeprefix("smoke.") for expected in EXPECTED]
    return tuple(check(name, outcomes.get(name, Outcome.PASS)) for name in names)


def subject(**changes: Any) -> Subject:
    """Build 1.0.0, tied to its URL by the walk through AWS."""
    known = Subject(
        build=BUILD,
        version=BUILD,
        version_after=BUILD,
        code_digest="sha256:" + "c" * 64,
        code_digest_after="sha256:" + "c" * 64,
        binding="walk",
    )
    return replace(known, **changes)


def environment(**changes: Any) -> EnvironmentRecord:
    """SIT, without a VPC."""
    record = EnvironmentRecord(
        name="sit",
        file_digest="sha256:" + "e" * 64,
        base_url="https://api.sit.kimmyai.io",
        images_url="https://images.sit.kimmyai.io",
        aws_endpoint_url=None,
        account="815856636111",
        region="eu-west-1",
        writes=True,
        absent=("vpc",),
    )
    return replace(record, **changes)


def run(run_id: str = "run-1", *, hours_ago: float = 1, **changes: Any) -> RunRecord:
    """A whole, passing smoke run of SIT that ended ``hours_ago``."""
    ended = NOW - timedelta(hours=hours_ago)
    record = RunRecord(
        schema=SCHEMA,
        run_id=run_id,
        layers=("smoke",),
        subject=subject(),
        environment=environment(),
        rehearsal=(),
        fault=None,
        started=ended - timedelta(seconds=5),
        ended=ended,
        complete=True,
        stopped=None,
        expected_digest="sha256:" + "f" * 64,
        source=Source(harness="0.1.0", python="3.11.7", pytest="9.2.0"),
        checks=checks(),
    )
    return replace(record, **changes)


def policy(**changes: Any) -> Policy:
    """A gate of one objective: every smoke check passes."""
    made = Policy(
        gate="a-gate",
        title="A gate",
        environment="sit",
        subject="deployed",
        accept_self_reported=False,
        max_age="24h",
        objectives=(
            Objective(
                id="smoke",
                title="All smoke checks pass",
                criterion=">= 100%",
                layer="smoke",
                items=("SIT-SUCCESS-02",),
            ),
        ),
    )
    return replace(made, **changes)


def decide(
    *runs: RunRecord,
    policy: Policy | None = None,
    overlay: Overlay | None = None,
    expected: Sequence[ExpectedCheck] = EXPECTED,
    build: str | None = BUILD,
    **more: Any,
) -> Decision:
    """The judge's decision on these runs, at ``NOW``."""
    return judge(
        policy or globals()["policy"](),
        overlay,
        [(f"sha256:{one.run_id}", one) for one in runs],
        expected,
        policy_digests=("sha256:policy",),
        checks_digest="sha256:checks",
        build=build,
        now=NOW,
        **more,
    )


def line(decision: Decision, name: str = "smoke") -> ObjectiveResult:
    """The decision's line of that id."""
    return next(one for one in decision.objectives if one.id == name)
