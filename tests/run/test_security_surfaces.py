"""The checks of TLS and of signed URLs, run as for a real environment."""

from __future__ import annotations

from pathlib import Path

import pytest

from reports.evidence.record import Outcome
from tests.reference_service.running import ROOT, RunningService
from tests.run.harness import Ended, pytest_run

ROLES = {"": "admin", "_EDITOR": "editor", "_READER": "reader", "_LIMITED": "limited"}


def run(
    service: RunningService, folder: Path, *arguments: str, trusted: bool = True, name: str = "SIT"
) -> Ended:
    """pytest against a running service, its authority trusted or not."""
    variables = {
        f"{name}_TOKEN{ending}": service.command({"token": role})["token"]
        for ending, role in ROLES.items()
    }
    if trusted and service.ready["ca_file"]:
        variables["REQUESTS_CA_BUNDLE"] = service.ready["ca_file"]
    urls = [
        f"--{option.replace('_', '-')}={service.ready[option]}"
        for option in ("base_url", "images_url", "aws_endpoint_url")
    ]
    return pytest_run(folder / "out", *urls, *arguments, variables=variables)


def outcome(ended: Ended, check: str) -> tuple[Outcome, str]:
    """How a check ended, and for which expectation."""
    (found,) = [one for one in ended.run.checks if one.id == check]
    return found.outcome, found.failure.expectation if found.failure else ""


def test_sit_over_tls(tmp_path: Path) -> None:
    """SIT's own file with other addresses: TLS is real, and judged as such."""
    service = RunningService("--as", "sit", "--tls")
    try:
        chosen = ("-m", "security", "--env=sit", "-k", "encryption or cdn")
        healthy = run(service, tmp_path / "a", *chosen)
        spoilt = run(service, tmp_path / "b", *chosen, trusted=False)
    finally:
        service.close()
    transit = "security.encryption_in_transit"
    assert outcome(healthy, transit) == (Outcome.PASS, ""), healthy.output
    assert outcome(healthy, "security.encryption_at_rest")[0] is Outcome.PASS, healthy.output
    assert outcome(spoilt, transit) == (Outcome.FAIL, "the certificate is trusted"), spoilt.output


def test_plain_http_is_no_tls(tmp_path: Path) -> None:
    """An environment that says it has TLS, at plain addresses: failed, and never passed over."""
    service = RunningService("--as", "sit")
    try:
        ended = run(service, tmp_path, "-m", "security", "--env=sit", "-k", "in_transit")
    finally:
        service.close()
    wanted = (Outcome.FAIL, "API and images host speak TLS")
    assert outcome(ended, "security.encryption_in_transit") == wanted, ended.output


@pytest.mark.parametrize("arguments", [("--signed-urls",), ("--signed-urls", "--tls")])
def test_signed_urls(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """Where they are declared they are looked at, and a service that has them passes."""
    text = (ROOT / "fixtures" / "environments" / "local.toml").read_text()
    path = tmp_path / "signed.toml"
    path.write_text(text.replace("signed_urls = false", "signed_urls = true"))
    service = RunningService(*arguments)
    try:
        chosen = ("-m", "security", f"--env={path}", "-k", "signed or images_host or poisoning")
        ended = run(service, tmp_path, *chosen, name="LOCAL")
    finally:
        service.close()
    for check in ("signed_urls", "images_host_content", "cache_poisoning"):
        assert outcome(ended, f"security.{check}") == (Outcome.PASS, ""), ended.output


def test_without_a_browser_nothing_is_known(tmp_path: Path) -> None:
    """The check of scripts is skipped, says what to install, and is no evidence."""
    ended = pytest_run(
        tmp_path / "out",
        *("-m", "security", "--env=local", "-k", "no_script"),
        variables={"GATE_BROWSER": "no-such-browser"},
    )
    assert outcome(ended, "security.no_script_runs") == (Outcome.SKIPPED, "")
    assert "requirements/browser.lock" in ended.output
    assert ended.code == 2
