"""Whose word counts: attestations that a gate asks for, waivers of its objectives."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from reports.evidence.word import Attestation, Grant, Person
from reports.judging.admission import CLOCK_SKEW, normalise_build
from reports.judging.decision import Attested, Waived
from reports.judging.policy import Policy


class Words(NamedTuple):
    """What persons said, each with its digest."""

    attestations: tuple[tuple[str, Attestation], ...] = ()
    grants: tuple[tuple[str, Grant], ...] = ()

    def of(self, gate: str | None) -> Words:
        """Those about that gate."""
        return Words(
            tuple(one for one in self.attestations if one[1].gate == gate),
            tuple(one for one in self.grants if one[1].gate == gate),
        )


NO_WORDS = Words()


class Saying(NamedTuple):
    """Which words are about: the policy's gate, one build, a moment, a rehearsal or not."""

    policy: Policy
    build: str
    now: datetime
    rehearsal: bool


def judge_attestations(
    asked: Saying, given: Sequence[tuple[str, Attestation]]
) -> tuple[Attested, ...]:
    """A line for each item that the gate asks for; the newest word that counts is taken.

    ``given`` are digests and attestations of this gate. Where the policy wants distinct persons,
    a person answers in one role: later roles of the same person stay pending.
    """
    lines: list[Attested] = []
    roles: dict[str, str] = {}  # who -> the role it was taken in
    for item, role in asked.policy.attestations.items():
        taken: tuple[str, Attestation] | None = None
        refusals: list[str] = []
        for digest, word in sorted(given, key=_newest, reverse=True):
            if word.item != item:
                continue
            why = _refusal(asked, word, role)
            if why is None and asked.policy.distinct_persons:
                other = roles.get(word.by.name, role)
                if other != role:
                    why = f"{word.by.name} speaks as {other} already; {role} is another person"
            if why is None:
                taken = (digest, word)
                break
            refusals.append(why)
        if taken is not None:
            roles[taken[1].by.name] = role
        lines.append(_line(item, role, taken, refusals))
    return tuple(lines)


def judge_waivers(asked: Saying, given: Sequence[tuple[str, Grant]]) -> tuple[Waived, ...]:
    """Each waiver of this gate, newest first, with why it is not taken where it is not."""
    lines: list[Waived] = []
    ids = {one.id: one for one in asked.policy.objectives}
    for digest, word in sorted(given, key=_newest, reverse=True):
        why = _refusal(asked, word)
        if why is None and word.objective not in ids:
            why = f"{word.gate} has no objective {word.objective}, or none that can be waived"
        elif why is None and ids[word.objective].rollback:
            why = "a rollback trigger cannot be waived"
        lines.append(
            Waived(
                objective=word.objective,
                owner=word.owner,
                reason=word.reason,
                by=word.by,
                at=word.at,
                until=word.until,
                source=digest,
                refused=why,
            )
        )
    return tuple(lines)


def _line(
    item: str, role: str, taken: tuple[str, Attestation] | None, refusals: list[str]
) -> Attested:
    if taken is None:
        why = refusals[0] if refusals else f"nobody has said it yet: it is for the {role}"
        return Attested(item=item, role=role, given=False, why=why)
    digest, word = taken
    return Attested(
        item=item,
        role=role,
        given=word.holds,
        denied=not word.holds,
        why=None if word.holds else f"{word.by.name} says that it does not hold",
        by=word.by,
        at=word.at,
        until=word.until,
        link=word.link,
        source=digest,
    )


def _newest(one: tuple[str, Attestation | Grant]) -> tuple[float, str]:
    return one[1].at.timestamp(), one[0]


def _refusal(asked: Saying, word: Attestation | Grant, role: str | None = None) -> str | None:
    return next(_doubts(asked, word, role), None)


def _doubts(asked: Saying, word: Attestation | Grant, role: str | None) -> Iterator[str]:
    policy = asked.policy
    said = f"the word of {word.by.name}"
    if word.environment != policy.environment:
        yield f"{said} is about {word.environment}, not {policy.environment}"
    if normalise_build(word.build, policy.environment) != asked.build:
        yield f"{said} is about build {word.build}, not {asked.build}"
    if word.rehearsal and not asked.rehearsal:
        yield f"{said} was given in a rehearsal"
    if isinstance(word, Attestation) and word.role != role:
        yield f"{said} was given as {word.role}; it is for the {role}"
    if word.at.tzinfo is None or word.until.tzinfo is None:
        yield f"{said} has a time without a zone"
    elif word.at > asked.now + CLOCK_SKEW:
        yield f"{said} is of the future, {word.at.isoformat()}"
    elif word.until < asked.now:
        yield f"{said} ended {word.until.isoformat()}"
    if not _attributable(word.by, policy, asked.rehearsal):
        yield f"{said} is a name alone, which this gate does not take"


def _attributable(person: Person, policy: Policy, rehearsal: bool) -> bool:
    return person.known_by != "name" or policy.accept_bare_names or rehearsal
