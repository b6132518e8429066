"""What a gate asks: its objectives and which evidence it takes. One TOML file a gate."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from datetime import timedelta
from typing import Literal, get_args

import msgspec

from reports.evidence.structure import Record
from reports.judging.criterion import Criterion, Kind, parse_criterion

Layer = Literal["readiness", "smoke", "integration", "catalog", "security", "load", "sla"]
LAYERS: tuple[Layer, ...] = get_args(Layer)
SUBJECT_LINE = "subject"
EVIDENCE_LINE = "evidence"
_DURATION = re.compile(r"([1-9]\d*)(m|h|d)")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
_ID = re.compile(r"[a-z0-9][a-z0-9-]*")


class Objective(Record, frozen=True):
    """One thing that must hold: an indicator, a criterion, and the plan items it serves.

    ``pass_rate`` is the share of the expected checks of ``layer``, or of the named ``checks``,
    that passed.
    """

    id: str
    title: str
    criterion: str
    layer: Layer | None = None
    checks: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    indicator: Literal["pass_rate"] = "pass_rate"

    def __post_init__(self) -> None:
        if not _ID.fullmatch(self.id) or self.id in (SUBJECT_LINE, EVIDENCE_LINE):
            raise ValueError(
                f'id "{self.id}": small letters, digits and hyphens, '
                f"and not {SUBJECT_LINE} or {EVIDENCE_LINE}"
            )
        if (self.layer is None) == (not self.checks):
            raise ValueError(f'objective "{self.id}" names either layer or checks')
        limit = self.limit
        if limit.limit == 0:
            raise ValueError(f'objective "{self.id}": criterion "{self.criterion}" asks nothing')
        if limit.kind is not Kind.SHARE or limit.operator not in (">", ">="):
            raise ValueError(
                f'objective "{self.id}": criterion "{self.criterion}" limits a {limit.kind}; '
                'pass_rate is judged by a least share, such as ">= 100%"'
            )

    @property
    def limit(self) -> Criterion:
        """The criterion, parsed."""
        return parse_criterion(self.criterion)


class Policy(Record, frozen=True):
    """A gate. ``gate`` is None for a run that is judged by its layers alone.

    ``earlier_failures``: what a check that passes now and failed before, with the same build,
    means. ``accept_not_applicable``: the capabilities whose absence this gate accepts.
    """

    gate: str | None
    title: str
    environment: str
    subject: Literal["candidate", "deployed", "mixed"]
    accept_self_reported: bool
    max_age: str
    objectives: tuple[Objective, ...]
    accept_not_applicable: tuple[str, ...] = ()
    earlier_failures: Literal["shown", "need-waiver"] = "shown"

    def __post_init__(self) -> None:
        if not self.objectives:
            raise ValueError("objectives: a gate without one decides nothing")
        twice = _repeated(objective.id for objective in self.objectives)
        if twice:
            raise ValueError(f'objectives: id "{twice}" stands there twice')
        parse_duration(self.max_age)

    @property
    def oldest(self) -> timedelta:
        """The age above which evidence no longer counts."""
        return parse_duration(self.max_age)


class Overlay(Record, frozen=True):
    """What a rehearsal of a gate does not ask: nothing else of a policy can be overlaid."""

    accept_self_reported: bool = False
    accept_not_applicable: tuple[str, ...] = ()
    leave_out: dict[str, str] = msgspec.field(
        default_factory=dict
    )  # objective -> why this rehearsal leaves it out

    def __post_init__(self) -> None:
        for objective, why in self.leave_out.items():
            if not why.strip():
                raise ValueError(f'leave_out: "{objective}" says no reason')


def parse_duration(text: str) -> timedelta:
    """``30m``, ``24h`` or ``7d``. Raises ValueError."""
    match = _DURATION.fullmatch(text)
    if match is None:
        raise ValueError(f'max_age "{text}" is none; it looks like 30m, 24h or 7d')
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def layer_policy(layers: Collection[str], environment: str, absent: Collection[str]) -> Policy:
    """What a run without a gate is judged by: all that is expected of each layer passes.

    ``absent`` are the capabilities that the environment declares absent or forbids.
    """
    return Policy(
        gate=None,
        title="all expected checks of each layer pass",
        environment=environment,
        subject="deployed",
        accept_self_reported=True,
        max_age="1d",
        objectives=tuple(
            Objective(id=layer, title=f"All {layer} checks pass", criterion=">= 100%", layer=layer)
            for layer in LAYERS
            if layer in layers
        ),
        accept_not_applicable=tuple(sorted(absent)),
    )


def _repeated(names: Iterable[str]) -> str | None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    return None
