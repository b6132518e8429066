"""Reads the waivers of findings."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from reports.judging.waiver import EVERY_GATE, Waiver, Waivers
from reports.strict_toml import ConfigurationError, load, nearest

FILE = Path(__file__).resolve().parent / "waivers.toml"


def load_waivers(file: Path, gates: Collection[str]) -> tuple[Waiver, ...]:
    """The waivers in ``file``, expired ones too: the judge refuses those, by name.

    Raises ConfigurationError, also for a waiver of a gate that is none of ``gates``.
    """
    waivers = load(file, Waivers).waivers
    for number, one in enumerate(waivers, start=1):
        if one.gate != EVERY_GATE and one.gate not in gates:
            raise ConfigurationError(
                f'{file}: [waivers #{number}] gate = "{one.gate}": no such gate; '
                f"{nearest(one.gate, gates)}Valid here: {', '.join((EVERY_GATE, *gates))}"
            )
    return waivers
