"""``gate report``: draw the page of the last run."""

from __future__ import annotations

import webbrowser
from typing import Annotated

import typer

from reports.commands.settings import DEFAULT_REPORT_DIR, ReportDir, store_in
from reports.judging.result import ExitCode


def report(
    report_dir: ReportDir = DEFAULT_REPORT_DIR,
    open_page: Annotated[
        bool, typer.Option("--open/--no-open", help="Show it in the browser when it is drawn.")
    ] = False,
) -> int:
    """Draw the Allure report of the last run, its decision on top, as one HTML file.

    It is written to the report directory as report.html, and where the run or what its gate
    judged holds loads, performance.html beside it; of the layer security, findings.sarif. Exit
    codes: 0 drawn; 2 there is nothing to draw, or it was altered; 3 a tool failed; 4 what draws it
    is not installed.
    """
    from reports.deciding import DECISION_FILE, read_decision
    from reports.evidence.digest import digest_of
    from reports.evidence.store import AlteredEvidence
    from reports.rendering.allure_page import PageRefused
    from reports.rendering.allure_report import NoResults, render
    from reports.rendering.broken_load import BrokenLoad
    from reports.rendering.external_tool import ToolFailed
    from reports.rendering.node import NodeMissing
    from reports.rendering.performance_file import write_performance
    from reports.rendering.sarif import write_findings
    from reports.strict_toml import ConfigurationError

    decision = None
    path = report_dir / DECISION_FILE
    if path.exists():
        content = path.read_bytes()
        decision = read_decision(content, str(path))
        if digest_of(content) not in store_in(report_dir).decisions():
            raise AlteredEvidence(f"{path}: is no decision that the store beside it holds")
    findings = write_findings(report_dir, store_in(report_dir), decision)
    if findings:
        typer.echo(f"Findings: {findings}")
    results = report_dir / "allure-results"
    lacking: ConfigurationError | None = None
    performance = None
    try:
        performance = write_performance(report_dir, store_in(report_dir), decision)
    except BrokenLoad as error:
        return _stopped(error, ExitCode.UNPROVEN)
    except ConfigurationError as error:
        lacking = error  # the report itself can still be drawn
    if performance:
        typer.echo(f"Performance: {performance}")
    if (performance or findings) and not results.exists():
        # What was imported has no results of checks.
        return _stopped(lacking, ExitCode.CONFIGURATION) if lacking else 0
    try:
        page = render(
            results,
            report_dir / "report.html",
            decision,
            say=_say,
            performance=performance.name if performance else None,
        )
    except NoResults as error:
        return _stopped(error, ExitCode.UNPROVEN)
    except NodeMissing as error:
        return _stopped(error, ExitCode.CONFIGURATION)
    except (ToolFailed, PageRefused) as error:
        return _stopped(error, ExitCode.HARNESS)
    typer.echo(f"Report: {page}")
    if open_page and not webbrowser.open(page.resolve().as_uri()):
        _say("No browser could be started; open the file by hand.")
    return _stopped(lacking, ExitCode.CONFIGURATION) if lacking else 0


def _say(text: str) -> None:
    typer.echo(text, err=True)


def _stopped(error: Exception, code: ExitCode) -> int:
    _say(f"gate: {error}")
    return int(code)
