"""``gate decide``: judge everything in the store by a gate's policy."""

from __future__ import annotations

import sys
from typing import Annotated, Literal

import typer

from reports.commands.settings import (
    DEFAULT_REPORT_DIR,
    ReportDir,
    checks_text,
    now,
    store_in,
)
from reports.evidence.record import RunRecord


def decide(
    gate: Annotated[str, typer.Argument(help="The gate to decide.")],
    *,
    build: Annotated[
        str | None, typer.Option("--build", help="The build that may move; v and -sit are cut off.")
    ] = None,
    rehearsal: Annotated[
        bool, typer.Option("--rehearsal", help="Decide a rehearsal, with the gate's overlay.")
    ] = False,
    form: Annotated[
        Literal["text", "json", "junit", "markdown", "github"],
        typer.Option("--format", help="How the decision is printed."),
    ] = "text",
    sign: Annotated[
        str | None,
        typer.Option("--sign", help="Sign it: a private key's PEM file, or awskms:KEY."),
    ] = None,
    report_dir: ReportDir = DEFAULT_REPORT_DIR,
) -> int:
    """Decide whether a build may move, from the evidence in the store."""
    from reports.deciding import DECISION_FILE, save
    from reports.deciding import decide as judge_store
    from reports.gates.loading import load_policy
    from reports.rendering.formats import FORMATS
    from reports.rendering.terminal import summary_for
    from reports.signing import signed, signer_of
    from reports.strict_toml import ConfigurationError

    (report_dir / DECISION_FILE).unlink(missing_ok=True)  # an older one is no answer to this
    loaded = load_policy(gate, rehearsal=rehearsal)
    signer = signer_of(sign) if sign is not None else None
    store = store_in(report_dir)
    if build is None and rehearsal:
        build = _latest_version(loaded.policy.environment, store.runs())
    if build is None:
        raise ConfigurationError(
            f"gate decide {gate}: say which build may move: --build VERSION"
            + (f" ({store.path} holds no run that tells one)" if rehearsal else "")
        )
    decision = judge_store(store, loaded, checks_text(), build=build, now=now())
    digest = save(store, decision, report_dir)
    if signer is not None:
        store.put_signature(digest, signed(decision, digest, signer))
    told = summary_for(decision, sys.stdout) if form == "text" else FORMATS[form](decision)
    typer.echo(told, nl=False)
    typer.echo(f"decision {digest}, also {report_dir / 'decision.json'}", err=True)
    return decision.exit_code


def _latest_version(environment: str, runs: list[tuple[str, RunRecord]]) -> str | None:
    """A rehearsal is about what ran last, unless it is told otherwise."""
    versions = [run.subject.version for _, run in runs if run.environment.name == environment]
    return next((version for version in reversed(versions) if version is not None), None)
