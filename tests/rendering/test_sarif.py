"""findings.sarif: by the standard, with a fix, a score and a fingerprint for each finding."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
from msgspec.structs import replace

from reports.deciding import save
from reports.evidence.finding import Severity
from reports.evidence.record import RunRecord
from reports.evidence.store import Store
from reports.judging.waiver import Waiver
from reports.rendering.sarif import FILE, sarif, write_findings
from tests.judging.test_findings_objective import decide, finding, run, scan, waiver

SCHEMA = json.loads((Path(__file__).parent / "sarif-schema-2.1.0.json").read_text(encoding="utf-8"))
WHERE = "GET /v1.0/products/{product_id} path product_id"
FOUND = (
    finding(Severity.CRITICAL, where=WHERE, source="security.forged_tokens", rule="worse"),
    finding(Severity.HIGH),
    finding(Severity.MEDIUM, where="GET /orders", fingerprint="sha256:" + "1" * 64),
    finding(Severity.LOW, rule="low", source="zap"),
    finding(Severity.INFO, rule="info", cwe=1021, evidence="[a](1) {0} \\ <b>"),
)
SCANNED = run(findings=FOUND, scans=(scan(), scan(name="zap", mode="imported")))


def read(*runs: RunRecord, waivers: tuple[Waiver, ...] = ()) -> list[dict[str, Any]]:
    """The runs of the file, which is valid."""
    log = json.loads(sarif(runs, waivers))
    jsonschema.validate(log, SCHEMA, format_checker=jsonschema.FormatChecker())
    found: list[dict[str, Any]] = log["runs"]
    for one in found:
        rules = one["tool"]["driver"]["rules"]
        ids = [rule["id"] for rule in rules]
        assert len(set(ids)) == len(ids)
        for result in one.get("results", ()):
            assert ids[result["ruleIndex"]] == result["ruleId"]
    return found


def test_each_tool_has_its_run() -> None:
    """The harness with its checks, and each scanner by its own name."""
    harness, embedded, zap = read(SCANNED)
    assert [one["tool"]["driver"]["name"] for one in (harness, embedded, zap)] == [
        "promotion-gate",
        "embedded",
        "zap",
    ]
    assert [len(one["results"]) for one in (harness, embedded, zap)] == [1, 3, 1]
    assert len({one["automationDetails"]["id"] for one in (harness, embedded, zap)}) == 3
    assert harness["properties"]["build"] == "1.0.0"


def test_a_finding_has_level_score_fingerprint_and_fix() -> None:
    """The score sorts it, the help says what to do, the rule takes the worst of its findings."""
    harness, embedded, zap = read(SCANNED)
    (critical,) = harness["results"]
    (rule,) = harness["tool"]["driver"]["rules"]
    assert rule["help"] == {"text": "Encode it."}
    assert rule["properties"]["tags"] == ["security", "external/cwe/cwe-079", "API8:2023"]
    assert critical["partialFingerprints"] == {"finding/v1": FOUND[0].fingerprint}
    (location,) = critical["locations"]
    assert location["logicalLocations"] == [{"fullyQualifiedName": WHERE}]
    shown = [*harness["results"], *embedded["results"], *zap["results"]]
    assert [(one["level"], one["properties"]["security-severity"]) for one in shown] == [
        ("error", "9.5"),
        ("error", "8.0"),
        ("warning", "5.5"),
        ("note", "0.0"),
        ("note", "2.0"),
    ]
    assert embedded["tool"]["driver"]["rules"][0]["defaultConfiguration"] == {"level": "error"}


def test_what_a_service_said_is_neither_link_nor_placeholder() -> None:
    """Brackets, braces and backslashes of a message stand for themselves."""
    text = read(SCANNED)[1]["results"][2]["message"]["text"]
    assert text == "A thing that is wrong: \\[a\\](1) {{0}} \\\\ <b>"


def test_a_scan_that_came_to_nothing_has_no_results() -> None:
    """An empty list would say that it looked and found nothing."""
    broken = scan(complete=False, why="it crashed")
    harness, embedded = read(run(scans=(broken,)))
    assert harness["results"] == []
    assert "results" not in embedded
    (invocation,) = embedded["invocations"]
    assert not invocation["executionSuccessful"]
    (told,) = invocation["toolExecutionNotifications"]
    assert told["message"] == {"text": "it crashed"}
    found = read(run(scans=(broken,), findings=(finding(),)))[1]
    assert len(found["results"]) == 1


def test_a_waived_finding_is_suppressed_and_still_there() -> None:
    """With who, why and until; a critical one stays open."""
    one = waiver()
    critical = finding(Severity.CRITICAL, source="zap")
    _, embedded, zap = read(replace(SCANNED, findings=(finding(), critical)), waivers=(one,))
    (result,) = embedded["results"]
    assert result["suppressions"] == [
        {
            "kind": "external",
            "status": "accepted",
            "justification": "ann, until 2026-01-21: behind a login",
        }
    ]
    assert "suppressions" not in zap["results"][0]


def test_the_schema_refuses_what_the_standard_refuses() -> None:
    """A level, a version, a message or a rule's id that is wrong or missing."""
    log = json.loads(sarif([SCANNED]))
    for path, value in (
        (("version",), "2.0.0"),
        (("runs", 0, "tool"), {}),
        (("runs", 0, "results", 0, "level"), "high"),
        (("runs", 0, "results", 0, "message"), {}),
        (("runs", 0, "invocations", 0), {}),
        (("runs", 0, "tool", "driver", "rules", 0, "help"), {}),
    ):
        broken = json.loads(json.dumps(log))
        *steps, last = path
        at = broken
        for step in steps:
            at = at[step]
        at[last] = value
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(broken, SCHEMA)


def test_the_file_is_of_what_the_decision_rests_on(tmp_path: Path) -> None:
    """The last run without one; nothing, and no older file, where nobody looked."""
    store = Store(tmp_path / "store")
    (tmp_path / FILE).write_text("old")
    assert write_findings(tmp_path, store, None) is None
    assert not (tmp_path / FILE).exists()
    whole = run("a", findings=(finding(),))
    digest = store.put_run(whole)
    assert write_findings(tmp_path, store, None) == tmp_path / FILE
    assert json.loads((tmp_path / FILE).read_text(encoding="utf-8"))["runs"][1]["results"]
    later = run("b", hours_ago=0.5, layers=("smoke",), scans=(), checks=())
    store.put_run(later)
    assert write_findings(tmp_path, store, None) is None
    decision = decide(whole, waivers=(waiver(),))
    rests = tuple(replace(line, source=(digest,)) for line in decision.objectives)
    inputs = replace(decision.inputs, runs=(digest,))
    decision = replace(decision, objectives=rests, inputs=inputs)
    save(store, decision, tmp_path)
    write_findings(tmp_path, store, decision)
    log = json.loads((tmp_path / FILE).read_text(encoding="utf-8"))
    assert log["runs"][1]["results"][0]["suppressions"]
