"""Reads policies and their overlays, and gives back the very texts that were read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from reports.evidence.digest import canonical
from reports.evidence.record import ExpectedCheck
from reports.gates import waivers
from reports.gates.plan_items import load_plan_items
from reports.judging.policy import REQUIRES, Overlay, Policy
from reports.judging.waiver import Waiver
from reports.strict_toml import ConfigurationError, nearest, parse

FOLDER = Path(__file__).resolve().parent
SCHEMA_FILE = FOLDER / "policy.schema.json"
_NO_GATE = ("plan-items", "waivers")


class LoadedPolicy(NamedTuple):
    """A policy, its overlay in a rehearsal, and the texts that they came from, in that order.

    ``waivers`` are all that there are, where the policy looks at findings.
    """

    policy: Policy
    overlay: Overlay | None
    texts: tuple[str, ...]
    waivers: tuple[Waiver, ...] = ()


def gate_names() -> tuple[str, ...]:
    """The gates that have a policy, sorted."""
    return tuple(sorted(file.stem for file in FOLDER.glob("*.toml") if file.stem not in _NO_GATE))


def load_policy(name: str, *, rehearsal: bool = False) -> LoadedPolicy:
    """The gate's policy, with its overlay in a rehearsal. Raises ConfigurationError."""
    if name not in gate_names():
        raise ConfigurationError(
            f"gate {name}: no such gate; {nearest(name, gate_names())}"
            f"There are: {', '.join(gate_names())}"
        )
    loaded = _policy_of(name)
    if any(one.indicator == "findings" for one in loaded.policy.objectives):
        loaded = loaded._replace(waivers=waivers.load_waivers(waivers.FILE, gate_names()))
    return with_overlay(loaded, FOLDER / "rehearsal" / f"{name}.toml") if rehearsal else loaded


def trusted_keys(name: str) -> Mapping[str, str] | None:
    """The keys that the gate's policy trusts; None where there is no such gate.

    Reads nothing but the policy: no waiver stands between a decision and its signature. Raises
    ConfigurationError.
    """
    return _policy_of(name).policy.trusted_keys if name in gate_names() else None


def _policy_of(name: str) -> LoadedPolicy:
    file = FOLDER / f"{name}.toml"
    loaded = load_policy_file(file)
    if loaded.policy.gate != name:
        raise ConfigurationError(f'{file}: gate = "{loaded.policy.gate}": the file is of {name}')
    return loaded


def load_policy_file(file: Path) -> LoadedPolicy:
    """A policy at any path, without an overlay. Raises ConfigurationError."""
    text = _read(file)
    policy = parse(text, Policy, str(file))
    _check_items(policy, file)
    return LoadedPolicy(policy, None, (text,))


def with_overlay(loaded: LoadedPolicy, file: Path) -> LoadedPolicy:
    """The same gate as a rehearsal. Raises ConfigurationError."""
    if not file.is_file():
        raise ConfigurationError(
            f"gate {loaded.policy.gate} cannot be rehearsed: there is no overlay {file}"
        )
    text = _read(file)
    return _overlaid(loaded, text, str(file))


def layers_as_loaded(policy: Policy) -> LoadedPolicy:
    """A policy that was made, not read (``layer_policy``), as if it had been."""
    return LoadedPolicy(policy, None, (canonical(policy).decode(),))


def from_texts(texts: Sequence[str]) -> LoadedPolicy:
    """What ``texts`` of an earlier LoadedPolicy say. Raises ConfigurationError."""
    text = texts[0]
    if text.startswith("{"):
        try:
            return LoadedPolicy(msgspec.json.decode(text, type=Policy), None, (text,))
        except msgspec.MsgspecError as error:
            raise ConfigurationError(f"stored policy: {error}") from error
    loaded = LoadedPolicy(parse(text, Policy, "stored policy"), None, (text,))
    return _overlaid(loaded, texts[1], "stored overlay") if len(texts) > 1 else loaded


def overlay_of(loaded: LoadedPolicy, other: LoadedPolicy) -> LoadedPolicy:
    """``loaded`` with the overlay of ``other``, if it has one. Raises ConfigurationError."""
    return _overlaid(loaded, other.texts[1], "stored overlay") if other.overlay else loaded


def check_names(policy: Policy, expected: Iterable[ExpectedCheck]) -> None:
    """Raises ConfigurationError where an objective names a check that is not expected."""
    known = [check.id for check in expected]
    unknown = [
        f"gate {policy.gate}: objective {objective.id}: no such check {name}; "
        f"{nearest(name, known)}They stand in suites/checks.tsv"
        for objective in policy.objectives
        for name in objective.checks
        if name not in known
    ]
    if unknown:
        raise ConfigurationError("\n".join(unknown))


def schema() -> bytes:
    """The published JSON Schema of a policy file."""
    return msgspec.json.format(msgspec.json.encode(msgspec.json.schema(Policy)), indent=2) + b"\n"


def _overlaid(loaded: LoadedPolicy, text: str, where: str) -> LoadedPolicy:
    overlay = parse(text, Overlay, where)
    own = [objective.id for objective in loaded.policy.objectives]
    ids = [*own, *(REQUIRES + gate for gate in loaded.policy.requires)]
    for table in ("leave_out", "accept_profiles", "shorter"):
        for name in getattr(overlay, table):
            if name not in ids:
                raise ConfigurationError(
                    f"{where}: [{table}] {name}: no such objective of {loaded.policy.gate}; "
                    f"{nearest(name, ids)}There are: {', '.join(ids)}"
                )
    for objective in loaded.policy.objectives:
        if objective.id in overlay.accept_profiles and not objective.profiles:
            raise ConfigurationError(
                f"{where}: [accept_profiles] {objective.id}: it looks at checks, not at loads"
            )
        if objective.id in overlay.shorter and objective.gap is None:
            raise ConfigurationError(
                f"{where}: [shorter] {objective.id}: it does not watch for a time"
            )
    if set(own) <= set(overlay.leave_out):
        raise ConfigurationError(f"{where}: [leave_out] leaves nothing to rehearse")
    return loaded._replace(overlay=overlay, texts=(*loaded.texts[:1], text))


def _check_items(policy: Policy, file: Path) -> None:
    known = [item.id for item in load_plan_items()]
    for objective in policy.objectives:
        for name in objective.items:
            if name not in known:
                raise ConfigurationError(
                    f'{file}: [objectives] {objective.id}: items = "{name}": no such plan item; '
                    f"{nearest(name, known)}They stand in reports/gates/plan-items.toml"
                )


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{file}: cannot be read: {error}") from error
