"""``gate attest`` and ``gate waive``: what is taken, what is refused, and who spoke."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from moto import mock_aws

from reports.aws import client
from reports.cli import exit_code
from reports.evidence.store import Store
from reports.evidence.word import Person
from reports.identity import speaking
from reports.strict_toml import ConfigurationError

ITEM = ("attest", "SIT-APPROVAL-05", "--role=tech-lead", "--build=v1.0.0-sit", "--by=Ann")
WAIVER = (
    *("waive", "reads", "--gate=sit-signoff", "--build=1.0.0", "--owner=Ben", "--by=Ann"),
    *("--reason=the fix is on its way", "--until=2099-01-01"),
)


@pytest.fixture(autouse=True)
def no_workflow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is known but by name."""
    monkeypatch.delenv("ACTIONS_ID_TOKEN_REQUEST_URL", raising=False)


def gate(folder: Path, *words: str) -> int:
    """``gate WORDS`` with its store there."""
    return exit_code([*words, f"--report-dir={folder}"])


def test_a_word_is_kept(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """With its build, gate, role, person and end."""
    assert gate(tmp_path, *ITEM, "--link=https://example.com/1", "--until=2099-01-01") == 0
    ((_, word),) = Store(tmp_path / "store").attestations()
    assert (word.item, word.role, word.gate, word.build) == (
        "SIT-APPROVAL-05",
        "tech-lead",
        "sit-readiness",
        "1.0.0",
    )
    assert word.by == Person(name="Ann", known_by="name")
    assert word.until.isoformat() == "2099-01-01T23:59:59+00:00"
    assert word.holds
    assert "SIT-APPROVAL-05 holds, says Ann as tech-lead" in capfd.readouterr().out


def test_a_denial_is_kept(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """It is a word as well; it has no last day, and a name alone is enough for it."""
    assert gate(tmp_path, *ITEM, "--denied") == 0
    ((_, word),) = Store(tmp_path / "store").attestations()
    assert not word.holds
    assert "until a newer word" in capfd.readouterr().out
    about_prod = ("attest", "PROD-CHANGE-03", "--role=product-owner", "--build=1", "--by=Ann")
    assert gate(tmp_path, *about_prod, "--denied") == 0
    assert "does not take a name alone" not in capfd.readouterr().err
    assert gate(tmp_path, *about_prod) == 0
    assert "does not take a name alone" in capfd.readouterr().err


def test_a_waiver_is_kept(tmp_path: Path) -> None:
    """With owner, reason and last day."""
    assert gate(tmp_path, *WAIVER) == 0
    ((_, word),) = Store(tmp_path / "store").grants()
    assert (word.objective, word.owner, word.reason) == ("reads", "Ben", "the fix is on its way")


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("attest", "SIT-ENV-01", *ITEM[2:]), "is not for a person to say: check readiness"),
        (("attest", "SIT-APPROVL-05", *ITEM[2:]), "SIT-APPROVAL-05"),
        ((*ITEM[:2], "--role=qa-lead", *ITEM[3:]), "is for the tech-lead, not the qa-lead"),
        (ITEM[:-1], "who is speaking?"),
        ((*ITEM, "--link=minutes"), "an address"),
        ((*ITEM, "--until=tomorrow"), "a day, such as"),
        ((*ITEM, "--until=2020-01-01"), "that day is over"),
        (("waive", "raeds", *WAIVER[2:]), "reads"),
        (("waive", "subject", *WAIVER[2:]), "has no objective subject that can be waived"),
        (
            ("waive", "trigger-error-rate", "--gate=prod-canary", *WAIVER[3:]),
            "is a rollback trigger",
        ),
        ((*WAIVER, "--reason= "), "a waiver says it"),
    ],
)
def test_what_is_refused(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], words: tuple[str, ...], why: str
) -> None:
    """Exit 4, with what would be right; nothing is kept."""
    assert gate(tmp_path, *words) == 4
    assert why in capfd.readouterr().err
    assert not (tmp_path / "store" / "attestations").exists()
    assert not (tmp_path / "store" / "waivers").exists()


def test_a_workflow_speaks_for_its_actor(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its token tells who; a name beside it is not heard."""
    monkeypatch.setenv("ACTIONS_ID_TOKEN_REQUEST_URL", "https://example.com/?x=1")
    monkeypatch.setenv("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "s3cret")
    asked: list[tuple[str, str]] = []

    def claims(url: str, token: str) -> dict[str, Any]:
        asked.append((url, token))
        return {"actor": "ann", "repository": "bbws/x", "workflow": "promote", "run_id": "7"}

    person = speaking("somebody else", aws=False, claims=claims)
    assert person == Person(name="ann", known_by="github", source="bbws/x promote run 7")
    assert asked == [("https://example.com/?x=1", "s3cret")]
    with pytest.raises(ConfigurationError, match="names no actor"):
        speaking(None, aws=False, claims=lambda *_: {})


@pytest.fixture
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody's, and no configuration of the machine."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, "/nonexistent")
    monkeypatch.delenv("AWS_PROFILE", raising=False)


@pytest.mark.usefixtures("credentials")
@pytest.mark.parametrize("where", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_STS", "a file"])
def test_the_aws_caller_is_told_by_aws(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, where: str
) -> None:
    """No variable and no file puts another service in its place."""
    if where == "a file":
        config = tmp_path / "config"
        config.write_text("[default]\nendpoint_url = http://127.0.0.1:9\n")
        monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    else:
        monkeypatch.setenv(where, "http://127.0.0.1:9")
    with mock_aws():  # answers for AWS's own addresses alone
        person = speaking(None, aws=True)
    assert (person.known_by, person.source) == ("aws", "123456789012")


@pytest.mark.usefixtures("credentials")
@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:9", "https://sts.example.com", "http://sts.amazonaws.com"]
)
def test_a_caller_told_by_another_service_is_refused(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    """However its client came to such an address; nothing is sent there."""

    def elsewhere(service: str, *, region: str) -> Any:
        return client(service, region=region, endpoint=address)

    monkeypatch.setattr("reports.aws.client", elsewhere)
    with pytest.raises(ConfigurationError, match="is none of AWS's addresses"):
        speaking(None, aws=True)


def test_a_workflow_s_token_that_cannot_be_had(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the token or its address is told."""
    monkeypatch.setenv("ACTIONS_ID_TOKEN_REQUEST_URL", "http://127.0.0.1:9/?s=s3cret")
    monkeypatch.setenv("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "s3cret")
    with pytest.raises(ConfigurationError) as told:
        speaking(None, aws=False)
    assert "s3cret" not in str(told.value)
