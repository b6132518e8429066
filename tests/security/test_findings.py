"""Findings: what they hold, how they are told apart, and how they end a check."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
import pytest

from fixtures.expectations import Unmet
from fixtures.security.findings import Findings
from fixtures.security.rules import rules
from reports.evidence.access import Access
from reports.evidence.finding import Finding, Severity, bounded, fingerprint
from reports.kept import KeptMeasurements
from reports.strict_toml import ConfigurationError

WHERE = "GET /products/{product_id} path product_id"


class Kept:
    """What a check's evidence keeps, in memory."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []

    def observe(self, what: str, details: Mapping[str, str]) -> None:
        """Nothing."""

    def left_behind(self, what: str) -> None:
        """Nothing."""

    def keep_finding(self, finding: Finding) -> None:
        """Remember it."""
        self.findings.append(finding)

    def keep_access(self, access: Access) -> None:
        """Nothing."""


def test_rules_have_a_phrase_of_their_own() -> None:
    """A fault names a rule by its phrase, so no two rules have the same."""
    phrases = [rule.expectation for rule in rules().values()]
    assert len(set(phrases)) == len(phrases)
    assert all(rule.remediation.endswith((".", "!")) for rule in rules().values())


def test_unknown_rule_is_refused() -> None:
    """A misspelt rule is told with the nearest one."""
    with pytest.raises(ConfigurationError, match='did you mean "no-token-accepted"'):
        Findings(Kept(), "security.x").report("no-token-acepted", where=WHERE, evidence="200")


def test_worst_finding_ends_the_check() -> None:
    """All are kept; the worst one speaks."""
    kept = Kept()
    findings = Findings(kept, "security.x")
    findings.report("cors-any-origin", where=WHERE, evidence="low")
    findings.report("internals-told", where=WHERE, evidence="medium")
    findings.report("no-token-accepted", where=WHERE, evidence="critical")
    with pytest.raises(Unmet) as told:
        findings.judge()
    assert told.value.expectation == "nothing is done without a token"
    assert "(and 1 more)" in told.value.actual
    assert [finding.rule for finding in kept.findings] == [
        "cors-any-origin",
        "internals-told",
        "no-token-accepted",
    ]


@pytest.mark.parametrize("severity", [Severity.LOW, Severity.INFO])
def test_low_findings_are_kept_and_fail_nothing(severity: Severity) -> None:
    """They are for people to read."""
    kept = Kept()
    findings = Findings(kept, "security.x")
    findings.report("internals-told", where=WHERE, evidence="a word", severity=severity)
    findings.judge()
    assert [finding.severity for finding in kept.findings] == [severity]


def test_same_weakness_is_kept_once() -> None:
    """A second payload at the same place is the same weakness; another key is another."""
    kept = Kept()
    findings = Findings(kept, "security.x")
    for key in ("", "", "other"):
        findings.report("internals-told", where=WHERE, evidence="x", key=key)
    assert len(kept.findings) == 2


def test_fingerprint_is_the_same_in_every_run() -> None:
    """Ids, case and white space say nothing; rule, place and key do."""
    one = fingerprint("r", "GET /products/0b6f8f0e-3f0f-4a53-9d1c-8a5c0a3d6f11  path id")
    two = fingerprint("r", "get /products/1b6f8f0e-3f0f-4a53-9d1c-8a5c0a3d6f12 path id")
    assert one == two
    assert len({one, fingerprint("s", WHERE), fingerprint("r", WHERE, "k")}) == 3


def test_evidence_is_bounded_and_printable() -> None:
    """What a hostile service answers neither fills the store nor moves a cursor."""
    assert bounded("a\x1b[2Jb\nc") == "a [2Jb\nc"
    assert len(bounded("x" * 5000)) < 1100


def test_findings_travel_with_reports() -> None:
    """What a worker's report carries comes out once, the worst first."""
    kept = Kept()
    findings = Findings(kept, "security.x")
    findings.report("cors-any-origin", where=WHERE, evidence="low")
    findings.report("no-token-accepted", where=WHERE, evidence="critical")
    said = {"findings": msgspec.to_builtins(kept.findings)}
    measurements = KeptMeasurements()
    measurements.take(said)
    measurements.take(said)
    assert [each.rule for each in measurements.findings()] == [
        "no-token-accepted",
        "cors-any-origin",
    ]


def test_a_finding_of_another_shape_is_refused() -> None:
    """Evidence is strict: an unknown severity or entry of OWASP is an error."""
    kept = Kept()
    finding = Findings(kept, "s").report("internals-told", where=WHERE, evidence="x")
    for change in ({"severity": "bad"}, {"owasp": "A1:2021"}, {"cwe": 0}, {"more": 1}):
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert({**msgspec.to_builtins(finding), **change}, Finding)
