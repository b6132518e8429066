"""``gate show``: a gate, an environment, a run or a decision."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from reports.commands.settings import (
    CHECKS,
    DEFAULT_REPORT_DIR,
    ReportDir,
    find_decision,
    store_in,
)


def show(
    what: Annotated[
        str,
        typer.Argument(help="A gate, an environment, a run id, or a decision's file or digest."),
    ],
    rehearsal: Annotated[
        bool, typer.Option("--rehearsal", help="A gate as its rehearsal asks it.")
    ] = False,
    report_dir: ReportDir = DEFAULT_REPORT_DIR,
) -> None:
    """Explain a gate, an environment, a run or a decision."""
    from reports.deciding import counting

    with counting():
        for line in _lines(what, rehearsal, report_dir):
            typer.echo(line)


def _lines(what: str, rehearsal: bool, report_dir: Path) -> list[str]:
    from reports.evidence.checks_list import read_checks
    from reports.gates.loading import gate_names, load_policy
    from reports.rendering import explanation
    from reports.strict_toml import ConfigurationError, nearest

    if what in gate_names():
        expected = read_checks(CHECKS) if CHECKS.is_file() else ()
        return list(explanation.gate(load_policy(what, rehearsal=rehearsal), expected))
    environments = _environments()
    if what in environments:
        return _environment(what)
    store = store_in(report_dir)
    found = find_decision(what, store)
    if found is not None:
        digest, decision = found
        return list(explanation.decision(decision, digest))
    runs = {run.run_id: (digest, run) for digest, run in store.runs()}
    if what in runs:
        return list(explanation.run(*runs[what]))
    known = [*gate_names(), *environments, *runs]
    raise ConfigurationError(
        f"{what}: no gate, environment, run or decision; {nearest(what, known)}"
        f"Gates: {', '.join(gate_names())}. Environments: {', '.join(environments)}. "
        f"{len(runs)} runs in {store.path}"
    )


def _environments() -> tuple[str, ...]:
    from fixtures.environment import names

    return names()


def _environment(name: str) -> list[str]:
    from fixtures.environment import load_environment

    environment = load_environment(name)
    where = environment.base_url or "an embedded stack, started by the run"
    aws, resources = environment.aws, environment.resources
    lines = [
        f"{environment.name}  {environment.path}",
        f"  digest   {environment.digest}",
        f"  API      {where}{environment.base_path if environment.base_url else ''}",
        f"  images   {environment.images_url or 'the same'}",
        f"  layers   {', '.join(environment.layers)}",
        f"  writes   {'allowed' if environment.writes else 'forbidden'}",
        f"  absent   {', '.join(environment.absent()) or 'nothing'}",
    ]
    if aws is not None:
        lines.append(f"  AWS      account {aws.account}, {aws.region}")
    if resources is not None:
        lines.append(f"  function {resources.function}, alias {resources.alias}")
        lines.append(f"  table    {resources.products_table}: {', '.join(resources.indexes)}")
        lines.append(f"  bucket   {resources.images_bucket}")
    for role, source in environment.tokens.given().items():
        lines.append(f"  token    {role}: {source.variable or source.token_url}")
    if environment.rehearsal:
        lines.append(f"  evidence from here is a rehearsal: {', '.join(environment.rehearsal)}")
    return lines
