"""ZAP through its API, against the answers that its documentation has."""

from __future__ import annotations

import pytest

from fixtures.environment import load_environment
from fixtures.security.scanning.zap import Done, Zap, connected
from fixtures.tokens import Tokens
from reports.evidence.finding import Severity
from reports.strict_toml import ConfigurationError
from tests.security.zap_fake import KEY, FakeZap, alert, serving

TARGET = "https://api.example.test/v1.0"
IMAGES = "https://images.example.test"
TOKEN = "eyJhbGciOi.of-the.admin"


def scanned(fake: FakeZap, *, key: str = KEY, active: bool = True, within_s: float = 60) -> Done:
    """A scan by ``fake``."""
    with serving(fake) as address:
        zap = Zap(
            address,
            key,
            lambda text: text.replace(TOKEN, "***"),
            within_s=within_s,
            sleep=lambda _: None,
        )
        return zap.scan(b"{}", TARGET, IMAGES, TOKEN, active=active, say=lambda _: None)


def test_a_whole_scan() -> None:
    """Imported, with the token for this host alone, scanned in its context, and tidied up."""
    fake = FakeZap(TARGET)
    fake.alerts = [
        alert("High", "SQL Injection", f"{TARGET}/products?q=1"),
        alert("Informational", "Modern Web Application", "https://elsewhere.test/"),
        alert("High", "XSS", f"{TARGET}/products", confidence="False Positive"),
    ]
    done = scanned(fake)
    assert done.scan.complete, done.scan.why
    assert done.scan.reached
    assert (done.scan.name, done.scan.version, done.scan.mode) == ("zap", "2.16.1", "active")
    assert (done.scan.requests, done.scan.endpoints) == (1201, 1)
    (found,) = done.findings
    assert (found.severity, found.cwe, found.source) == (Severity.HIGH, 89, "zap")
    assert found.where == "GET /v1.0/products q"
    assert found.remediation == "Do not trust client side input."
    rule = fake.said("/JSON/replacer/action/addRule/")
    assert rule["replacement"] == f"Bearer {TOKEN}"
    assert rule["url"].startswith(r"^https://api\.example\.test")
    scan = fake.said("/JSON/ascan/action/scan/")
    assert (scan["inScopeOnly"], scan["contextId"]) == ("true", "2")
    assert "/JSON/replacer/action/removeRule/" in fake.calls()
    assert "/JSON/context/action/removeContext/" in fake.calls()
    assert TOKEN not in repr(done)


def test_a_passive_scan_attacks_nothing() -> None:
    """Only what the import itself sends is looked at."""
    fake = FakeZap(TARGET)
    done = scanned(fake, active=False)
    assert done.scan.mode == "passive"
    assert not [path for path in fake.calls() if "ascan" in path]


def test_what_is_no_evidence() -> None:
    """A wrong key, a scan without end, a service that lets nothing in: not complete, and why."""
    refused = scanned(FakeZap(TARGET), key="another")
    assert (refused.scan.complete, refused.scan.version) == (False, "")
    assert "bad_api_key" in str(refused.scan.why)
    endless = FakeZap(TARGET, finishes=False)
    late = scanned(endless, within_s=0)
    assert "did not end within" in str(late.scan.why)
    assert "/JSON/ascan/action/stop/" in endless.calls()
    assert "/JSON/replacer/action/removeRule/" in endless.calls()
    outside = scanned(FakeZap(TARGET, status=401))
    assert outside.scan.why == "no operation let it in"


def test_an_address_and_a_key_that_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """Said at once, by the name of what is wrong."""
    tokens = Tokens(load_environment("local"))
    monkeypatch.delenv("ZAP_API_KEY", raising=False)
    with pytest.raises(ConfigurationError, match="ZAP_API_KEY is not set"):
        connected("http://127.0.0.1:8080", tokens)
    with pytest.raises(ConfigurationError, match="--zap-url"):
        connected("127.0.0.1:8080", tokens)
