"""``gate replay``: judge a decision's own inputs again."""

from __future__ import annotations

from collections.abc import Mapping
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
    if policy is not None and check_only:
        raise ConfigurationError("--policy and --check-only: the second judges nothing; choose one")
    store = store_in(report_dir)
    found = find_decision(decision, store)
    if found is None:
        raise ConfigurationError(f"{decision}: no such file, and no such digest in {store.path}")
    digest, made = found
    if check_only:
        return _check(store, digest, made)
    return _again(store, digest, made) if policy is None else _by(store, made, policy)


def _check(store: Store, digest: str, made: Decision) -> int:
    from reports.deciding import stored_policy

    if digest not in store.decisions():
        raise AlteredEvidence(
            f"the decision was altered, or made elsewhere: {store.path} holds none of {digest}"
        )
    for text in (*made.inputs.policy, made.inputs.checks):
        store.get_text(text)
    for run in made.inputs.runs:
        for document in store.get_run(run).documents:
            store.get_text(document.digest)
    for word in made.inputs.attestations:
        store.get_attestation(word)
    for word in made.inputs.grants:
        store.get_grant(word)
    for one in made.inputs.earlier:
        store.get_decision(one.decision)
    count = len(made.inputs.policy) + 1 + len(made.inputs.runs)
    count += len((*made.inputs.attestations, *made.inputs.grants, *made.inputs.earlier))
    said = _signature(store, digest, stored_policy(store, made).policy.trusted_keys)
    typer.echo(f"{digest}: the {count} inputs are what they were; {said}  [exit {made.exit_code}]")
    return made.exit_code


def _signature(store: Store, digest: str, trusted: Mapping[str, str]) -> str:
    """Who signed, in words. Raises AlteredEvidence where the policy wants one that counts."""
    from reports.signing import Unsigned, verified

    content = store.signature(digest)
    if content is None and not trusted:
        return "not signed"
    try:
        return f"signed with {verified(content, digest, trusted)}"
    except Unsigned as problem:
        if trusted:
            raise AlteredEvidence(str(problem)) from None
        return "signed, and this policy trusts no key"


def _again(store: Store, digest: str, made: Decision) -> int:
    from reports.deciding import rejudge
    from reports.evidence.digest import canonical
    from reports.rendering.explanation import changes

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
