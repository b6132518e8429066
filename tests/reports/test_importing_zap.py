"""``gate evidence import --zap``: what ZAP reported is evidence, or refused with a reason.

The report has the shape of ZAP's "Traditional JSON Report" (zaproxy.org/docs/desktop/addons/
report-generation/report-traditional-json/).
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from fixtures.environment import load_environment
from reports.cli import exit_code
from reports.commands.importing_zap import imported_scan
from reports.deciding import read_decision
from reports.evidence.finding import Severity
from reports.evidence.generator_files import ImportRefused
from reports.evidence.store import Store

SIT = load_environment("sit")
ALERT: dict[str, Any] = {
    "pluginid": "40018",
    "alertRef": "40018",
    "alert": "SQL Injection",
    "name": "SQL Injection",
    "riskcode": "3",
    "confidence": "2",
    "riskdesc": "High (Medium)",
    "desc": "<p>SQL injection may be possible.</p>",
    "instances": [
        {
            "uri": f"{SIT.base_url}/v1.0/products?q=1",
            "method": "GET",
            "param": "q",
            "attack": "' OR 1=1",
            "evidence": "",
            "otherinfo": "",
        }
    ],
    "count": "1",
    "solution": "<p>Do not trust client side input.</p>",
    "reference": "",
    "cweid": "89",
    "wascid": "19",
    "sourceid": "5",
}


def written(folder: Path, *alerts: dict[str, Any], **changed: Any) -> Path:
    """A report of these alerts."""
    site = {"@name": SIT.base_url, "@host": "", "@port": "443", "@ssl": "true", "alerts": alerts}
    report = {
        "@programName": "ZAP",
        "@version": "2.16.1",
        "@generated": "Sat, 10 Jan 2026 11:00:00",
        "site": [site],
        **changed,
    }
    path = folder / "report.json"
    path.write_text(json.dumps(report))
    return path


def test_a_report_is_a_run_of_the_layer(tmp_path: Path) -> None:
    """With its findings on our scale, once each, and the scan that saw them."""
    false = {**ALERT, "confidence": "0", "pluginid": "1"}
    low = {**ALERT, "riskcode": "1", "pluginid": "10021", "alertRef": "10021", "cweid": "-1"}
    run = imported_scan(written(tmp_path, low, false, ALERT), SIT, build="1.0.0")
    assert (run.layers, run.subject.build, run.rehearsal) == (("security",), "1.0.0", ())
    high, other = run.findings
    assert (high.severity, high.cwe, high.rule) == (Severity.HIGH, 89, "zap-40018")
    assert high.where == "GET /v1.0/products q"
    assert high.remediation == "Do not trust client side input."
    assert (other.severity, other.cwe) == (Severity.LOW, 693)
    (scan,) = run.scans
    assert (scan.name, scan.version, scan.mode) == ("zap", "2.16.1", "imported")
    assert scan.reached
    again = imported_scan(written(tmp_path, low, false, ALERT), SIT, build="1.0.0")
    assert again.run_id == run.run_id


def test_refusals_alone_are_no_scan(tmp_path: Path) -> None:
    """A report that tells of 4xx and of nothing else is kept as what it is."""
    refused = {**ALERT, "pluginid": "100000", "riskcode": "0"}
    (scan,) = imported_scan(written(tmp_path, refused), SIT, build="1.0.0").scans
    assert (scan.complete, scan.why) == (False, "it tells of nothing but refusals")


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"site": {}}, "no JSON report of ZAP"),
        ({"site": [{"@name": "x"}]}, "a site has no alerts"),
        ({"site": []}, "it says nothing of"),
        ({"@generated": "yesterday"}, "no time as ZAP writes it"),
    ],
)
def test_what_is_no_report_is_refused(tmp_path: Path, changed: dict[str, Any], why: str) -> None:
    """Each with its reason; so is one about another host."""
    with pytest.raises(ImportRefused, match=why):
        imported_scan(written(tmp_path, ALERT, **changed), SIT, build="1.0.0")
    elsewhere = {**ALERT["instances"][0], "uri": "https://elsewhere.test/"}
    with pytest.raises(ImportRefused, match="it says nothing of"):
        imported_scan(written(tmp_path, {**ALERT, "instances": [elsewhere]}), SIT, build="1.0.0")


def test_the_command(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Imported once; twice is refused."""
    path = str(written(tmp_path, ALERT))
    arguments = ["evidence", "import", "--zap", path, "--env=sit", "--build=1.0.0"]
    arguments.append(f"--report-dir={tmp_path / 'out'}")
    assert exit_code(arguments) == 0
    assert "ZAP 2.16.1, 1 findings at 1 places" in capfd.readouterr().out
    assert exit_code(arguments) == 2
    assert "imported already" in capfd.readouterr().err
    assert len(Store(tmp_path / "out" / "store").runs()) == 1


@pytest.mark.parametrize(("risk", "result"), [("3", "fail"), ("2", "no_evidence")])
def test_a_high_alert_holds_the_gate(tmp_path: Path, risk: str, result: str) -> None:
    """From the file on disk to the objective of the decision; a medium one does not."""
    now = datetime.now(UTC).strftime("%a, %d %b %Y %H:%M:%S")
    path = written(tmp_path, {**ALERT, "riskcode": risk}, **{"@generated": now})
    place = f"--report-dir={tmp_path / 'out'}"
    of = ["--build=1.0.0", place]
    assert exit_code(["evidence", "import", "--zap", str(path), "--env=sit", *of]) == 0
    assert exit_code(["decide", "sit-signoff", *of]) == (1 if result == "fail" else 2)
    decision = read_decision((tmp_path / "out" / "decision.json").read_bytes(), "decision.json")
    (scan,) = [line for line in decision.objectives if line.id == "scan"]
    assert (scan.result, scan.value) == (result, "1" if result == "fail" else "0")
    assert decision.decision == "hold"
