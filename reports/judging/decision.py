"""The record of a decision: what was judged, by what, from what, and what would change it."""

from __future__ import annotations

from datetime import datetime

from reports.evidence.contents import Intent, Refused
from reports.evidence.structure import Record
from reports.evidence.word import Person
from reports.judging.result import Action, Result
from reports.judging.waiver import Waiver

SCHEMA = "promotion-gate/decision/1"


class Reason(Record, frozen=True):
    """Why an objective did not simply pass. ``check`` is None where no one check is to blame."""

    check: str | None
    result: Result
    why: str
    items: tuple[str, ...] = ()
    expectation: str | None = None
    expected: str | None = None
    actual: str | None = None
    curl: str | None = None


class NotApplicable(Record, frozen=True):
    """A check that the environment has no use for, and whether the policy accepts that."""

    check: str
    capability: str
    accepted: bool
    items: tuple[str, ...]


class ObjectiveResult(Record, frozen=True, omit_defaults=True):
    """One objective, explained. ``age_s`` is that of the run that decides, in whole seconds.

    For a level of load, ``low`` and ``high`` bound the value, ``n`` requests were judged and
    ``over`` of them were over the limit.
    """

    id: str
    title: str
    result: Result
    value: str | None
    limit: str
    headroom: str | None
    checks: int
    passed: int
    observations: int
    source: tuple[str, ...]
    age_s: int | None
    items: tuple[str, ...]
    reasons: tuple[Reason, ...]
    more_reasons: int
    not_applicable: tuple[NotApplicable, ...]
    notes: tuple[str, ...]
    flip: str
    low: str | None = None
    high: str | None = None
    n: int | None = None
    over: int | None = None
    design_effect: float | None = None


class LeftOut(Record, frozen=True, omit_defaults=True):
    """An objective that this rehearsal does not rehearse, or of a step that is not reached yet."""

    id: str
    title: str
    why: str
    items: tuple[str, ...]
    ahead: bool = False  # of a later step: whoever needs the whole gate needs a later decision


class NotCounted(Record, frozen=True):
    """A run that is no evidence here."""

    digest: str
    run_id: str
    why: str


class Attested(Record, frozen=True, omit_defaults=True):
    """An item that a person answers for. ``why`` says why it is pending, or that it was denied."""

    item: str
    role: str
    given: bool
    denied: bool = False
    by: Person | None = None
    at: datetime | None = None
    until: datetime | None = None
    link: str | None = None
    source: str | None = None
    why: str | None = None


class Waived(Record, frozen=True):
    """A waiver of an objective; ``refused`` says why it is not taken."""

    objective: str
    owner: str
    reason: str
    by: Person
    at: datetime
    until: datetime
    source: str
    refused: str | None


class BaselineInput(Record, frozen=True):
    """The digests of an earlier promotion and of the runs that it rested on."""

    decision: str
    build: str | None
    runs: tuple[str, ...]


class EarlierInput(Record, frozen=True):
    """A decision that was looked at, and why its signature is not taken where one is needed."""

    decision: str
    doubt: str | None


class Inputs(Record, frozen=True):
    """Everything the judgement was made from; with the build and the time, all of it.

    ``policy`` holds the digests of the policy's text and, in a rehearsal, of its overlay's.
    """

    policy: tuple[str, ...]
    checks: str
    runs: tuple[str, ...]
    aborted: tuple[Intent, ...]
    refused: tuple[Refused, ...]
    baseline: BaselineInput | None = None
    waivers: tuple[Waiver, ...] = ()  # of findings, of this gate, expired ones too
    attestations: tuple[str, ...] = ()  # digests; of this gate, those that are not taken too
    grants: tuple[str, ...] = ()  # likewise of waivers of objectives
    earlier: tuple[EarlierInput, ...] = ()  # decisions of the gates that this one requires


class Decision(Record, frozen=True):
    """``decision`` is None without a gate: nothing was asked to move."""

    schema: str
    gate: str | None
    title: str
    environment: str
    layers: tuple[str, ...]
    build: str | None
    rehearsal: tuple[str, ...]
    verdict: Result
    decision: Action | None
    exit_code: int
    harness_error: str | None
    sentence: str
    objectives: tuple[ObjectiveResult, ...]
    left_out: tuple[LeftOut, ...]
    not_counted: tuple[NotCounted, ...]
    inputs: Inputs
    decided_at: datetime
    attestations: tuple[Attested, ...] = ()
    waived: tuple[Waived, ...] = ()
    fired: tuple[str, ...] = ()  # the triggers, objectives or items, that say rollback
