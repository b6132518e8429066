"""``gate report``: draw the page of the last run."""

from __future__ import annotations

import webbrowser
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from reports.judging.decision import Decision
from reports.judging.result import ExitCode


def report(
    report_dir: Annotated[
        Path,
        typer.Option(help="What a run left behind; the page is written there as report.html."),
    ] = Path("reports/out"),
    open_page: Annotated[
        bool, typer.Option("--open/--no-open", help="Show it in the browser when it is drawn.")
    ] = False,
) -> None:
    """Draw the Allure report of the last run, with its decision, as one HTML file.

    Exit codes: 0 drawn; 2 there is nothing to draw, or it cannot be read; 3 a tool failed;
    4 no Node to draw it with.
    """
    # These take longer to import than other commands take to run.
    from reports.rendering.allure_page import PageRefused
    from reports.rendering.allure_report import NoResults, render
    from reports.rendering.external_tool import ToolFailed
    from reports.rendering.node import NodeMissing

    try:
        decision = read_decision(report_dir / "decision.json")
        page = render(report_dir / "allure-results", report_dir / "report.html", decision, say=_say)
    except NoResults as error:
        raise _stopped(str(error), ExitCode.UNPROVEN) from error
    except NodeMissing as error:
        raise _stopped(str(error), ExitCode.CONFIGURATION) from error
    except (ToolFailed, PageRefused) as error:
        raise _stopped(str(error), ExitCode.HARNESS) from error
    typer.echo(f"Report: {page}")
    if open_page and not webbrowser.open(page.resolve().as_uri()):
        _say("No browser could be started; open the file by hand.")


def read_decision(path: Path) -> Decision | None:
    """The decision beside the results; None where there is none. Raises NoResults."""
    from reports.rendering.allure_report import NoResults

    try:
        return msgspec.json.decode(path.read_bytes(), type=Decision)
    except FileNotFoundError:
        return None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise NoResults(f"{path} is no decision: {error}") from error


def _say(text: str) -> None:
    typer.echo(text, err=True)


def _stopped(message: str, code: ExitCode) -> typer.Exit:
    _say(message)
    return typer.Exit(int(code))
