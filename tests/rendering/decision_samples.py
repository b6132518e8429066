"""A store with decisions to draw: of a healthy build, of one that holds, of hostile content."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from reports.commands.settings import checks_text
from reports.deciding import decide, save
from reports.drawing import PAGE, write_decision_page
from reports.evidence.access import Access
from reports.evidence.checks_list import parse_checks
from reports.evidence.finding import Severity
from reports.evidence.load import LoadRecord
from reports.evidence.record import CheckRecord, Failure, Outcome, RunRecord
from reports.evidence.store import Store
from reports.evidence.word import ATTESTATION_SCHEMA, Attestation, Person
from reports.gates.loading import load_policy
from reports.judging.decision import Decision
from tests.judging.samples import NOW, run
from tests.judging.test_findings_objective import finding, scan
from tests.rendering.load_samples import load

# A tag, an attribute, a comment, control characters, and text that runs from right to left.
HOSTILE = (
    "</script></title><script>window.ran=1</script><img src=x onerror='window.ran=1'>"
    '" onmouseover="window.ran=1"--><b>\x1b[31m\x00\u202egnp.exe\u2066\u200b'
)
LAYERS = ("readiness", "smoke", "integration", "catalog", "security", "load", "sla")
ACCESS = (
    Access(
        operation="GET /products", column="none", expected="401", came="401", good=True,
        refused=True,
    ),
    Access(
        operation="GET /products", column="admin", expected="in", came="200", good=True,
        refused=False,
    ),
    Access(
        operation="DELETE /products/{product_id}", column="none", expected="401", came="204",
        good=False, refused=False,
    ),
)  # fmt: skip


def every_check(**outcomes: Outcome) -> tuple[CheckRecord, ...]:
    """All that are listed, passing but for those of smoke that are named."""
    return tuple(
        CheckRecord(
            id=row.id,
            layer=row.layer,
            items=row.items,
            outcome=outcomes.get(row.id.removeprefix("smoke."), Outcome.PASS),
            cases=row.cases,
            observations=3,
            duration_s=0.1,
        )
        for row in parse_checks(checks_text(), "checks.tsv")
    )


def failing(name: str, **texts: str) -> tuple[CheckRecord, ...]:
    """All checks, of which one of smoke failed, in these words."""
    told = {
        "expectation": "a created product is read back",
        "expected": "299.99",
        "actual": "300",
        "curl": 'curl -X GET https://api.sit.kimmyai.io/v1.0/products/1 -H "…${SIT_TOKEN}"',
        "request": "GET https://api.sit.kimmyai.io/v1.0/products/1\nAccept: */*",
        "response": '200\nContent-Type: application/json\n\n{"price": 300}',
    }
    return tuple(
        replace(check, outcome=Outcome.FAIL, failure=Failure(**(told | texts)))
        if check.id == f"smoke.{name}"
        else check
        for check in every_check()
    )


def recent_load() -> LoadRecord:
    """One that ended an hour ago."""
    made = load(failing=0)
    later = NOW - timedelta(hours=1, minutes=3) - made.began
    later -= later % timedelta(seconds=made.window_s)
    return replace(
        made,
        began=made.began + later,
        operations=tuple(
            replace(
                one,
                windows=tuple(
                    replace(window, at=window.at + int(later.total_seconds()))
                    for window in one.windows
                ),
            )
            for one in made.operations
        ),
        generators=tuple(
            replace(one, started=one.started + later, ended=one.ended + later)
            for one in made.generators
        ),
    )


def whole_run(run_id: str = "run-1", **changes: Any) -> RunRecord:
    """A rehearsal of SIT in which every layer ran, with a load, a scan and the matrix."""
    given: dict[str, Any] = {
        "layers": LAYERS,
        "rehearsal": ("--base-url given",),
        "checks": every_check(),
        "loads": (recent_load(),),
        "scans": (scan(),),
        "access": ACCESS,
    }
    return run(run_id, **(given | changes))


def hostile_run() -> RunRecord:
    """One whose service put markup into everything that it may say."""
    made = whole_run(
        checks=failing(
            "get_product",
            expectation=HOSTILE,
            expected=HOSTILE,
            actual=HOSTILE * 200,
            curl=HOSTILE,
            request=HOSTILE * 200,
            response=HOSTILE * 200,
        ),
        findings=(
            finding(Severity.HIGH, title=HOSTILE, evidence=HOSTILE, where=HOSTILE),
            finding(Severity.LOW, rule=HOSTILE, where="elsewhere", remediation=HOSTILE),
        ),
        access=(
            Access(
                operation=HOSTILE,
                column=HOSTILE,
                expected=HOSTILE,
                came=HOSTILE,
                good=False,
                refused=False,
            ),
        ),
        scans=(scan(target=HOSTILE),),
    )
    where = replace(made.environment, base_url=f"https://{HOSTILE}")
    return replace(made, environment=where, rehearsal=(HOSTILE,))


def attested(item: str, role: str, gate: str, **changes: Any) -> Attestation:
    """A person's word about build 1.0.0 of SIT, in a rehearsal."""
    made = Attestation(
        schema=ATTESTATION_SCHEMA,
        item=item,
        role=role,
        gate=gate,
        environment="sit",
        build="1.0.0",
        by=Person(name="Thandi", known_by="aws", source="815856636111"),
        at=NOW - timedelta(hours=1),
        until=NOW + timedelta(days=7),
        link="https://change.example/42",
        rehearsal=True,
    )
    return replace(made, **changes)


def decided(folder: Path, *runs: RunRecord, gate: str = "sit-deployment") -> tuple[str, Decision]:
    """The rehearsed decision on these runs, kept in the store of ``folder``; its digest."""
    store = Store(folder / "store")
    for one in runs:
        store.put_run(one)
    decision = decide(
        store, load_policy(gate, rehearsal=True), checks_text(), build="1.0.0", now=NOW
    )
    return save(store, decision, folder), decision


def drawn(folder: Path, *runs: RunRecord, gate: str = "sit-deployment") -> Path:
    """The page of that decision."""
    digest, decision = decided(folder, *runs, gate=gate)
    return write_decision_page(folder / PAGE, Store(folder / "store"), digest, decision)
