"""What people say: an item of the plan that only a person knows, an objective that may wait.

Both are bound to one build at one gate, say who and how that is known, and end by themselves.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from reports.evidence.structure import Record

ATTESTATION_SCHEMA = "promotion-gate/attestation/1"
WAIVER_SCHEMA = "promotion-gate/waiver/1"
# How a name is known: a workflow's OIDC token, the AWS caller, or the name alone.
Known = Literal["github", "aws", "name"]


class Person(Record, frozen=True):
    """``name`` is the login, the role session's ARN, or what ``--by`` said; ``source`` the rest.

    ``source``: of github the repository, workflow and run; of aws the account; else empty.
    """

    name: str
    known_by: Known
    source: str = ""


class Attestation(Record, frozen=True):
    """A person's word on one item of the plan, for one build at one gate.

    ``holds`` false is the word that it does not hold: the escalation came, the meeting said no.
    """

    schema: str
    item: str
    role: str
    gate: str
    environment: str
    build: str
    by: Person
    at: datetime
    until: datetime
    holds: bool = True
    link: str | None = None
    rehearsal: bool = False


class Grant(Record, frozen=True):
    """A waiver of one objective of a gate, for one build."""

    schema: str
    objective: str
    gate: str
    environment: str
    build: str
    owner: str
    reason: str
    by: Person
    at: datetime
    until: datetime
    rehearsal: bool = False
