"""Draws the Allure 3 report of a run as one HTML file. It shows the decision, it makes none."""

from __future__ import annotations

import json
import os
import re
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from reports.judging.decision import Decision
from reports.rendering.allure_cli import installed_cli
from reports.rendering.allure_page import Links, finish_page, headline
from reports.rendering.external_tool import Say, ToolFailed, run_tool
from reports.rendering.node import Node, find_node

GENERATE_LIMIT_S = 120.0
CLOCK_STEP = timedelta(seconds=1)  # of the time of a decision
RUNS_IN_HISTORY = 20  # about 1 kB a check a run

# Allure ignores categories.json. A result belongs to the first that it matches.
CATEGORIES = [
    {"name": "Service failed an expectation", "matchers": {"statuses": ["failed"]}},
    {"name": "Harness error", "matchers": {"statuses": ["broken"]}},
    {
        "name": "Not applicable",
        "matchers": {"statuses": ["skipped"], "message": "NotApplicable|[Nn]ot applicable"},
    },
    {"name": "No evidence", "matchers": {"statuses": ["skipped", "unknown"]}},
]

_SECRET = re.compile(r"TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIAL|API_?KEY|^AWS_", re.IGNORECASE)


class NoResults(Exception):  # noqa: N818 - the word for it
    """There is nothing to report, or what is there cannot be read: a report of it would lie."""


class _Result(msgspec.Struct):
    """What every Allure result must have; Allure itself leaves out those it cannot read."""

    uuid: str
    name: str
    status: str
    historyId: str  # noqa: N815
    stop: int  # ms since 1970


def render(
    results_dir: Path,
    out_file: Path,
    decision: Decision | None,
    *,
    say: Say,
    node: Node | None = None,
    links: Links = (),
) -> Path:
    """Write ``out_file`` from the Allure results of one or more runs; returns it.

    ``links`` are the pages beside it to link to.
    The history of earlier reports is kept beside the results, RUNS_IN_HISTORY of them.
    An older ``out_file`` is removed first, so that none is taken for this one; an older
    decision is not shown, since the run of these results came to none. Raises NoResults,
    NodeMissing, ToolFailed, PageRefused.
    """
    out_file.unlink(missing_ok=True)
    shown, last = _checked_results(results_dir)
    if decision is not None and last - decision.decided_at > CLOCK_STEP:
        say(f"The decision of {decision.decided_at:%F %T} is older than these results: left out.")
        decision = None
    node = node or find_node()
    home = results_dir.parent
    script = installed_cli(node, fallback=home / ".allure-cli", say=say)
    home = home.resolve()
    with tempfile.TemporaryDirectory(prefix="allure-", dir=home) as folder:
        draft = Path(folder)
        config = draft / "allure.json"
        config.write_text(json.dumps(_config(draft, home, decision)), encoding="utf-8")
        command = [str(node.node), str(script), "generate", "--config", str(config)]
        run_tool(
            [*command, results_dir.name],
            cwd=home,
            env={k: v for k, v in os.environ.items() if not _SECRET.search(k)},
            limit_s=GENERATE_LIMIT_S,
            doing="drawing the Allure report",
            say=say,
        )
        _compare(draft / "report" / "summary.json", shown)
        page = (draft / "report" / "index.html").read_text(encoding="utf-8")
        finished = draft / "finished.html"
        finished.write_text(finish_page(page, decision, links=links), encoding="utf-8")
        out_file.parent.mkdir(parents=True, exist_ok=True)
        finished.replace(out_file)
    return out_file


def _checked_results(results_dir: Path) -> tuple[int, datetime]:
    """How many results there are to show (an earlier try of the same counts no more), the last end.

    Raises NoResults.
    """
    files = sorted(results_dir.glob("*-result.json"))
    if not files:
        what = "has no results" if results_dir.is_dir() else "does not exist"
        raise NoResults(
            f"{results_dir} {what}: run a layer first, for example `pytest -m smoke --env=local`"
        )
    cases = set()
    last = 0
    for file in files:
        try:
            result = msgspec.json.decode(file.read_bytes(), type=_Result)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise NoResults(f"{file} is no Allure result: {error}") from error
        cases.add(result.historyId)
        last = max(last, result.stop)
    return len(cases), datetime.fromtimestamp(last / 1000, UTC)


def _config(draft: Path, home: Path, decision: Decision | None) -> dict[str, Any]:
    name = headline(decision)
    awesome = {
        "singleFile": True,  # all that opens from file://
        "reportName": name,
        "reportLanguage": "en",
        "groupBy": ["epic", "feature", "story"],
    }
    return {
        "name": name,
        "output": str(draft / "report"),
        "historyPath": str(home / "allure-history.jsonl"),
        "historyLimit": RUNS_IN_HISTORY,
        "categories": CATEGORIES,
        "plugins": {"awesome": {"options": awesome}},
    }


def _compare(summary: Path, expected: int) -> None:
    """Allure leaves out what it cannot read, and says nothing: count again."""
    try:
        shown = json.loads(summary.read_text(encoding="utf-8"))["stats"]["total"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ToolFailed(f"drawing the Allure report: {summary.name} says nothing") from error
    if shown != expected:
        raise ToolFailed(f"drawing the Allure report: it shows {shown} of {expected} results")
