"""The ``gate`` command: verbs on what runs left behind.

To add a verb: write ``reports/commands/<verb>.py`` with a function of that name whose typed
parameters are its options and which returns an exit code (or None for 0), and name it below.
A module imports what it needs inside its function, so that one verb does not pay for another.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

import typer

from reports.commands.attest import attest, waive
from reports.commands.coverage import coverage
from reports.commands.decide import decide
from reports.commands.evidence import app as evidence_app
from reports.commands.prove import prove
from reports.commands.replay import replay
from reports.commands.report import report
from reports.commands.show import show
from reports.evidence.store import AlteredEvidence
from reports.judging.result import ExitCode
from reports.strict_toml import ConfigurationError

VERBS = (show, decide, replay, attest, waive, coverage, prove, report)

app = typer.Typer(
    name="gate",
    help="May this build move to the next environment?",
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
for verb in VERBS:
    app.command(verb.__name__)(verb)
app.add_typer(evidence_app, name="evidence")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command and exit with its code: the decision's, or the kind of failure."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # what a service says may not fit the terminal
    sys.exit(exit_code(arguments))


def exit_code(arguments: Sequence[str] | None = None) -> int:
    """Run the command; its exit code. What went wrong is one message on stderr."""
    try:
        returned = app(args=arguments, standalone_mode=False)
    except (ConfigurationError, typer.TyperException) as error:
        message = error.format_message() if isinstance(error, typer.TyperException) else error
        return _failed(f"gate: {message}", ExitCode.CONFIGURATION)
    except AlteredEvidence as error:
        return _failed(f"gate: {error}", ExitCode.UNPROVEN)
    except (KeyboardInterrupt, typer.Abort):
        return _failed("gate: interrupted", ExitCode.HARNESS)
    except Exception as error:  # noqa: BLE001 - a broken harness must not look like a verdict
        said = f"{type(error).__name__}: {error}"
        return _failed(f"gate: the harness itself failed: {said}", ExitCode.HARNESS)
    return int(returned or 0)


def _failed(message: str, code: ExitCode) -> int:
    typer.echo(message, err=True)
    return int(code)


if __name__ == "__main__":
    main()
