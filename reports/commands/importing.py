"""What generators elsewhere measured, put together as the record of one run."""

from __future__ import annotations

import hashlib
import math
import platform
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from fractions import Fraction
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from reports.commands.facts import facts
from reports.evidence.digest import is_digest
from reports.evidence.generator_files import (
    GeneratorFiles,
    ImportRefused,
    Summary,
    read_generator,
    sample_files,
    summary_of,
)
from reports.evidence.load import Generator, LoadRecord
from reports.evidence.record import SCHEMA, EnvironmentRecord, RunRecord, Source, Subject
from reports.evidence.reducing import merged_operations
from reports.evidence.segments import segment_edges, what_is_wrong

if TYPE_CHECKING:
    from fixtures.environment import Environment
    from fixtures.load.profiles import Profile

MOST_GENERATORS = 2000
APART_S = 60  # between the first arrivals of two generators: they start together
SKEW_S = 120  # between the clock of a machine and the time of its samples

# What all generators of one load were told alike.
_ALIKE: tuple[tuple[str, Callable[[Summary], object]], ...] = (
    ("profile", lambda one: one.profile),
    ("stages", lambda one: one.stages),
    ("seed", lambda one: one.seed),
    ("mark", lambda one: one.mark),
    ("scripts", lambda one: one.scripts),
    ("execution segments", lambda one: one.sequence),
    ("base_url", lambda one: one.base_url),
    ("images_url", lambda one: one.images_url),
)


class Part(NamedTuple):
    """One generator with the part of the load that it made."""

    files: GeneratorFiles
    low: Fraction
    high: Fraction


def imported_run(
    named: Sequence[Path], environment: Environment, *, build: str, profile: str | None
) -> RunRecord:
    """The record of what ``named`` files hold; the same files always give the same run id.

    Raises ImportRefused, and ConfigurationError for a profile that there is not.
    """
    from fixtures.load.profiles import profile_named

    files = sample_files(list(named))
    if len(files) > MOST_GENERATORS:
        raise ImportRefused(f"{len(files)} generators; at most {MOST_GENERATORS} are taken")
    told = summary_of(files[0])[0].profile
    if not told and profile is None:
        raise ImportRefused(f"{files[0]}: its summary names no profile; --prepare writes it")
    asked = profile_named(told if profile is None else profile)
    read = [read_generator(file, asked.window_s) for file in files]
    _are_alike(read)
    _are_of(read[0], asked, environment)
    parts = _parts(read)
    load = _load(parts, asked)
    return _run(parts, load, environment, build)


def _are_alike(read: Sequence[GeneratorFiles]) -> None:
    """Raises ImportRefused where two generators did not make parts of one load."""
    first = read[0]
    for other in read[1:]:
        for what, of in _ALIKE:
            if of(first.summary) != of(other.summary):
                raise ImportRefused(
                    f"{other.samples}: {what} {_short(of(other.summary))}, and {first.samples} "
                    f"has {_short(of(first.summary))}: import the files of one load at a time"
                )
    versions = {(one.before, one.after): one for one in read}
    if len(versions) > 1:
        (a, b), *_ = versions
        (c, d) = list(versions)[1]
        raise ImportRefused(
            f"{versions[c, d].samples}: saw version {c} and then {d}, and "
            f"{versions[a, b].samples} saw {a} and then {b}: evidence is of one build"
        )
    starts = [(one.reduced.began_us or 0, one.samples) for one in read]
    earliest, latest = min(starts), max(starts)
    apart = (latest[0] - earliest[0]) / 1e6
    if apart > APART_S:
        raise ImportRefused(
            f"{latest[1]}: its first arrival is {apart:.0f} s after that of {earliest[1]}: "
            f"generators of one load start within {APART_S} s, by clocks that agree"
        )


def _are_of(first: GeneratorFiles, profile: Profile, environment: Environment) -> None:
    """Raises ImportRefused where they were told another load, or another service."""
    summary = first.summary
    if summary.profile != profile.name:
        raise ImportRefused(
            f"{first.samples}: was driven at profile {summary.profile[:60]!r}, not {profile.name}"
        )
    if profile.workload != "mixed" or profile.until_broken:
        raise ImportRefused(
            f"{first.samples}: {profile.name} is driven by the harness itself; generators "
            "elsewhere drive the mixed workload to its end (documented, soak)"
        )
    if summary.stages != profile.stages:
        raise ImportRefused(
            f"{first.samples}: its stages are {_short(summary.stages)}; profile {profile.name} "
            f"has {_short(profile.stages)}: drive it with what --prepare wrote"
        )
    if not is_digest(summary.scripts):
        raise ImportRefused(
            f"{first.samples}: scripts {summary.scripts[:80]!r} is no digest: --prepare writes it"
        )
    wanted = (f"{environment.base_url}{environment.base_path}", str(environment.images_url))
    for what, told, right in (
        ("base_url", summary.base_url, wanted[0]),
        ("images_url", summary.images_url, wanted[1]),
    ):
        if environment.base_url is None or told != right:
            raise ImportRefused(
                f"{first.samples}: its load went to {what} {told[:200]!r}; {environment.name} is "
                f"{right if environment.base_url else 'embedded, and ends with its run'}"
            )


def _parts(read: Sequence[GeneratorFiles]) -> list[Part]:
    """By segment. Raises ImportRefused where they are not the whole, each part once."""
    parts = []
    for files in read:
        try:
            parts.append(Part(files, *segment_edges(files.summary.segment)))
        except ValueError as problem:
            raise ImportRefused(f"{files.samples}: {problem}") from None
        machine, reduced = files.machine, files.reduced
        first, last = (reduced.began_us or 0) / 1e6, (reduced.ended_us or 0) / 1e6
        if first < machine.started - SKEW_S or last > machine.ended + SKEW_S:
            raise ImportRefused(
                f"{files.samples}: its samples are not of the time in which its k6 ran: the "
                "machine file is that of another run"
            )
    wrong = what_is_wrong((part.low, part.high) for part in parts)
    if wrong:
        raise ImportRefused(
            f"{', '.join(part.files.samples.name for part in parts[:5])}: {wrong}: name the files "
            "of every generator, each once"
        )
    return sorted(parts, key=lambda part: part.low)


def _load(parts: Sequence[Part], profile: Profile) -> LoadRecord:
    due = profile.arrivals()
    try:
        operations = merged_operations(part.files.reduced.operations for part in parts)
    except ValueError as problem:
        raise ImportRefused(f"{parts[0].files.samples} and others: {problem}") from None
    return LoadRecord(
        profile=profile.name,
        workload=profile.workload,
        script_digest=parts[0].files.summary.scripts,
        seed=parts[0].files.summary.seed,
        stages=profile.stages,
        began=_moment(min(part.files.reduced.began_us or 0 for part in parts)),
        warm_up_s=profile.warm_up_s,
        window_s=profile.window_s,
        operations=operations,
        generators=tuple(
            _generator(part, math.floor(due * part.high) - math.floor(due * part.low))
            for part in parts
        ),
    )


def _generator(part: Part, scheduled: int) -> Generator:
    """``scheduled`` is its share of the arrivals; the shares of all add up to the whole."""
    summary, machine = part.files.summary, part.files.machine
    partial = f"k6 exited {machine.exit_code}" if machine.exit_code else None
    return Generator(
        segment=summary.segment,
        program=machine.program[:200],
        program_digest=machine.program_digest[:200],
        started=_moment(machine.started * 1_000_000),
        ended=_moment(machine.ended * 1_000_000),
        exit_code=machine.exit_code,
        partial=partial,
        scheduled=scheduled,
        arrived=summary.iterations,
        dropped=summary.dropped,
        requests=summary.requests,
        cpus=math.ceil(machine.cpus),
        cpu_s=machine.cpu_s,
        busiest=machine.busiest,
        reducing_cpu_s=part.files.reducing_cpu_s,
    )


def _run(
    parts: Sequence[Part], load: LoadRecord, environment: Environment, build: str
) -> RunRecord:
    digests = tuple(digest for part in parts for digest in part.files.digests)
    name = hashlib.sha256("\n".join(sorted(digests)).encode()).hexdigest()[:6]
    first = parts[0].files
    ended = max(
        [_moment(part.files.reduced.ended_us or 0) for part in parts]
        + [one.ended for one in load.generators]
    )
    broken = next((one for one in load.generators if one.partial), None)
    return RunRecord(
        schema=SCHEMA,
        run_id=f"{load.began:%Y%m%dt%H%M%S}-{name}",
        layers=("load",),
        subject=Subject(build=build, version=first.before, version_after=first.after),
        environment=EnvironmentRecord(**facts(environment)),
        rehearsal=environment.rehearsal,
        fault=None,
        started=min([load.began, *(one.started for one in load.generators)]),
        ended=ended,
        complete=broken is None,
        stopped=f"generator {broken.segment}: {broken.partial}" if broken else None,
        expected_digest="",
        source=Source(
            harness=version("promotion-gate"),
            python=platform.python_version(),
            pytest="none",
            imported=digests,
        ),
        checks=(),
        loads=(load,),
    )


def _moment(microseconds: int) -> datetime:
    return datetime.fromtimestamp(microseconds / 1e6, UTC)


def _short(what: object) -> str:
    if isinstance(what, tuple):
        what = ", ".join(f"{stage.rate:g}/s for {stage.seconds:g} s" for stage in what[:3])
    return str(what)[:200] or "none"
