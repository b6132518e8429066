"""What a gate asks: its objectives and which evidence it takes. One TOML file a gate."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from datetime import timedelta
from typing import Literal, NamedTuple, get_args

import msgspec

from reports.evidence.finding import Severity
from reports.evidence.scan import Mode
from reports.evidence.structure import Record
from reports.judging.criterion import Criterion, Kind, parse_criterion

Layer = Literal["readiness", "smoke", "integration", "catalog", "security", "load", "sla"]
LAYERS: tuple[Layer, ...] = get_args(Layer)
Indicator = Literal[
    "pass_rate",
    "latency",
    "error_rate",
    "baseline",
    "load_runs",
    "findings",
    "observed_share",
    "observed_time",
]
# What --load-profile names, and what the layers drive by themselves.
Profile = Literal[
    "quick",
    "documented",
    "stress",
    "soak",
    "concurrent-updates",
    "steady",
    "short-concurrent-updates",
]
PROFILES: tuple[Profile, ...] = get_args(Profile)
# Too short for a gate: the overlay of a rehearsal may accept them.
SHORT_PROFILES: tuple[Profile, ...] = ("quick", "steady", "short-concurrent-updates")
# Options of a run that ask for checks which need them: to act, or to be given something.
ON_REQUEST = ("rehearse", "terraform_plan", "source")
PRODUCTION = "prod"
SUBJECT_LINE = "subject"
EVIDENCE_LINE = "evidence"
REQUIRES = "after-"  # and the gate that has to come before: the line of that
_DURATION = re.compile(r"([1-9]\d*)(m|h|d)")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
_ID = re.compile(r"[a-z0-9][a-z0-9-]*")


class Objective(Record, frozen=True):
    """One thing that must hold: an indicator, a criterion, and the plan items it serves.

    ``pass_rate`` is the share of the expected checks of ``layer``, or of the named ``checks``,
    that passed. The others look at loads of ``profiles``: ``latency`` and ``error_rate`` at the
    requests of ``operations`` (names, or reads, writes, all), ``baseline`` at how their
    percentile changed since the last promotion, and ``load_runs`` at how many loads are valid.
    ``findings`` counts the weaknesses of ``severities`` in the runs of ``layer`` that nobody
    waived, where one of ``scanners`` came to its end. ``observed_share`` and ``observed_time``
    look at windows of production in which the build served: at a share of what was counted, and at
    how long it was watched without a ``gap``.
    """

    id: str
    title: str
    criterion: str
    layer: Layer | None = None
    checks: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    indicator: Indicator = "pass_rate"
    operations: tuple[str, ...] = ()
    profiles: tuple[Profile, ...] = ()
    minimum: int = 0  # requests below which it is inconclusive either way
    severities: tuple[Severity, ...] = ()
    scanners: tuple[str, ...] = ()  # whose scan is accepted, by name: zap, embedded
    scan_modes: tuple[Mode, ...] = ()  # of findings: active and imported unless said
    waive_critical: bool = False  # whether a waiver of a critical finding is taken
    counts: str | None = None  # observed_share: what is bad, by the name it is counted under
    of: Literal["new", "all"] = "new"  # observed_share: the build's own version, or all of them
    gap: str | None = None  # observed_time: the longest time without a look
    weight: float | None = None  # observed_*: only while the build had this share of requests
    rollback: bool = False  # a trigger: where it fails, what runs has to go

    def __post_init__(self) -> None:
        own = self.id in (SUBJECT_LINE, EVIDENCE_LINE) or self.id.startswith(REQUIRES)
        if not _ID.fullmatch(self.id) or own:
            raise ValueError(
                f'id "{self.id}": small letters, digits and hyphens, '
                f"and not {SUBJECT_LINE}, {EVIDENCE_LINE} or {REQUIRES}..."
            )
        if self.indicator == "findings":
            self._rests_on_findings()
        elif self.severities or self.scanners or self.scan_modes or self.waive_critical:
            raise ValueError(
                f'objective "{self.id}": {self.indicator} looks at no findings; severities, '
                "scanners, scan_modes and waive_critical are of findings"
            )
        elif self.indicator == "pass_rate":
            self._rests_on_checks()
        elif self.observed:
            self._rests_on_windows()
        else:
            self._rests_on_loads()
        if not self.observed and (self.counts, self.gap, self.weight) != (None, None, None):
            raise ValueError(
                f'objective "{self.id}": {self.indicator} looks at no windows of production; '
                "counts, gap and weight are of observed_share and observed_time"
            )
        self._criterion_fits()

    @property
    def observed(self) -> bool:
        """Whether it looks at windows of production."""
        return self.indicator in ("observed_share", "observed_time")

    def _rests_on_windows(self) -> None:
        said = f'objective "{self.id}": {self.indicator}'
        if self.layer is not None or self.checks or self.operations or self.profiles:
            raise ValueError(
                f"{said} looks at windows of production: no layer, checks, operations or profiles"
            )
        if (self.indicator == "observed_share") != (self.counts is not None):
            raise ValueError(f"{said}: counts is of observed_share, which needs it")
        if (self.indicator == "observed_time") != (self.gap is not None):
            raise ValueError(f"{said}: gap is of observed_time, which needs it")
        if self.gap is not None:
            parse_duration(self.gap)
        if self.weight is not None and not 0 < self.weight <= 1:
            raise ValueError(f"{said}: weight {self.weight} is no share of the requests")

    def _rests_on_checks(self) -> None:
        if (self.layer is None) == (not self.checks):
            raise ValueError(f'objective "{self.id}" names either layer or checks')
        if self.operations or self.profiles or self.minimum:
            raise ValueError(
                f'objective "{self.id}": pass_rate looks at checks; operations, profiles and '
                "minimum are of indicators of load"
            )

    def _rests_on_findings(self) -> None:
        said = f'objective "{self.id}": findings'
        if self.layer is None or self.checks:
            raise ValueError(f"{said} are those of a layer: name it, and no checks")
        if self.operations or self.profiles or self.minimum:
            raise ValueError(f"{said}: operations, profiles and minimum are of indicators of load")
        if not self.severities:
            raise ValueError(f"{said}: name the severities ({', '.join(Severity)})")
        if not self.scanners:
            raise ValueError(f"{said}: name the scanners that are accepted, such as zap")

    def _rests_on_loads(self) -> None:
        said = f'objective "{self.id}": {self.indicator} looks at loads'
        if self.layer is not None or self.checks:
            raise ValueError(f"{said}; layer and checks are of pass_rate")
        if not self.profiles:
            raise ValueError(f"{said}: name their profiles ({', '.join(PROFILES)})")
        if self.indicator == "load_runs":
            if self.operations or self.minimum:
                raise ValueError(f"{said} and counts them; operations and minimum are not its")
        elif not self.operations:
            raise ValueError(f"{said}: name the operations, or reads, writes, all")
        if self.minimum < 0:
            raise ValueError(f'objective "{self.id}": minimum {self.minimum} is below 0')

    def _criterion_fits(self) -> None:
        limit, fits = self.limit, _FITS[self.indicator]
        said = f'objective "{self.id}": criterion "{self.criterion}"'
        if limit.limit == 0 and (self.indicator, limit.operator) != ("findings", "<="):
            raise ValueError(f"{said} asks nothing")
        if limit.kind is not fits.kind or limit.operator[0] not in fits.operator:
            raise ValueError(
                f"{said} limits a {limit.kind}; {self.indicator} is judged by {fits.words}"
            )
        if fits.kind is Kind.RELATIVE and limit.percentile is None:
            raise ValueError(f"{said} compares no percentile; one looks like {fits.example}")
        if self.indicator in ("error_rate", "observed_share") and limit.limit >= 1:
            raise ValueError(f"{said} asks nothing")

    @property
    def limit(self) -> Criterion:
        """The criterion, parsed."""
        return parse_criterion(self.criterion)


class _Fit(NamedTuple):
    """What criterion an indicator takes."""

    kind: Kind
    operator: str
    what: str
    example: str

    @property
    def words(self) -> str:
        return f"{self.what}, such as {self.example}"


_FITS = {
    "pass_rate": _Fit(Kind.SHARE, ">", "a least share", '">= 100%"'),
    "latency": _Fit(Kind.PERCENTILE, "<", "a greatest percentile", '"p(95) < 500ms"'),
    "error_rate": _Fit(Kind.SHARE, "<", "a greatest share", '"< 0.1%"'),
    "baseline": _Fit(Kind.RELATIVE, "<", "a greatest change of a percentile", '"p(95) <= +10%"'),
    "load_runs": _Fit(Kind.COUNT, ">", "a least count", '">= 1"'),
    "observed_share": _Fit(Kind.SHARE, "<>", "a share", '"< 0.1%"'),
    "observed_time": _Fit(Kind.DURATION, ">", "a least time", '">= 72h"'),
    "findings": _Fit(Kind.COUNT, "<", "a greatest count", '"<= 0"'),
}


class Policy(Record, frozen=True):
    """A gate. ``gate`` is None for a run that is judged by its layers alone.

    ``earlier_failures``: what a check that passes now and failed before, with the same build,
    means. ``accept_not_applicable``: the capabilities whose absence this gate accepts.
    ``accept_not_asked``: the options without which a layer counts all the same; checks that an
    objective names are never left out. ``requires``: the gates that promoted this build before.
    ``attestations``: plan item -> the role whose word it takes; ``accept_bare_names``: whether a
    name is enough to know who spoke; ``distinct_persons``: whether each role is another person.
    ``trusted_keys``: name -> public key in PEM; where there is one, the decisions that it requires
    have to be signed by one of them.
    """

    gate: str | None
    title: str
    environment: str
    subject: Literal["candidate", "deployed", "mixed"]
    accept_self_reported: bool
    max_age: str
    objectives: tuple[Objective, ...]
    accept_not_applicable: tuple[str, ...] = ()
    accept_not_asked: tuple[str, ...] = ()
    earlier_failures: Literal["shown", "need-waiver"] = "shown"
    requires: tuple[str, ...] = ()
    attestations: dict[str, str] = msgspec.field(default_factory=dict)
    accept_bare_names: bool = False
    distinct_persons: bool = False
    trusted_keys: dict[str, str] = msgspec.field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.objectives:
            raise ValueError("objectives: a gate without one decides nothing")
        twice = _repeated(objective.id for objective in self.objectives)
        if twice:
            raise ValueError(f'objectives: id "{twice}" stands there twice')
        for objective in self.objectives:
            for profile in objective.profiles:
                if profile in SHORT_PROFILES:
                    raise ValueError(
                        f'objective "{objective.id}": profile {profile} is too short for a gate; '
                        "the overlay of a rehearsal may accept it"
                    )
        for item, role in self.attestations.items():
            if not _ID.fullmatch(role):
                raise ValueError(f'attestations: {item} = "{role}" is no role, such as tech-lead')
        if self.accept_bare_names and self.environment == PRODUCTION:
            raise ValueError("accept_bare_names: about production a name alone is no word")
        if self.gate in self.requires:
            raise ValueError(f"requires: {self.gate} cannot come before itself")
        parse_duration(self.max_age)

    @property
    def oldest(self) -> timedelta:
        """The age above which evidence no longer counts."""
        return parse_duration(self.max_age)


class Overlay(Record, frozen=True):
    """What a rehearsal of a gate does not ask: nothing else of a policy can be overlaid."""

    accept_self_reported: bool = False
    accept_not_applicable: tuple[str, ...] = ()
    accept_profiles: dict[str, tuple[Profile, ...]] = msgspec.field(
        default_factory=dict
    )  # objective -> profiles that do as well
    shorter: dict[str, str] = msgspec.field(
        default_factory=dict
    )  # objective that watches for a time -> the time that does as well
    leave_out: dict[str, str] = msgspec.field(
        default_factory=dict
    )  # objective -> why this rehearsal leaves it out

    def __post_init__(self) -> None:
        for length in self.shorter.values():
            parse_duration(length)
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
        accept_not_asked=ON_REQUEST,
    )


def _repeated(names: Iterable[str]) -> str | None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    return None
