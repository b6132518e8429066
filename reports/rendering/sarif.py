"""Findings in the format that security tools exchange: SARIF 2.1.0, of OASIS.

One of its runs for each tool and run of ours, since a run there has one tool: the harness with its
checks, and each scanner.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from reports.evidence.finding import Finding, Severity
from reports.evidence.record import RunRecord
from reports.evidence.scan import Scan
from reports.evidence.store import Store
from reports.judging.decision import Decision
from reports.judging.waiver import Waiver

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
FILE = "findings.sarif"
HARNESS = "promotion-gate"
_LEVELS = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
    Severity.INFO: "note",
}
# On the scale of CVSS, by which code scanning sorts: 9 and above is critical, 7 high, 4 medium.
_SCORES = {
    Severity.CRITICAL: "9.5",
    Severity.HIGH: "8.0",
    Severity.MEDIUM: "5.5",
    Severity.LOW: "2.0",
    Severity.INFO: "0.0",
}
_SPECIAL = re.compile(r"[\[\]\\]")


def write_findings(report_dir: Path, store: Store, decision: Decision | None) -> Path | None:
    """Write the file; its path, or None where no run has findings, scans or security's checks.

    With a decision it tells of the runs that the decision rests on, without one of the last run.
    An older file is removed first. Raises AlteredEvidence.
    """
    target = report_dir / FILE
    target.unlink(missing_ok=True)
    if decision is None:
        runs = [run for _, run in store.runs()[-1:]]
    else:
        sources = {digest for line in decision.objectives for digest in line.source}
        runs = [store.get_run(one) for one in decision.inputs.runs if one in sources]
    runs = [run for run in runs if run.findings or run.scans or "security" in run.layers]
    if not runs:
        return None
    waivers = (
        [one for one in decision.inputs.waivers if not one.expired(decision.decided_at)]
        if decision
        else []
    )
    scratch = target.with_suffix(".tmp")
    scratch.write_text(sarif(runs, waivers), encoding="utf-8")
    scratch.replace(target)
    return target


def sarif(runs: Iterable[RunRecord], waivers: Sequence[Waiver] = ()) -> str:
    """The file's text. ``waivers`` suppress what they name, unless it is critical."""
    log = {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [each for run in runs for each in _runs(run, waivers)],
    }
    return json.dumps(log, indent=2, ensure_ascii=False) + "\n"


def _runs(run: RunRecord, waivers: Sequence[Waiver]) -> Iterator[dict[str, Any]]:
    scanners = {scan.name: scan for scan in run.scans}
    by_tool: dict[str, list[Finding]] = {HARNESS: [], **{name: [] for name in scanners}}
    for finding in run.findings:
        by_tool[finding.source if finding.source in scanners else HARNESS].append(finding)
    for name, findings in by_tool.items():
        yield _run(run, scanners.get(name), findings, waivers)


def _run(
    run: RunRecord, scan: Scan | None, findings: list[Finding], waivers: Sequence[Waiver]
) -> dict[str, Any]:
    rules: dict[str, dict[str, Any]] = {}
    for finding in sorted(findings, key=lambda one: one.severity.rank):
        rules.setdefault(finding.rule, _rule(finding))  # by the worst
    order = list(rules)
    name, version = (scan.name, scan.version) if scan else (HARNESS, run.source.harness)
    complete = scan.reached if scan else run.complete
    described: dict[str, Any] = {
        "tool": {"driver": {"name": name, "version": version, "rules": list(rules.values())}},
        "automationDetails": {"id": f"{name}/{run.environment.name}/{run.run_id}"},
        "invocations": [_invocation(run, scan, complete=complete)],
        "properties": {
            "build": run.subject.build or run.subject.version or "",
            "environment": run.environment.name,
            "rehearsal": list(run.rehearsal),
        },
    }
    if findings or complete:  # none of them says that it looked and found nothing
        described["results"] = [
            _result(finding, order.index(finding.rule), run, waivers) for finding in findings
        ]
    return described


def _invocation(run: RunRecord, scan: Scan | None, *, complete: bool) -> dict[str, Any]:
    told: dict[str, Any] = {
        "executionSuccessful": complete,
        "startTimeUtc": _time(run.started),
        "endTimeUtc": _time(run.ended),
    }
    if not complete:
        why = (scan.why or "it reached nothing") if scan else run.stopped
        text = _message(why or "it did not come to its end")
        told["toolExecutionNotifications"] = [{"level": "error", "message": text}]
    return told


def _rule(finding: Finding) -> dict[str, Any]:
    return {
        "id": finding.rule,
        "shortDescription": {"text": finding.title},
        "help": {"text": finding.remediation},
        "defaultConfiguration": {"level": _LEVELS[finding.severity]},
        "properties": {
            "security-severity": _SCORES[finding.severity],
            "tags": ["security", f"external/cwe/cwe-{finding.cwe:03}", finding.owasp],
        },
    }


def _result(
    finding: Finding, index: int, run: RunRecord, waivers: Sequence[Waiver]
) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": index,
        "level": _LEVELS[finding.severity],
        "message": _message(f"{finding.title}: {finding.evidence}"),
        "locations": [
            {
                "physicalLocation": {"artifactLocation": {"uri": run.environment.base_url}},
                "logicalLocations": [{"fullyQualifiedName": finding.where}],
            }
        ],
        "partialFingerprints": {"finding/v1": finding.fingerprint},
        "properties": {
            "severity": finding.severity.value,
            "security-severity": _SCORES[finding.severity],
            "source": finding.source,
        },
    }
    taken = [
        one
        for one in waivers
        if one.fingerprint == finding.fingerprint and finding.severity is not Severity.CRITICAL
    ]
    if taken:
        result["suppressions"] = [
            {
                "kind": "external",
                "status": "accepted",
                "justification": f"{one.owner}, until {one.until}: {one.reason}",
            }
            for one in taken
        ]
    return result


def _message(text: str) -> dict[str, str]:
    """As it stands: neither a link (section 3.11.6 of the standard) nor a placeholder (3.11.5)."""
    escaped = _SPECIAL.sub(lambda match: f"\\{match[0]}", text)
    return {"text": escaped.replace("{", "{{").replace("}", "}}")}


def _time(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
