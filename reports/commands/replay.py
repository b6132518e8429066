"""``gate replay``: judge a decision's own inputs again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from reports.commands.settings import DEFAULT_REPORT_DIR, ReportDir, find_decision, store_in
from reports.evidence.store import AlteredEvidence, Store
from reports.judging.decision import Decision
from reports.rendering.plain import plain
from reports.strict_toml import ConfigurationError


def replay(
    decision: Annotated[str, typer.Argument(help="A decision's file, or its digest.")],
    policy: Annotated[
        Path | None, typer.Option("--policy", help="Judge by this policy, and say what changes.")
    ] = None,
    check_only: Annotated[
        bool, typer.Option("--check-only", help="Only check that every input is what it was.")
    ] = False,
    report_dir: ReportDir = DEFAULT_REPORT_DIR,
) -> int:
    """Judge a decision again from its stored inputs; its exit code is the decision's."""
    from reports.verifying import check_held

    if policy is not None and check_only:
        raise ConfigurationError("--policy and --check-only: the second judges nothing; choose one")
    store = store_in(report_dir)
    found = find_decision(decision, store)
    if found is None:
        raise ConfigurationError(f"{decision}: no such file, and no such digest in {store.path}")
    digest, made = found
    # Its own words, such as which runs there were, are not believed.
    check_held(store, digest, decision)
    if check_only:
        return _check(store, digest, made)
    return _again(store, digest, made) if policy is None else _by(store, made, policy)


def _check(store: Store, digest: str, made: Decision) -> int:
    from reports.verifying import check_inputs, signature_said, trust_of

    trust = trust_of(made)
    count = check_inputs(store, made, trust.keys)
    said = signature_said(store, digest, trust)
    typer.echo(f"{digest}: the {count} inputs are what they were; {said}  [exit {made.exit_code}]")
    return made.exit_code


def _again(store: Store, digest: str, made: Decision) -> int:
    from reports.deciding import rejudge
    from reports.evidence.digest import canonical
    from reports.rendering.explanation import changes
    from reports.verifying import check_inputs, trust_of

    check_inputs(store, made, trust_of(made).keys)
    again = rejudge(store, made)
    if canonical(again) != canonical(made):
        differences = list(changes(made, again)) or ["no objective, but the record around them"]
        raise AlteredEvidence(
            "judged again, the decision is another one; what differs:\n  "
            + "\n  ".join(differences)
        )
    typer.echo(f"{digest}: judged again, byte for byte the same")
    typer.echo(_said(made))
    return made.exit_code


def _by(store: Store, made: Decision, file: Path) -> int:
    from reports.deciding import rejudge, stored_policy
    from reports.gates.loading import load_policy_file, overlay_of
    from reports.rendering.explanation import changes
    from reports.verifying import check_inputs

    check_inputs(store, made, {})  # whose signatures count, the policy that is tried says
    loaded = load_policy_file(file)
    if made.build is None:
        raise ConfigurationError(f"{file}: a gate decides about one build; that run named none")
    loaded = overlay_of(loaded, stored_policy(store, made))
    again = rejudge(store, made, loaded)
    lines = list(changes(made, again))
    typer.echo(f"by {file}: " + ("nothing changes" if not lines else f"{len(lines)} changed"))
    for line in lines:
        typer.echo(f"  {line}")
    typer.echo(f"was: {_said(made)}")
    typer.echo(f"is:  {_said(again)}")
    return again.exit_code


def _said(decision: Decision) -> str:
    return f"{plain(decision.sentence, 1000)}  [exit {decision.exit_code}]"
