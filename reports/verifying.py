"""Whether a decision, and all that it was made from, is what it was."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from reports.evidence.store import AlteredEvidence, Store
from reports.gates.loading import trusted_keys
from reports.judging.decision import Decision
from reports.signing import Unsigned, envelope_about, verified


class Trust(NamedTuple):
    """Whose signatures count: names -> public keys in PEM. ``why`` says why nobody's, if so."""

    keys: Mapping[str, str]
    why: str | None


def trust_of(decision: Decision) -> Trust:
    """Whom the decision's gate trusts, as its policy stands here today.

    Not as the stored copy has it: a forger who writes the decision writes that too. Raises
    ConfigurationError where the policy cannot be read.
    """
    if decision.gate is None:
        return Trust({}, "a run without a gate has no policy that trusts a key")
    keys = trusted_keys(decision.gate)
    if keys is None:
        return Trust({}, f"there is no gate {decision.gate} here, so no key is trusted")
    return Trust(keys, None if keys else f"the policy of {decision.gate} trusts no key")


def check_held(store: Store, digest: str, where: str) -> None:
    """Raises AlteredEvidence unless the store holds the decision of that digest, whole.

    ``where`` is what the decision was asked for by: its file, or its digest.
    """
    if digest not in store.decisions():
        raise AlteredEvidence(
            f"{where}: was altered, or made elsewhere: {store.path} holds no decision {digest}"
        )
    store.get_decision(digest)


def check_inputs(store: Store, decision: Decision, keys: Mapping[str, str]) -> int:
    """How many inputs the decision was made from, each of which is what it was.

    Where ``keys`` are trusted, an earlier decision that was taken has to be signed with one still.
    Raises AlteredEvidence, naming the file.
    """
    given = decision.inputs
    texts = (*given.policy, given.checks)
    for text in texts:
        store.get_text(text)
    before = given.baseline
    runs = dict.fromkeys((*given.runs, *(before.runs if before else ())))
    for run in runs:
        for document in store.get_run(run).documents:
            store.get_text(document.digest)
    for word in given.attestations:
        store.get_attestation(word)
    for word in given.grants:
        store.get_grant(word)
    decisions = [one.decision for one in given.earlier]
    for one in (*decisions, *([before.decision] if before else [])):
        store.get_decision(one)
    for each in given.earlier:
        if keys and each.doubt is None:  # a doubt that was recorded holds the gate as it is
            _signer(store, each.decision, keys)
    count = len(texts) + len(runs) + len(decisions) + (1 if before else 0)
    return count + len(given.attestations) + len(given.grants)


def signature_said(store: Store, digest: str, trust: Trust) -> str:
    """Who signed the decision of that digest, in words.

    Raises AlteredEvidence where a key is trusted and none of them signed, and for what lies in the
    place of a signature and is none about this decision.
    """
    if trust.keys:
        return f"signed with {_signer(store, digest, trust.keys)}"
    content = store.signature(digest)
    if content is None:
        return f"not signed ({trust.why})"
    try:
        envelope_about(content, digest)
    except Unsigned as problem:
        raise AlteredEvidence(f"{store.signature_file(digest)}: {problem}") from None
    return f"there is a signature, which no trusted key of the policy confirms ({trust.why})"


def _signer(store: Store, digest: str, keys: Mapping[str, str]) -> str:
    try:
        return verified(store.signature(digest), digest, keys)
    except Unsigned as problem:
        raise AlteredEvidence(f"{store.signature_file(digest)}: {problem}") from None
