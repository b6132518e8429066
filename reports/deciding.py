"""From a store and a policy to a stored decision, and back again: everything around the judge."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import msgspec

from reports.evidence.checks_list import parse_checks
from reports.evidence.contents import Contents
from reports.evidence.digest import canonical
from reports.evidence.record import RunRecord
from reports.evidence.store import AlteredEvidence, Store
from reports.gates.loading import LoadedPolicy, check_names, from_texts
from reports.judging.admission import normalise_build
from reports.judging.decision import BaselineInput, Decision
from reports.judging.judge import judge
from reports.judging.load_objective import Baseline
from reports.judging.requiring import Earlier
from reports.judging.result import Action
from reports.judging.words import NO_WORDS, Words
from reports.signing import Unsigned, verified
from reports.strict_toml import ConfigurationError

DECISION_FILE = "decision.json"


def decide(
    store: Store,
    loaded: LoadedPolicy,
    checks_text: str,
    *,
    build: str | None,
    now: datetime,
    only: Sequence[tuple[str, RunRecord]] | None = None,
) -> Decision:
    """Judge everything in ``store``, or ``only`` these of its runs (for a run without a gate).

    Every run of the store is an input to a gate: choosing among them is what gates prevent.
    Keeps copies of the policy's texts and of ``checks_text`` in the store. Raises AlteredEvidence,
    and ConfigurationError where policy and checks do not fit together.
    """
    expected = parse_checks(checks_text, "suites/checks.tsv")
    check_names(loaded.policy, expected)
    contents = (
        store.contents() if only is None else Contents(runs=tuple(only), aborted=(), refused=())
    )
    with counting():
        return judge(
            loaded.policy,
            loaded.overlay,
            contents.runs,
            expected,
            policy_digests=tuple(store.put_text(text) for text in loaded.texts),
            checks_digest=store.put_text(checks_text),
            build=build,
            now=now,
            aborted=contents.aborted,
            refused=contents.refused,
            baseline=last_promotion(store, loaded, build, now),
            waivers=loaded.waivers,
            words=_words(store) if loaded.policy.gate else NO_WORDS,
            earlier=_earlier(store, loaded),
        )


def _words(store: Store) -> Words:
    return Words(tuple(store.attestations()), tuple(store.grants()))


def _earlier(store: Store, loaded: LoadedPolicy) -> tuple[Earlier, ...]:
    """Every decision of the gates that the policy requires. Raises AlteredEvidence."""
    if not loaded.policy.requires:
        return ()
    made = [(one, _stored(store, one)) for one in store.decisions()]
    return tuple(
        Earlier(one, it, _doubt(store, one, loaded.policy.trusted_keys))
        for one, it in made
        if it.gate in loaded.policy.requires
    )


def _doubt(store: Store, digest: str, trusted: Mapping[str, str]) -> str | None:
    """Why its signature is not taken, where one is needed."""
    if not trusted:
        return None
    try:
        verified(store.signature(digest), digest, trusted)
    except Unsigned as problem:
        return str(problem)
    return None


def _stored(store: Store, digest: str) -> Decision:
    return read_decision(store.get_decision(digest), digest)


def last_promotion(
    store: Store, loaded: LoadedPolicy, build: str | None, now: datetime
) -> Baseline | None:
    """What ``build`` is compared with: the gate's last promotion before ``now``.

    That of another build, where there is one. A rehearsal is compared with rehearsals, and
    nothing else is. Raises AlteredEvidence.
    """
    if not any(one.indicator == "baseline" for one in loaded.policy.objectives):
        return None
    promoted = [
        (digest, made)
        for digest in store.decisions()
        if (made := _stored(store, digest)).gate == loaded.policy.gate
        and made.decision is Action.PROMOTE
        and bool(made.rehearsal) == (loaded.overlay is not None)
        and made.decided_at < now
    ]
    if not promoted:
        return None
    meant = build and normalise_build(build, loaded.policy.environment)
    digest, made = max(promoted, key=lambda one: (one[1].build != meant, one[1].decided_at, one[0]))
    return _baseline(
        store,
        BaselineInput(
            decision=digest,
            build=made.build,
            runs=tuple(dict.fromkeys(run for line in made.objectives for run in line.source)),
        ),
    )


def _baseline(store: Store, given: BaselineInput) -> Baseline:
    runs = tuple((digest, store.get_run(digest)) for digest in given.runs)
    return Baseline(given.decision, given.build, runs)


@contextmanager
def counting() -> Iterator[None]:
    """Where what loads are judged with is not installed, the message says what to do."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f"loads are judged with {error.name}, which is not installed: run `nox -s load`, "
            "or pip install -r requirements/load.lock"
        ) from error


def save(store: Store, decision: Decision, report_dir: Path) -> str:
    """Keep the decision in the store and as ``decision.json`` in ``report_dir``; its digest."""
    content = canonical(decision)
    digest = store.put_decision(content)
    report_dir.mkdir(parents=True, exist_ok=True)
    target = report_dir / DECISION_FILE
    scratch = target.with_suffix(".tmp")
    scratch.write_bytes(content)
    scratch.replace(target)
    return digest


def read_decision(content: bytes, where: str) -> Decision:
    """A decision from its bytes. Raises AlteredEvidence where they are not its canonical form."""
    try:
        decision = msgspec.json.decode(content, type=Decision)
    except msgspec.MsgspecError as error:
        raise AlteredEvidence(f"{where}: is no decision: {error}") from error
    if canonical(decision) != content:
        raise AlteredEvidence(f"{where}: was altered: it is not in the form that was written")
    return decision


def stored_policy(store: Store, decision: Decision) -> LoadedPolicy:
    """The policy that the decision was made by. Raises AlteredEvidence."""
    return from_texts([store.get_text(digest) for digest in decision.inputs.policy])


def rejudge(store: Store, decision: Decision, loaded: LoadedPolicy | None = None) -> Decision:
    """Judge the decision's inputs again, by its own policy or by ``loaded``.

    Another policy trusts keys of its own: the signatures of earlier decisions are looked at again.
    Raises AlteredEvidence naming the input that is not there or not what it was.
    """
    checks_text = store.get_text(decision.inputs.checks)
    expected = parse_checks(checks_text, "stored checks.tsv")
    policy = loaded or stored_policy(store, decision)
    if loaded is not None:
        check_names(loaded.policy, expected)
    given = decision.inputs.baseline
    baseline = _baseline(store, given) if given else None
    if loaded is not None and baseline is None:
        baseline = last_promotion(store, loaded, decision.build, decision.decided_at)
    with counting():
        return judge(
            policy.policy,
            policy.overlay,
            [(digest, store.get_run(digest)) for digest in decision.inputs.runs],
            expected,
            policy_digests=decision.inputs.policy,
            checks_digest=decision.inputs.checks,
            build=decision.build,
            now=decision.decided_at,
            aborted=decision.inputs.aborted,
            refused=decision.inputs.refused,
            baseline=baseline,
            waivers=decision.inputs.waivers,
            words=Words(
                tuple((one, store.get_attestation(one)) for one in decision.inputs.attestations),
                tuple((one, store.get_grant(one)) for one in decision.inputs.grants),
            ),
            earlier=tuple(
                Earlier(
                    one.decision,
                    _stored(store, one.decision),
                    one.doubt
                    if loaded is None
                    else _doubt(store, one.decision, loaded.policy.trusted_keys),
                )
                for one in decision.inputs.earlier
            ),
        )
