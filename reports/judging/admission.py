"""Which runs count: the same subject and environment, young enough, well formed.

A run that does not count is listed with the reason; none is dropped in silence.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from reports.evidence.record import SCHEMA, CheckRecord, Outcome, RunRecord, Subject
from reports.judging.decision import NotCounted
from reports.judging.policy import Policy

SELF_REPORTED = "self-reported"
SEVERAL = "walk to several"  # versions among which the alias shares the traffic
_BINDINGS = ("walk", SEVERAL, SELF_REPORTED)  # the strongest first
CLOCK_SKEW = timedelta(minutes=5)  # between the machine that ran and the one that decides
_SUFFIXES = ("local", "dev", "sit", "prod")
_LEADING_V = re.compile(r"^v(?=\d)")


class Admitted(NamedTuple):
    """A run that counts. ``unconfirmed`` says why its failures count and its passes do not.

    ``binding`` is what ties it to the build: its own, or for what was imported that of the runs
    beside it in time.
    """

    digest: str
    run: RunRecord
    unconfirmed: str | None
    binding: str


class Admission(NamedTuple):
    """Runs that count, oldest first; those that do not; and those too broken to be read."""

    admitted: tuple[Admitted, ...]
    not_counted: tuple[NotCounted, ...]
    malformed: tuple[NotCounted, ...]


def normalise_build(build: str, environment: str) -> str:
    """A version without a tag's leading ``v`` and trailing ``-{environment}``."""
    bare = _LEADING_V.sub("", build.strip())
    head, _, tail = bare.rpartition("-")
    return head if head and tail in (*_SUFFIXES, environment) else bare


def weakest(bindings: Iterable[str]) -> str:
    """The weakest of what ties a run to its build; a word that nobody knows ties nothing."""
    known = [one if one in _BINDINGS else SELF_REPORTED for one in bindings]
    return max(known, key=_BINDINGS.index, default=SELF_REPORTED)


def is_rehearsal(run: RunRecord) -> bool:
    """Whether the run was one, by where it ran or by a fault it was given."""
    return bool(run.rehearsal) or run.fault is not None


def admit(
    runs: Iterable[tuple[str, RunRecord]],
    policy: Policy,
    *,
    build: str | None,
    now: datetime,
    rehearsal: bool,
) -> Admission:
    """Sort out ``runs``. ``build`` None takes each run's own; only without a gate."""
    runs = tuple(runs)
    broken = dict(unusable(runs))
    admitted: list[Admitted] = []
    not_counted: list[NotCounted] = []
    malformed: list[NotCounted] = []
    for digest, run in runs:
        if digest in broken:
            said = f"malformed: {broken[digest]}"
            malformed.append(NotCounted(digest=digest, run_id=run.run_id, why=said))
            continue
        why = (
            _elsewhere(run, policy)
            or (_mixed(run, policy, build) if policy.subject == "mixed" else None)
            or _changed(run.subject, policy)
            or _wrong_build(run.subject, policy, build)
            or _wrong_time(run, policy, now)
            or _is_refused_rehearsal(run, rehearsal)
        )
        if why is None:
            unconfirmed = _not_confirmed(run.subject, policy) or _not_told_apart(run, policy)
            binding = weakest([run.subject.binding])
            if run.source.imported:
                doubt, binding = _vouched_for(run, beside(run, policy, runs, rehearsal), policy)
                if run.subject.version is None:  # its files tell nothing of health
                    unconfirmed = doubt
            admitted.append(Admitted(digest, run, unconfirmed or _ahead(run, now), binding))
        else:
            not_counted.append(NotCounted(digest=digest, run_id=run.run_id, why=why))
    admitted.sort(key=lambda one: (one.run.ended, one.digest))
    return Admission(tuple(admitted), tuple(not_counted), tuple(malformed))


def unusable(runs: Sequence[tuple[str, RunRecord]]) -> Iterator[tuple[str, str]]:
    """The digests of runs that hold every gate for what is wrong with them, and what it is."""
    ids = Counter(run.run_id for _, run in runs)
    for digest, run in runs:
        broken = _malformed(run)
        if broken is None and ids[run.run_id] > 1:
            broken = "another record has the same run id"
        if broken is not None:
            yield digest, broken


def _ahead(run: RunRecord, now: datetime) -> str | None:
    """A clock that is ahead could make an earlier pass the latest, over a failure since."""
    return f"it ends in the future, at {run.ended.isoformat()}" if run.ended > now else None


def _malformed(run: RunRecord) -> str | None:
    if run.schema != SCHEMA:
        return f"schema {run.schema!r}, not {SCHEMA!r}"
    if run.started.tzinfo is None or run.ended.tzinfo is None:
        return "a time without a zone"
    if run.ended < run.started:
        return "it ended before it started"
    repeated = [name for name, times in Counter(c.id for c in run.checks).items() if times > 1]
    if repeated:
        return f"{repeated[0]} is recorded twice"
    return next((broken for check in run.checks if (broken := _malformed_check(check))), None)


def _malformed_check(check: CheckRecord) -> str | None:
    if not math.isfinite(check.duration_s) or check.duration_s < 0:
        return f"{check.id} took {check.duration_s} s"
    if check.cases < 0 or check.observations < 0:
        return f"{check.id} counts {check.cases} cases and {check.observations} observations"
    if check.outcome is Outcome.PASS and check.failure is not None:
        return f"{check.id} passed and carries a failure"
    return None


def _elsewhere(run: RunRecord, policy: Policy) -> str | None:
    if run.environment.name != policy.environment:
        return f"it ran against {run.environment.name}, not {policy.environment}"
    return None


def _mixed(run: RunRecord, policy: Policy, build: str | None) -> str | None:
    """Behind the alias stand the build and at most one other version, at both ends."""
    for window in run.observations:
        builds = [one.build for one in window.serving]
        if len(builds) > 2:
            return f"{len(builds)} versions answered: {', '.join(map(str, builds))}"
        if build is not None and not any(one and _same(one, build, policy) for one in builds):
            return f"{' and '.join(map(str, builds)) or 'no version'} answered, not {build}"
    return None


def _not_told_apart(run: RunRecord, policy: Policy) -> str | None:
    """Of a mixed subject a window has to tell which version did what."""
    if policy.subject != "mixed":
        return None
    if not run.observations:
        return "a mixed subject needs evidence by executed version, and it has none"
    for window in run.observations:
        named = [one.build for one in window.serving if one.build]
        if len({normalise_build(one, policy.environment) for one in named}) < len(named):
            return f"two versions call themselves {named[0]}: which one is the build is not known"
    return None


def _changed(subject: Subject, policy: Policy) -> str | None:
    if policy.subject == "mixed":
        return None  # each answer may be of either version
    before, after = subject.version, subject.version_after
    if before is not None and after is not None and not _same(before, after, policy):
        return f"the version changed in mid-run, from {before} to {after}"
    code, code_after = subject.code_digest, subject.code_digest_after
    if code is not None and code_after is not None and code != code_after:
        return "the code digest changed in mid-run"
    return None


def _wrong_build(subject: Subject, policy: Policy, build: str | None) -> str | None:
    if build is None:
        return None
    meant = subject.build
    if meant is not None and not _same(meant, build, policy):
        return f"it is of build {meant}, not {build}"
    # A candidate is named by the pipeline; what is deployed also has to answer with its version.
    told = subject.version if policy.subject == "deployed" else None
    if told is not None and not _same(told, build, policy):
        return f"version {told} answered, not {build}"
    return None if told or meant else f"nothing says that it is of build {build}"


def _same(one: str, other: str, policy: Policy) -> bool:
    environment = policy.environment
    return normalise_build(one, environment) == normalise_build(other, environment)


def beside(
    imported: RunRecord, policy: Policy, runs: Iterable[tuple[str, RunRecord]], rehearsal: bool
) -> tuple[RunRecord, ...]:
    """The runs of ours that began last before it, and ended first after it.

    Files of another tool do not tell what answered; who looked before and after does.
    """
    ours = [
        run
        for _, run in runs
        if not run.source.imported
        and not (_malformed(run) or _elsewhere(run, policy))
        and not _is_refused_rehearsal(run, rehearsal)
    ]
    before = [run for run in ours if run.started <= imported.started]
    after = [run for run in ours if run.ended >= imported.ended]
    return (
        *sorted(before, key=lambda run: run.started)[-1:],
        *sorted(after, key=lambda run: run.ended)[:1],
    )


def _vouched_for(
    imported: RunRecord, beside: tuple[RunRecord, ...], policy: Policy
) -> tuple[str | None, str]:
    """Why the runs beside it do not tell its build, and the weakest of what ties theirs to it."""
    if not beside:
        return (
            "it was imported, and no run before or after it saw which build was there",
            SELF_REPORTED,
        )
    for one in beside:
        why = (
            _changed(one.subject, policy)
            or _wrong_build(one.subject, policy, imported.subject.build)
            or _not_confirmed(one.subject, policy)
        )
        if why is not None:
            return f"it was imported, and of run {one.run_id} beside it: {why}", SELF_REPORTED
    return None, weakest(one.subject.binding for one in beside)


def _not_confirmed(subject: Subject, policy: Policy) -> str | None:
    if policy.subject in ("candidate", "mixed"):
        return None
    if subject.version is None:
        return "health reported no version"
    if subject.version_after is None:
        return "health reported no version at the end"
    if (subject.code_digest is None) != (subject.code_digest_after is None):
        return "the code digest was read only once"
    return None


def _wrong_time(run: RunRecord, policy: Policy, now: datetime) -> str | None:
    if run.ended > now + CLOCK_SKEW:
        return f"it ends in the future, at {run.ended.isoformat()}"
    age = now - run.ended
    if age > policy.oldest:
        return f"it is {age // timedelta(hours=1)} h old; at most {policy.max_age} is taken"
    return None


def _is_refused_rehearsal(run: RunRecord, rehearsal: bool) -> str | None:
    if rehearsal or not is_rehearsal(run):
        return None
    reasons = [*run.rehearsal, *([f"fault {run.fault}"] if run.fault is not None else [])]
    return f"a rehearsal ({', '.join(reasons)}), which this gate refuses"
