"""``gate coverage``: every plan item has its place, and which of them a check sees today."""

from __future__ import annotations

import difflib
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from reports.commands.settings import CHECKS, REMOVED, ROOT, checks_text
from reports.evidence.checks_list import parse_checks, read_checks, write_checks
from reports.evidence.record import ExpectedCheck
from reports.strict_toml import ConfigurationError, load

ITEMS = 236  # the plan's; see reports/gates/plan-items.toml


def coverage(
    update: Annotated[
        bool, typer.Option("--update", help="First write suites/checks.tsv anew from the suites.")
    ] = False,
) -> int:
    """Account for every item of the promotion plan; exit 1 unless each has its place."""
    from reports.gates.plan_items import load_plan_items
    from reports.proving import ProofError, list_faults
    from reports.rendering.coverage import account

    if update:
        typer.echo(_update(CHECKS, REMOVED))
    expected = parse_checks(checks_text(), str(CHECKS))
    try:
        faulted = {fault.check for fault in list_faults(ROOT)}
    except ProofError as error:
        raise ConfigurationError(f"the seeded faults cannot be listed:\n{error}") from None
    lines, problems = account(load_plan_items(), expected, ITEMS, faulted=faulted)
    for line in lines:
        typer.echo(line)
    for problem in problems:
        typer.echo(problem, err=True)
    return 1 if problems else 0


def _update(checks: Path, removed: Path) -> str:
    """Write the list anew. Raises ConfigurationError where a row would go without a reason."""
    before = read_checks(checks) if checks.is_file() else ()
    after = _collected()
    known = {check.id for check in after}
    gone = [check.id for check in before if check.id not in known]
    reasons: dict[str, str] = load(removed, dict[str, str]) if removed.is_file() else {}
    missing = [name for name in gone if not reasons.get(name, "").strip()]
    if missing:
        raise ConfigurationError(
            "\n".join(
                f"{name} is collected no more{_renamed(name, known)}: bring it back, "
                f'or say why it went in {removed.name}: "{name}" = "why"'
                for name in missing
            )
        )
    text = write_checks(after)
    changed = not checks.is_file() or checks.read_text(encoding="utf-8") != text
    if changed:
        checks.write_text(text, encoding="utf-8")
    return f"{checks.name}: {len(after)} checks, {'written' if changed else 'as it was'}"


def _renamed(name: str, known: set[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f" (renamed to {near[0]}?)" if near else ""


def _collected() -> tuple[ExpectedCheck, ...]:
    """What pytest collects under ``suites/``, in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "checks.tsv"
        command = [sys.executable, "-m", "pytest", "suites", "--collect-only", "-q"]
        command += ["-p", "reports.check_collector", "--checks-out", str(out)]
        done = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, check=False, env=_environment()
        )
        # The exit code says nothing here: collecting alone is no pass, and so never 0.
        if not out.is_file():
            raise ConfigurationError(
                f"collecting the checks failed:\n  {' '.join(command)}\n"
                f"  exit code {done.returncode}\n{done.stdout}{done.stderr}"
            )
        return read_checks(out)


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name != "PYTEST_ADDOPTS"}
