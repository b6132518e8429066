"""The report by the real Allure command line: one file that tells the truth or none at all."""

from __future__ import annotations

import base64
import json
import re
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace
from typer import Typer
from typer.testing import CliRunner, Result

from reports.commands.report import report
from reports.commands.settings import checks_text
from reports.deciding import save
from reports.evidence.store import AlteredEvidence, Store
from reports.gates.loading import load_policy
from reports.rendering import allure_report
from reports.rendering.allure_page import ANALYTICS, outside_tags
from reports.rendering.allure_report import NoResults, render
from reports.rendering.external_tool import ToolFailed
from reports.rendering.node import Node, NodeMissing
from tests.rendering.allure_samples import (
    HOSTILE,
    decision,
    say_nothing,
    write_result,
    write_results,
)


def embedded(page: str) -> dict[str, str]:
    """The data files that Allure embeds in its page, decoded."""
    return {
        name: base64.b64decode(data).decode("utf-8", "replace")
        for name, data in re.findall(r'd\("([^"]+)","([^"]*)"\)', page)
    }


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """A folder with a result of every kind."""
    folder = tmp_path / "allure-results"
    write_results(folder)
    return folder


def test_one_file_shows_everything(results: Path) -> None:
    """Five results and a decision: title, decision, categories, environment, and no other host."""
    out = results.parent / "report.html"
    render(results, out, decision(), say=say_nothing)
    page = out.read_text()
    data = embedded(page)

    assert "<title> HOLD: sit-deployment on sit, build 1.0.0 (rehearsal) </title>" in page
    assert 'id="gate-decision"' in page
    assert HOSTILE not in page
    assert outside_tags(page) == []
    application = base64.b64decode(max(re.findall(r"base64,([^\"]+)", page), key=len))
    assert [word for word in ANALYTICS if word in application.decode().lower()] == []
    categories = json.loads(data["widgets/categories.json"])
    assert {categories["nodes"][root]["name"] for root in categories["roots"]} == {
        "Service failed an expectation",
        "Harness error",
        "Not applicable",
        "No evidence",
    }
    assert json.loads(data["widgets/statistic.json"])["total"] == 5
    assert "1.0.0" in data["widgets/allure_environment.json"]
    assert sorted(p.name for p in results.parent.iterdir()) == [
        "allure-history.jsonl",
        "allure-results",
        "report.html",
    ]


def test_history_is_kept_and_capped(results: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three reports with room for two: trends grow no further than the cap."""
    monkeypatch.setattr(allure_report, "RUNS_IN_HISTORY", 2)
    for _ in range(3):
        render(results, results.parent / "report.html", None, say=say_nothing)
    history = (results.parent / "allure-history.jsonl").read_text().splitlines()
    assert len(history) == 2


def test_an_earlier_try_is_no_missing_result(results: Path) -> None:
    """The same case twice is one case with a retry: the count still agrees."""
    again = json.loads(write_result(results, "again", "passed").read_text())
    again |= {"uuid": "uuid-later", "start": 1_700_000_001_000, "stop": 1_700_000_001_001}
    (results / "uuid-later-result.json").write_text(json.dumps(again))
    assert render(results, results.parent / "report.html", None, say=say_nothing).exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "does not exist"),
        ({}, "has no results"),
        ({"a-result.json": "{"}, "a-result.json is no Allure result"),
        ({"a-result.json": '{"name": "x"}'}, "a-result.json is no Allure result"),
        ({"a-result.json": "[]"}, "a-result.json is no Allure result"),
    ],
)
def test_nothing_to_show_is_refused(
    tmp_path: Path, content: dict[str, str] | None, message: str
) -> None:
    """No folder, no results, half a result: no report, and an older one does not stay behind."""
    results, out = tmp_path / "allure-results", tmp_path / "report.html"
    out.write_text("of an earlier run")
    if content is not None:
        results.mkdir()
        for name, text in content.items():
            (results / name).write_text(text)
    with pytest.raises(NoResults, match=message):
        render(results, out, None, say=say_nothing)
    assert not out.exists()


def test_what_allure_leaves_out_is_noticed(tmp_path: Path) -> None:
    """Allure exits 0 without a result it could not read: the count does not agree."""
    summary = tmp_path / "summary.json"
    summary.write_text('{"stats": {"total": 4}}')
    with pytest.raises(ToolFailed, match="shows 4 of 5"):
        allure_report._compare(summary, 5)
    with pytest.raises(ToolFailed, match="says nothing"):
        allure_report._compare(tmp_path / "missing.json", 5)


def test_a_tool_failure_is_shown_without_secrets(
    results: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tool fails and prints its environment: code and streams are shown, no secret is there."""
    monkeypatch.setenv("SIT_TOKEN", "of-sit")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "of-aws")
    script = results.parent / "cli.js"
    script.write_text("import os, sys\nprint(dict(os.environ))\nsys.exit(9)\n")
    monkeypatch.setattr(allure_report, "installed_cli", lambda *_, **__: script)
    with pytest.raises(ToolFailed, match="exit code 9") as failed:
        render(
            results,
            results.parent / "report.html",
            None,
            say=say_nothing,
            node=Node(Path(sys.executable), ("npm",), (24, 0)),
        )
    assert "PATH" in str(failed.value)
    assert "of-sit" not in str(failed.value)
    assert "of-aws" not in str(failed.value)


@pytest.mark.parametrize(("seconds", "shown"), [(-3600, False), (0, True), (3600, True)])
def test_an_older_decision_is_not_shown(results: Path, seconds: int, shown: bool) -> None:
    """The last run was killed before it decided: the decision of the run before is not its own."""
    said: list[str] = []
    ended = datetime.fromtimestamp(1_700_000_000, UTC)
    made = decision(decided_at=ended + timedelta(seconds=seconds))
    page = render(results, results.parent / "report.html", made, say=said.append).read_text()
    assert ("sit-deployment: smoke failed" in page, "NO DECISION" in page) == (shown, not shown)
    assert any("older than these results" in line for line in said) is not shown


def gate_report(home: Path) -> Result:
    """`gate report` by itself; its exit code is what the command returns."""
    app = Typer()
    app.command()(report)
    return CliRunner().invoke(app, ["--report-dir", str(home)], standalone_mode=False)


def keep(home: Path) -> Path:
    """Put a decision into the store, and beside the results; returns its file."""
    store = Store(home / "store")
    made = decision()
    line = replace(made.objectives[0], source=())
    texts = tuple(store.put_text(text) for text in load_policy("sit-deployment").texts)
    inputs = replace(made.inputs, checks=store.put_text(checks_text()), policy=texts)
    save(store, replace(made, inputs=inputs, objectives=(line,)), home)
    return home / "decision.json"


def test_command_draws_the_last_run(results: Path) -> None:
    """`gate report`: exit code 0 and the place of the file."""
    keep(results.parent)
    done = gate_report(results.parent)
    assert done.return_value == 0, done.output
    assert done.stdout.splitlines() == [
        f"Report: {results.parent / 'report.html'}",
        f"Decision: {results.parent / 'decision.html'}",
    ]
    assert "sit-deployment: smoke failed" in (results.parent / "report.html").read_text()


@pytest.mark.parametrize(
    ("raised", "code"),
    [(NodeMissing("no node"), 4), (ToolFailed("broke"), 3), (NoResults("nothing"), 2)],
)
def test_command_exit_codes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, raised: Exception, code: int
) -> None:
    """Each failure: one message on standard error, its exit code, no traceback."""

    def fail(*_: object, **__: object) -> None:
        raise raised

    monkeypatch.setattr(allure_report, "render", fail)
    done = gate_report(tmp_path)
    assert (done.return_value, done.stderr.strip()) == (code, f"gate: {raised}")


@pytest.mark.parametrize(
    ("old", "new"), [(b'"hold"', b'"promote"'), (b'"decision"', b'"verdict_"'), (b"{", b"[")]
)
def test_command_refuses_an_altered_decision(results: Path, old: bytes, new: bytes) -> None:
    """Somebody edits decision.json: it is not drawn, as it is not the one that was kept."""
    file = keep(results.parent)
    file.write_bytes(file.read_bytes().replace(old, new, 1))
    done = gate_report(results.parent)
    assert isinstance(done.exception, AlteredEvidence)
    assert "decision.json" in str(done.exception)
