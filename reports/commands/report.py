"""``gate report``: draw the pages of the last run, or that of any decision."""

from __future__ import annotations

import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reports.commands.settings import DEFAULT_REPORT_DIR, ReportDir, find_decision, store_in
from reports.judging.result import ExitCode

if TYPE_CHECKING:
    from reports.evidence.store import Store
    from reports.judging.decision import Decision

PERFORMANCE = "Performance metrics: latency, rate and errors over time"


def report(
    named: Annotated[
        str | None,
        typer.Argument(
            metavar="[DECISION]",
            help="A decision of the store, by digest, its beginning, or file: its page alone.",
        ),
    ] = None,
    report_dir: ReportDir = DEFAULT_REPORT_DIR,
    open_page: Annotated[
        bool, typer.Option("--open/--no-open", help="Show it in the browser when it is drawn.")
    ] = False,
) -> int:
    """Draw the pages of the last run: decision.html, to sign by, and the Allure report.

    They are written to the report directory: decision.html, one file that works from a mail;
    report.html, the Allure report with the decision on top; where the run or what its gate judged
    holds loads, performance.html; of the layer security, findings.sarif. With DECISION only the
    page of that decision of the store, as decision-DIGEST.html. Exit codes: 0 drawn; 2 there is
    nothing to draw, or it was altered; 3 a tool failed; 4 what draws it is not installed.
    """
    from reports.rendering.broken_load import BrokenLoad
    from reports.strict_toml import ConfigurationError
    from reports.verifying import check_held

    store = store_in(report_dir)
    try:
        if named is None:
            return _last_run(report_dir, store, open_page)
        found = find_decision(named, store)
        if found is None:
            raise ConfigurationError(
                f"{named}: is no decision of {store.path}: give the digest that gate decide "
                "printed or gate show lists, or its first digits"
            )
        check_held(store, found[0], named)
        _shown(_page(report_dir, store, *found, last=False), open_page)
    except BrokenLoad as error:
        return _stopped(error, ExitCode.UNPROVEN)
    return 0


def _last_run(report_dir: Path, store: Store, open_page: bool) -> int:
    from reports.deciding import DECISION_FILE, read_decision
    from reports.drawing import PAGE
    from reports.evidence.digest import digest_of
    from reports.rendering.performance_file import write_performance
    from reports.rendering.sarif import write_findings
    from reports.strict_toml import ConfigurationError
    from reports.verifying import check_held

    (report_dir / PAGE).unlink(missing_ok=True)  # an older one is no page of this decision
    decision = None
    digest = ""
    path = report_dir / DECISION_FILE
    if path.exists():
        content = path.read_bytes()
        decision, digest = read_decision(content, str(path)), digest_of(content)
        check_held(store, digest, str(path))
    findings = write_findings(report_dir, store, decision)
    if findings:
        typer.echo(f"Findings: {findings}")
    lacking: ConfigurationError | None = None
    performance = None
    try:
        performance = write_performance(report_dir, store, decision)
    except ConfigurationError as error:
        lacking = error  # the others can still be drawn
    if performance:
        typer.echo(f"Performance: {performance}")
    results = (report_dir / "allure-results").exists()
    links = [(PERFORMANCE, performance.name)] if performance else []
    code = 0
    # What was imported, or judged without a run, has no results of checks.
    if results or not (performance or findings or decision):
        code = _allure(report_dir, decision, links)
    if decision is not None and code in (0, ExitCode.CONFIGURATION):
        _shown(_page(report_dir, store, digest, decision, last=True), open_page)
    elif code == 0 and results:
        _open(report_dir / "report.html", open_page)
    return _stopped(lacking, ExitCode.CONFIGURATION) if lacking and not code else code


def _allure(report_dir: Path, decision: Decision | None, links: list[tuple[str, str]]) -> int:
    from reports.drawing import PAGE
    from reports.rendering.allure_page import PageRefused
    from reports.rendering.allure_report import NoResults, render
    from reports.rendering.external_tool import ToolFailed
    from reports.rendering.node import NodeMissing

    if decision is not None:
        links = [("The decision on one page, to sign by", PAGE), *links]
    try:
        page = render(
            report_dir / "allure-results",
            report_dir / "report.html",
            decision,
            say=_say,
            links=links,
        )
    except NoResults as error:
        return _stopped(error, ExitCode.UNPROVEN)
    except NodeMissing as error:
        return _stopped(error, ExitCode.CONFIGURATION)
    except (ToolFailed, PageRefused) as error:
        return _stopped(error, ExitCode.HARNESS)
    typer.echo(f"Report: {page}")
    return 0


def _page(report_dir: Path, store: Store, digest: str, decision: Decision, *, last: bool) -> Path:
    from reports.drawing import PAGE, write_decision_page
    from reports.rendering.decision_page import page_of

    report = report_dir / "report.html"
    return write_decision_page(
        report_dir / (PAGE if last else page_of(digest)),
        store,
        digest,
        decision,
        report=report if last and report.exists() else None,
    )


def _shown(page: Path, open_page: bool) -> None:
    typer.echo(f"Decision: {page}")
    _open(page, open_page)


def _open(page: Path, open_page: bool) -> None:
    if open_page and not webbrowser.open(page.resolve().as_uri()):
        _say("No browser could be started; open the file by hand.")


def _say(text: str) -> None:
    typer.echo(text, err=True)


def _stopped(error: Exception, code: ExitCode) -> int:
    _say(f"gate: {error}")
    return int(code)
