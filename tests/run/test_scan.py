"""The scan of a run: what is no evidence, and what a read-only environment gets."""

from __future__ import annotations

from pathlib import Path

from reports.evidence.record import CheckRecord, Outcome
from tests.reference_service.running import ROOT, RunningService
from tests.run.harness import Ended, pytest_run
from tests.security.zap_fake import KEY, FakeZap, alert, serving


def scanned(ended: Ended) -> CheckRecord:
    """The check."""
    (check,) = [one for one in ended.run.checks if one.id == "security.scan"]
    return check


def test_no_scan_is_no_evidence(tmp_path: Path) -> None:
    """Neither passed nor failed, and the decision says so."""
    ended = pytest_run(
        tmp_path / "out", "-m", "security", "-k", "test_scan", "--env=local", "--no-scan"
    )
    assert scanned(ended).outcome is Outcome.SKIPPED, ended.output
    assert ended.run.scans == ()
    assert ended.code == 2


def test_a_scanner_that_is_missing_is_no_evidence(tmp_path: Path) -> None:
    """The others run all the same; the pass is kept as incomplete, with what is missing."""
    ended = pytest_run(
        tmp_path / "out",
        *("-m", "security", "-k", "test_scan", "--env=local"),
        variables={"WAPITI_BIN": "/nowhere/wapiti"},
    )
    assert scanned(ended).outcome is Outcome.SKIPPED, ended.output
    (scan,) = ended.run.scans
    assert (scan.name, scan.mode, scan.complete) == ("embedded", "active", False)
    assert "WAPITI_BIN is '/nowhere/wapiti'" in str(scan.why)
    assert scan.endpoints >= 10
    assert [one for one in ended.run.findings if one.severity.fails] == []


def test_a_high_alert_of_zap_fails_the_check(tmp_path: Path) -> None:
    """And stands in the evidence, by ZAP's name."""
    service = RunningService("--seed-products", "3")
    try:
        target = f"{service.ready['base_url']}/v1.0"
        fake = FakeZap(target)
        fake.alerts = [alert("High", "SQL Injection", f"{target}/products?q=1")]
        with serving(fake) as address:
            ended = pytest_run(
                tmp_path / "out",
                *("-m", "security", "-k", "test_scan", "--env=local", f"--zap-url={address}"),
                *(f"--{name}-url={service.ready[f'{name}_url']}" for name in ("base", "images")),
                variables={
                    "ZAP_API_KEY": KEY,
                    "LOCAL_TOKEN": service.command({"token": "admin"})["token"],
                },
            )
    finally:
        service.close()
    assert scanned(ended).outcome is Outcome.FAIL, ended.output
    (finding,) = ended.run.findings
    assert (finding.source, finding.severity) == ("zap", "high")
    (scan,) = ended.run.scans
    assert scan.reached
    assert KEY not in ended.output


def test_production_is_looked_at_and_not_attacked(tmp_path: Path) -> None:
    """Unless the command line says the name: then what writes still does not run."""
    text = (ROOT / "fixtures" / "environments" / "local.toml").read_text()
    path = tmp_path / "readonly.toml"
    path.write_text(text.replace("writes = true", "writes = false"))
    service = RunningService("--seed-products", "30")
    try:
        urls = [f"--{name}-url={service.ready[f'{name}_url']}" for name in ("base", "images")]
        tokens = {
            f"LOCAL_TOKEN{ending}": service.command({"token": role})["token"]
            for ending, role in {"": "admin", "_EDITOR": "editor", "_READER": "reader"}.items()
        }
        chosen = ("-m", "security", f"--env={path}", *urls)
        passive = pytest_run(
            tmp_path / "a", *chosen, "-k", "test_scan or test_injection", variables=tokens
        )
        wrong = pytest_run(tmp_path / "b", *chosen, "--allow-active-scan=prod", variables=tokens)
    finally:
        service.close()
    (scan,) = passive.run.scans
    assert (scan.mode, scan.name) == ("passive", "embedded"), passive.output
    assert 1 <= scan.endpoints <= 7
    (injection,) = [one for one in passive.run.checks if one.id == "security.injection"]
    assert injection.outcome is Outcome.NOT_APPLICABLE
    assert "in so many words: --allow-active-scan local" in wrong.output
