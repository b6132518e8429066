"""Whose word counts: attestations that a gate asks for, waivers of its objectives."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
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
    a person answers in one role: later roles of the same person stay pending. A denial counts
    whoever says it and whatever else they say, until a newer word takes it back.
    """
    lines: list[Attested] = []
    roles: dict[str, str] = {}  # who -> the role it was taken in
    for item, role in asked.policy.attestations.items():
        about = [one for one in sorted(given, key=_newest, reverse=True) if one[1].item == item]
        taken, refusals = _taken(asked, about, role, roles)
        if taken is not None and taken[1].holds:
            roles[_one_person(taken[1].by)] = role
        lines.append(_line(item, role, taken, refusals))
    return tuple(lines)


def _taken(
    asked: Saying,
    about: Sequence[tuple[str, Attestation]],
    role: str,
    roles: Mapping[str, str],
) -> tuple[tuple[str, Attestation] | None, list[str]]:
    """The word that decides, if there is one, and why newer ones do not. ``about``: newest first.

    A word that ended lets none before it speak again: what it took back stays taken back.
    """
    refusals: list[str] = []
    for digest, word in about:
        if not word.holds:
            why = next(_elsewhere(asked, word, role), None)
        else:
            why = next(_unfit(asked, word, role), None)
            why = why or _speaks_already(asked, word, role, roles)
            if why is None and (ended := _ended(asked, word)):
                return None, [ended]
        if why is None:
            return (digest, word), refusals
        refusals.append(why)
    return None, refusals


def _speaks_already(
    asked: Saying, word: Attestation, role: str, roles: Mapping[str, str]
) -> str | None:
    other = roles.get(_one_person(word.by), role)
    if not asked.policy.distinct_persons or other == role:
        return None
    return f"{word.by.name} speaks as {other} already; {role} is another person"


def _one_person(person: Person) -> str:
    """The same for all ways to write a name: its case, its spaces, its forms in Unicode."""
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", person.name).casefold())
    return "".join(plain.split())


def judge_waivers(asked: Saying, given: Sequence[tuple[str, Grant]]) -> tuple[Waived, ...]:
    """Each waiver of this gate, newest first, with why it is not taken where it is not."""
    lines: list[Waived] = []
    ids = {one.id: one for one in asked.policy.objectives}
    for digest, word in sorted(given, key=_newest, reverse=True):
        why = next(_unfit(asked, word), None) or _ended(asked, word)
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
        until=word.until if word.holds else None,  # a denial has no last day
        link=word.link,
        source=digest,
    )


def _newest(one: tuple[str, Attestation | Grant]) -> tuple[float, bool, str]:
    """Of two words of one moment a denial is the newer; a time without a zone is read as UTC."""
    digest, word = one
    at = word.at if word.at.tzinfo else word.at.replace(tzinfo=UTC)
    return at.timestamp(), isinstance(word, Attestation) and not word.holds, digest


def _unfit(asked: Saying, word: Attestation | Grant, role: str | None = None) -> Iterator[str]:
    """Why the word does not count here, apart from its age."""
    said = f"the word of {word.by.name}"
    yield from _elsewhere(asked, word, role)
    if word.at.tzinfo is None or word.until.tzinfo is None:
        yield f"{said} has a time without a zone"
    elif word.at > asked.now + CLOCK_SKEW:
        yield f"{said} is of the future, {word.at.isoformat()}"
    if not _attributable(word.by, asked.policy, asked.rehearsal):
        yield f"{said} is a name alone, which this gate does not take"


def _elsewhere(asked: Saying, word: Attestation | Grant, role: str | None) -> Iterator[str]:
    """Why the word is about something else."""
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


def _ended(asked: Saying, word: Attestation | Grant) -> str | None:
    """``word`` has times with a zone."""
    if word.until < asked.now:
        return f"the word of {word.by.name} ended {word.until.isoformat()}"
    return None


def _attributable(person: Person, policy: Policy, rehearsal: bool) -> bool:
    return person.known_by != "name" or policy.accept_bare_names or rehearsal
