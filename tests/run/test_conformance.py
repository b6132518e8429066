"""What a run makes of answers that break the contract while a check is about something else."""

from __future__ import annotations

from pathlib import Path

import pytest

from reports.evidence.record import Outcome
from tests.run.small_project import SmallProject

CODE = """
from fixtures.transport import Exchange

def seen(evidence, conformance, status):
    evidence.observe("looked", {})
    exchange = Exchange(
        method="GET", url="http://127.0.0.1:1/v1.0/products/health", request_headers={},
        request_body=b"", status=status, headers={"Content-Type": "text/html"}, body=b"s3cr3t",
        elapsed_s=0.0, curl="curl -X GET http://127.0.0.1:1/v1.0/products/health",
        mask=lambda text: text,
    )
    conformance.look(exchange, "/products/health")

def test_it(evidence, conformance):
    seen(evidence, conformance, 200)
    seen(evidence, conformance, 201)
"""


@pytest.fixture
def project(tmp_path: Path) -> SmallProject:
    """A project whose checks are held against the contract."""
    project = SmallProject(tmp_path)
    project.conftest('"reports.recorder"', '"reports.recorder", "fixtures.conformance"')
    return project


def test_a_broken_promise_fails_a_check_that_would_pass(project: SmallProject) -> None:
    """Two answers break the contract, the check itself is content: it fails for the first."""
    ended = project.run(CODE)
    failure = ended.run.checks[0].failure
    assert ended.run.checks[0].outcome is Outcome.FAIL, ended.output
    assert failure is not None
    assert failure.expectation == "every answer keeps the contract"
    assert failure.expected == "what openapi.yaml says of GET /products/health: 200"
    assert failure.actual == "200 with content type text/html instead of application/json"
    assert failure.curl == "curl -X GET http://127.0.0.1:1/v1.0/products/health"
    assert ended.code == 1


@pytest.mark.parametrize(
    ("end", "outcome"),
    [
        ("assert False, 'its own expectation'", Outcome.FAIL),
        ("pytest.skip('its own expectation')", Outcome.SKIPPED),
        ("raise RuntimeError('its own expectation')", Outcome.ERROR),
    ],
)
def test_what_the_check_says_itself_goes_first(
    project: SmallProject, end: str, outcome: Outcome
) -> None:
    """Answers break the contract, and the check ends in its own way: that is what is recorded."""
    ended = project.run(f"{CODE}    {end}\n")
    check = ended.run.checks[0]
    assert check.outcome is outcome, ended.output
    said = check.failure.expectation if check.failure else check.reason
    assert "its own expectation" in said
