"""A weakness on its way from a check into the evidence of the run."""

from __future__ import annotations

from pathlib import Path

from reports.evidence.finding import Severity
from reports.evidence.record import Outcome
from tests.rendering.test_sarif import read
from tests.run.harness import pytest_run


def test_a_finding_is_in_the_evidence_and_fails_its_check(tmp_path: Path) -> None:
    """With workers too, masked, and with a phrase that a fault can name."""
    ended = pytest_run(
        tmp_path / "out",
        *("-m", "security", "-k", "test_expired_token", "-n", "1"),
        *("--env=local", "--fault=expired-token-accepted"),
    )
    assert ended.code == 1, ended.output
    (check,) = [each for each in ended.run.checks if each.id == "security.expired_token"]
    assert check.outcome is Outcome.FAIL
    assert check.failure is not None
    assert check.failure.expectation == "an expired token is refused"
    found = ended.run.findings
    assert {finding.rule for finding in found} == {"expired-token-accepted"}
    assert {finding.severity for finding in found} == {Severity.HIGH}
    assert "GET /products expired" in {finding.where for finding in found}
    assert len({finding.fingerprint for finding in found}) == len(found)
    assert "eyJ" not in ended.output
    (told,) = read(ended.run)
    assert len(told["results"]) == len(found)
    assert all(rule["help"]["text"] for rule in told["tool"]["driver"]["rules"])
    # The exchange that shows it, and who was let in, are evidence too.
    assert check.failure.request is not None
    assert check.failure.request.startswith(("GET http", "POST http", "PUT http", "DELETE http"))
    assert "Authorization" in check.failure.request
    assert check.failure.response is not None
    assert check.failure.response[:3] in ("200", "201", "204")
    let_in = [each for each in ended.run.access if not each.refused]
    assert {each.column for each in ended.run.access} == {"expired"}
    assert let_in
    assert not any(each.good for each in let_in)
