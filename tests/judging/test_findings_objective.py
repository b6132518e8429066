"""Findings that are counted: the severe ones that nobody waived, where a scan came to its end."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from msgspec.structs import replace

from reports.evidence.finding import Finding, Severity, fingerprint
from reports.evidence.record import CheckRecord, ExpectedCheck, Outcome, RunRecord
from reports.evidence.scan import Scan
from reports.judging.decision import Decision, ObjectiveResult
from reports.judging.policy import Objective, Policy
from reports.judging.result import Result
from reports.judging.waiver import Waiver, Waivers
from tests.judging import samples

EXPECTED = tuple(
    ExpectedCheck(id=f"security.{name}", layer="security", items=("VAL-SEC-04",), cases=1)
    for name in ("forged_tokens", "scan")
)
OBJECTIVE = Objective(
    id="severe-bugs",
    title="No critical or high severity bugs",
    criterion="<= 0",
    indicator="findings",
    layer="security",
    severities=(Severity.CRITICAL, Severity.HIGH),
    scanners=("zap", "embedded"),
    items=("SIT-SUCCESS-05",),
)


def finding(severity: Severity = Severity.HIGH, **changes: Any) -> Finding:
    """Something that the scan saw at one place."""
    where = changes.get("where", "GET /products")
    made = Finding(
        rule="r",
        title="A thing that is wrong",
        severity=severity,
        cwe=79,
        owasp="API8:2023",
        where=where,
        evidence="<script>",
        remediation="Encode it.",
        source="embedded",
        fingerprint=fingerprint("r", where),
    )
    return replace(made, **changes)


def scan(**changes: Any) -> Scan:
    """A whole pass of the embedded scan."""
    made = Scan(
        name="embedded",
        version="1",
        mode="active",
        target="https://api.sit.kimmyai.io",
        requests=100,
        endpoints=9,
        complete=True,
    )
    return replace(made, **changes)


def security(*names: str, **outcomes: Outcome) -> tuple[CheckRecord, ...]:
    """Both checks, or those named, passing unless said."""
    return tuple(
        samples.check(
            name, outcomes.get(name, Outcome.PASS), id=f"security.{name}", layer="security"
        )
        for name in (names or ("forged_tokens", "scan"))
    )


def run(run_id: str = "run-1", *, hours_ago: float = 1, **changes: Any) -> RunRecord:
    """A whole run of the layer with a scan and nothing found."""
    known: dict[str, Any] = {"layers": ("security",), "checks": security(), "scans": (scan(),)}
    return samples.run(run_id, hours_ago=hours_ago, **{**known, **changes})


def waiver(**changes: Any) -> Waiver:
    """Of the sample's finding, valid today."""
    made = Waiver(
        fingerprint=finding().fingerprint,
        gate="a-gate",
        owner="ann",
        reason="behind a login",
        until=date(2026, 1, 21),
    )
    return replace(made, **changes)


def decide(*runs: RunRecord, by: Policy | None = None, **more: Any) -> Decision:
    """By a gate of the one objective."""
    return samples.decide(
        *runs, policy=by or samples.policy(objectives=(OBJECTIVE,)), expected=EXPECTED, **more
    )


def told(*runs: RunRecord, **more: Any) -> ObjectiveResult:
    """The objective's line."""
    return samples.line(decide(*runs, **more), "severe-bugs")


def test_nothing_severe_found_passes() -> None:
    """What is medium or lower does not count here, even where it failed its check."""
    medium = finding(Severity.MEDIUM, source="security.forged_tokens")
    for one in (
        run(),
        run(findings=(medium,), checks=security(forged_tokens=Outcome.FAIL)),
        run(scans=(scan(name="zap", mode="imported", requests=0),)),
    ):
        line = told(one)
        assert (line.result, line.value, line.headroom) == (Result.PASS, "0", "0")
    assert line.flip.startswith("1 more of severity critical or high")


def test_a_severe_finding_holds_the_gate() -> None:
    """By distinct fingerprint, with place, fix and what flips it."""
    again = finding(Severity.CRITICAL, source="zap")
    other = finding(where="GET /orders", source="security.forged_tokens")
    decision = decide(run(findings=(finding(), again, other)))
    line = samples.line(decision, "severe-bugs")
    assert (line.result, line.value, line.headroom) == (Result.FAIL, "2", "-2")
    assert decision.exit_code == 1
    first, second = line.reasons
    assert first.check is None
    assert first.why.startswith("critical: A thing that is wrong, GET /products (sha256:")
    assert first.expected == "nothing of it; to fix it: Encode it."
    assert first.actual == "<script>"
    assert (second.check, second.items) == ("security.forged_tokens", ("VAL-SEC-04",))
    assert finding().fingerprint[:19] in line.flip
    assert "severe-bugs: critical: A thing that is wrong, GET /products" in decision.sentence


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"scans": ()}, "no scan by zap or embedded came to its end"),
        ({"scans": (scan(complete=False, why="it crashed"),)}, "embedded: it crashed"),
        ({"scans": (scan(endpoints=0),)}, "embedded: it reached nothing"),
        ({"scans": (scan(requests=0),)}, "embedded: it reached nothing"),
        ({"scans": (scan(mode="imported", endpoints=0),)}, "embedded: it reached nothing"),
        ({"scans": (scan(name="nikto"),)}, "nikto is not accepted here"),
        ({"scans": (scan(mode="passive"),)}, "that of embedded was passive"),
        ({"checks": security("scan")}, "it did not run"),
        ({"checks": security(forged_tokens=Outcome.SKIPPED)}, ""),
        ({"checks": security(forged_tokens=Outcome.ERROR)}, "the harness itself failed"),
        ({"checks": security(forged_tokens=Outcome.FAIL)}, "it failed and reported no finding"),
        ({"complete": False, "stopped": "Ctrl-C"}, "the run stopped: Ctrl-C"),
        ({"layers": ("smoke",)}, "no run of layer security counts"),
    ],
)
def test_nothing_found_where_nothing_looked_is_no_evidence(
    changes: dict[str, Any], said: str
) -> None:
    """No scan, none that is accepted, a check that did not look, half a run."""
    line = told(run(**changes))
    assert line.result is Result.NO_EVIDENCE
    assert said in " ".join(reason.why for reason in line.reasons)
    assert all("forged" not in (one.check or "") or one.items for one in line.reasons)


def test_a_finding_fails_though_the_run_was_cut_short() -> None:
    """More evidence could only find more."""
    one = run(complete=False, stopped="Ctrl-C", scans=(), findings=(finding(),))
    assert told(one).result is Result.FAIL


def test_what_a_newer_part_saw_counts() -> None:
    """Its findings, and its scan: that of an import after a run without one."""
    part: dict[str, Any] = {"hours_ago": 0.5, "checks": ()}
    assert told(run(), run("b", **part, findings=(finding(),))).result is Result.FAIL
    unscanned = run(checks=security(scan=Outcome.SKIPPED), scans=())
    assert told(unscanned).result is Result.NO_EVIDENCE
    assert told(unscanned, run("b", **part)).result is Result.PASS


def test_a_scanner_takes_back_only_what_itself_saw() -> None:
    """An alert of ZAP is not hidden by a scan of another scanner; ZAP's next one lets it go."""
    zap = scan(name="zap", mode="imported")
    before = run("a", hours_ago=3, checks=(), scans=(zap,), findings=(finding(source="zap"),))
    assert told(before, run("b")).result is Result.FAIL
    assert told(before, run("b", scans=(zap,))).result is Result.PASS
    assert told(before, run("b", scans=(scan(), replace(zap, complete=False)))).value == "1"
    seen = finding(source="security.forged_tokens")
    by_check = run("a", hours_ago=3, findings=(seen,), checks=security(forged_tokens=Outcome.FAIL))
    assert told(by_check, run("b")).result is Result.PASS


ZAP = scan(name="zap", endpoints=12)
ELSEWHERE = "https://elsewhere.example"


@pytest.mark.parametrize(
    ("found_by", "later", "cleared"),
    [
        (ZAP, ZAP, True),
        (ZAP, replace(ZAP, endpoints=13, requests=1), True),
        (ZAP, replace(ZAP, endpoints=11), False),
        (ZAP, replace(ZAP, target=ELSEWHERE), False),
        (ZAP, replace(ZAP, mode="passive"), False),
        (ZAP, replace(ZAP, mode="imported", requests=0), False),
        (ZAP, replace(ZAP, complete=False), False),
        (replace(ZAP, mode="imported"), replace(ZAP, mode="passive"), False),
        (replace(ZAP, mode="imported"), replace(ZAP, mode="imported", requests=0), True),
        (replace(ZAP, mode="imported"), ZAP, True),
        (replace(ZAP, mode="passive"), replace(ZAP, mode="passive"), True),
        (replace(ZAP, mode="passive"), ZAP, True),
        (replace(ZAP, complete=False, endpoints=3), ZAP, True),
    ],
)
def test_only_a_scan_as_thorough_takes_a_finding_back(
    found_by: Scan, later: Scan, cleared: bool
) -> None:
    """The same target, no weaker a mode, and no fewer places that it was let in to."""
    before = run("a", hours_ago=3, scans=(scan(), found_by), findings=(finding(source="zap"),))
    line = told(before, run("b", scans=(scan(), later)))
    assert line.result is (Result.PASS if cleared else Result.FAIL)
    assert ("what zap saw in run a stands" in " ".join(line.notes)) is not cleared


def test_a_report_lists_no_place_that_was_mended() -> None:
    """An imported one tells of alerts alone, so the places that counted may be missing in it."""
    imported = replace(ZAP, mode="imported", requests=0)
    left = finding(Severity.INFO, source="zap", where="GET /orders")
    both = (finding(source="zap", where="GET /products q"), left)
    before = run("a", hours_ago=3, scans=(imported,), findings=both)
    fewer = replace(imported, endpoints=11)
    assert told(before, run("b", scans=(scan(), fewer), findings=(left,))).result is Result.PASS
    fewest = replace(imported, endpoints=10)
    assert told(before, run("b", scans=(scan(), fewest), findings=(left,))).value == "1"


def test_each_scanner_s_findings_stand_by_themselves() -> None:
    """What the embedded scan no longer sees is gone, though ZAP has not looked again."""
    both = (finding(), finding(source="zap", where="GET /orders", fingerprint="sha256:2"))
    before = run("a", hours_ago=3, scans=(scan(), ZAP), findings=both)
    line = told(before, run("b"))
    assert (line.value, line.source) == ("1", ("sha256:a", "sha256:b"))
    assert "GET /orders" in line.reasons[0].why


def test_what_was_found_before_a_scan_was_kept_stands() -> None:
    """Cut off, a run tells not how thorough it was: an active scan shows that it is gone."""
    before = run("a", hours_ago=3, scans=(), findings=(finding(source="zap"),))
    assert told(before, run("b")).value == "1"
    assert told(before, run("b", scans=(scan(), replace(ZAP, mode="passive")))).value == "1"
    assert told(before, run("b", scans=(scan(), ZAP))).value == "0"


def test_a_run_that_proves_nothing_takes_nothing_back() -> None:
    """Of an unknown build, or cut short: its failures count, and its passes do not."""
    before = run("a", hours_ago=3, scans=(scan(), ZAP), findings=(finding(source="zap"),))
    unknown = samples.subject(version=None, version_after=None)
    between = run("b", hours_ago=2, scans=(ZAP,), subject=unknown)
    assert told(before, between, run("c")).value == "1"
    stopped = replace(between, subject=samples.subject(), complete=False, stopped="Ctrl-C")
    assert told(before, stopped, run("c")).value == "1"
    assert told(before, replace(between, subject=samples.subject()), run("c")).value == "0"


def test_a_waived_finding_is_shown_and_does_not_hold() -> None:
    """With owner, reason and last day, which itself still counts."""
    for one in (waiver(), waiver(gate="all")):
        decision = decide(run(findings=(finding(),)), waivers=(one,))
        line = samples.line(decision, "severe-bugs")
        assert line.result is Result.PASS
        assert line.value == "0"
        (note,) = line.notes
        assert note.startswith("waived: high: A thing that is wrong, GET /products (sha256:")
        assert note.endswith("by ann until 2026-01-21: behind a login")
        assert decision.inputs.waivers == (one,)


@pytest.mark.parametrize(
    ("changes", "found", "said"),
    [
        ({"until": date(2026, 1, 20)}, finding(), "expired: high: A thing"),
        ({}, finding(Severity.CRITICAL), "waives nothing critical: critical: A thing"),
        ({"gate": "sit-signoff"}, finding(), ""),
        ({"fingerprint": "sha256:" + "0" * 64}, finding(), ""),
    ],
)
def test_a_waiver_that_is_not_taken_is_told(
    changes: dict[str, Any], found: Finding, said: str
) -> None:
    """An expired one by name and owner; one of another gate or finding says nothing here."""
    line = told(run(findings=(found,)), waivers=(waiver(**changes),))
    assert line.result is Result.FAIL
    assert said in " ".join(line.notes)
    assert bool(said) == bool(line.notes)


def test_a_policy_may_let_critical_findings_be_waived() -> None:
    """In so many words."""
    by = samples.policy(objectives=(replace(OBJECTIVE, waive_critical=True),))
    critical = run(findings=(finding(Severity.CRITICAL),))
    assert told(critical, by=by, waivers=(waiver(),)).result is Result.PASS


def test_a_waiver_ends_with_its_day_in_utc() -> None:
    """Whatever zone the decision was made in."""
    one = waiver(until=date(2026, 1, 21))
    assert not one.expired(datetime(2026, 1, 21, 23, 59, tzinfo=UTC))
    assert one.expired(datetime(2026, 1, 22, 0, 0, tzinfo=UTC))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"fingerprint": "sha256:abc"}, "64 digits"),
        ({"owner": " "}, "owner: a waiver of sha256"),
        ({"reason": ""}, "reason: a waiver"),
    ],
)
def test_a_waiver_says_what_who_and_why(changes: dict[str, Any], message: str) -> None:
    """Otherwise it is refused."""
    with pytest.raises(ValueError, match=message):
        waiver(**changes)


def test_no_finding_is_waived_twice() -> None:
    """Two owners would each be thought to answer for it."""
    with pytest.raises(ValueError, match="waived twice for a-gate"):
        Waivers(waivers=(waiver(), waiver(owner="bob")))
    assert Waivers(waivers=(waiver(), waiver(gate="all"))).waivers
