"""``plan-items.toml``: each item of the promotion plan, its gate, and what answers for it."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

from reports.evidence.structure import Record
from reports.strict_toml import ConfigurationError, load

FILE = Path(__file__).resolve().parent / "plan-items.toml"
KINDS = ("check", "objective", "evidence", "attestation")
Gate = Literal[
    "dev",
    "sit-readiness",
    "sit-deployment",
    "sit-signoff",
    "prod-readiness",
    "prod-canary",
    "prod-deployment",
    "prod-24h",
    "prod-soak",
    "prod-week",
]


class _Item(Record, frozen=True):
    gate: Gate
    text: str
    check: str | None = None
    objective: str | None = None
    evidence: str | None = None
    attestation: str | None = None


class _Section(Record, frozen=True):
    phase: str
    section: str
    items: dict[str, _Item]


class _File(Record, frozen=True):
    sections: tuple[_Section, ...]


class PlanItem(Record, frozen=True):
    """One item. ``kind`` is one of ``KINDS``; ``place`` is the check, objective and so on."""

    id: str
    phase: str
    section: str
    text: str
    gate: str
    kind: str
    place: str


@cache
def load_plan_items(path: Path = FILE) -> tuple[PlanItem, ...]:
    """All items in the plan's order. Raises ConfigurationError naming what is wrong."""
    items: dict[str, PlanItem] = {}
    problems: list[str] = []
    for section in load(path, _File).sections:
        for name, item in section.items.items():
            places = [(kind, place) for kind in KINDS if (place := getattr(item, kind))]
            if name in items:
                problems.append(f"{path}: {name} has two places; it has one")
            if len(places) != 1:
                problems.append(f"{path}: {name} names exactly one of {', '.join(KINDS)}")
                continue
            kind, place = places[0]
            items[name] = PlanItem(
                id=name,
                phase=section.phase,
                section=section.section,
                text=item.text,
                gate=item.gate,
                kind=kind,
                place=place,
            )
    if problems:
        raise ConfigurationError("\n".join(problems))
    return tuple(items.values())
