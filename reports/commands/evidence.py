"""``gate evidence``: what runs left behind."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Annotated

import typer

from reports.commands.settings import ROOT

app = typer.Typer(help="What runs left behind.", no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def evidence() -> None:
    """What runs left behind."""


@app.command()
def sweep(
    env: Annotated[str, typer.Option("--env", help="Where the run wrote.")],
    run: Annotated[str, typer.Option("--run", help="The id of the run, whole.")],
    base_url: Annotated[str | None, typer.Option("--base-url", help="As the run had it.")] = None,
    images_url: Annotated[
        str | None, typer.Option("--images-url", help="As the run had it.")
    ] = None,
    allow_writes: Annotated[
        str | None, typer.Option("--allow-writes", help="As the run had it.")
    ] = None,
) -> int:
    """Remove what a killed run left in a service, and nothing of anyone else's."""
    command = [sys.executable, "-m", "pytest", "suites", "-p", "fixtures.sweeping", f"--env={env}"]
    for option, value in (
        ("--base-url", base_url),
        ("--images-url", images_url),
        ("--allow-writes", allow_writes),
    ):
        if value is not None:
            command.append(f"{option}={value}")
    variables = {**os.environ, "GATE_SWEEP_RUN": run}
    return subprocess.run(command, cwd=ROOT, env=variables, check=False).returncode
