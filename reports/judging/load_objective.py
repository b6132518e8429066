"""Objectives that look at loads: every load of the subject counts, so that none can be chosen.

Loads of one profile are pooled. One whose generator is the suspect, or whose run did not come
to its end, is not: it can fail the objective where it surely shows that, and pass nothing. That
arrivals were dropped holds while it is said of the latest load.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from fractions import Fraction
from typing import NamedTuple

from msgspec.structs import replace

from reports.evidence.digest import canonical
from reports.evidence.load import LoadRecord
from reports.evidence.record import RunRecord
from reports.judging.admission import CLOCK_SKEW, Admitted
from reports.judging.baseline import Change, change
from reports.judging.decision import ObjectiveResult, Reason
from reports.judging.failure_point import failure_point, summary
from reports.judging.levels import Level, judge_level, share_text
from reports.judging.pass_rate import Judged, Terms
from reports.judging.policy import Objective
from reports.judging.result import Result, worst
from reports.judging.sample import LEAST_WINDOWS, judged_windows, missing, selected, take
from reports.judging.validity import BUSIEST, RAMP, Doubt, doubts


class Baseline(NamedTuple):
    """The last promotion of the gate: its decision's digest, build, and the runs it rested on."""

    decision: str
    build: str | None
    runs: tuple[tuple[str, RunRecord], ...]


class _Load(NamedTuple):
    """A load and the run that it is of; ``unsure`` says why it can pass nothing."""

    load: LoadRecord
    source: Admitted
    unsure: str | None


class _Answer(NamedTuple):
    """What one profile's loads say."""

    result: Result
    why: str
    flip: str
    notes: tuple[str, ...] = ()
    value: str | None = None
    headroom: str | None = None
    level: Level | None = None
    low: str | None = None
    high: str | None = None


def judge_load(
    objective: Objective,
    admitted: Sequence[Admitted],
    terms: Terms,
    baseline: Baseline | None,
) -> Judged:
    """``admitted`` are the runs that count, oldest first."""
    profiles = (*objective.profiles, *terms.profiles.get(objective.id, ()))
    found = [one for one in _loads(admitted, objective, terms) if one.load.profile in profiles]
    if not found:
        why = f"no run with a load of profile {' or '.join(profiles)} counts"
        answer = _Answer(Result.NO_EVIDENCE, why, f"a run with --load-profile {profiles[0]}")
        return _judged(objective, answer, (), terms)
    answers = [
        _answer(objective, [one for one in found if one.load.profile == profile], baseline)
        for profile in dict.fromkeys(one.load.profile for one in found)
    ]
    # Loads of another profile ask another question: where both were accepted, both have to pass.
    answer = next(one for one in answers if one.result is worst(a.result for a in answers))
    sources = tuple({one.source.digest: one.source for one in found}.values())
    earlier = (*_earlier(objective, found), *_unfinished(terms))
    answer = answer._replace(notes=(*answer.notes, *earlier))
    if earlier and terms.need_waiver and answer.result is Result.PASS:
        why = f"{earlier[0]}: this gate needs a waiver for that"
        answer = answer._replace(result=Result.NO_EVIDENCE, why=why, flip="a waiver")
    return _judged(objective, answer, sources, terms)


def _loads(admitted: Sequence[Admitted], objective: Objective, terms: Terms) -> Iterator[_Load]:
    """Each load once, though several runs may have kept it."""
    seen: set[bytes] = set()
    for source in admitted:
        for load in source.run.loads:
            key = canonical(_measured(load))
            if key not in seen:
                seen.add(key)
                yield _Load(load, source, _unsure(load, source.run, objective, terms))


def _measured(load: LoadRecord) -> LoadRecord:
    """Without what reading it cost, which differs where the same files are read twice."""
    generators = tuple(replace(one, reducing_cpu_s=0.0) for one in load.generators)
    return replace(load, generators=generators)


def _unsure(load: LoadRecord, run: RunRecord, objective: Objective, terms: Terms) -> str | None:
    suspect = next((doubt.why for doubt in doubts(load) if doubt.generator), None)
    if objective.indicator == "load_runs" and load.profile == RAMP:
        # A ramp ends where something gives way: that has to be the service.
        suspect = next((d.why for d in doubts(load) if d.generator and not _saturated(d)), None)
    if suspect is None and not run.complete:
        suspect = f"the run stopped: {run.stopped or 'not said why'}"
    suspect = suspect or _wrong_time(load, run, terms)
    return None if suspect is None else f"run {run.run_id}: {suspect}"


def _wrong_time(load: LoadRecord, run: RunRecord, terms: Terms) -> str | None:
    """A young run makes an old load no younger."""
    began = f"its load began at {load.began.isoformat()}"
    if load.began.tzinfo is None:
        return f"{began}, a time without a zone"
    if load.began > run.ended + CLOCK_SKEW:
        return f"{began}, after the run had ended"
    ended = load.began + timedelta(seconds=sum(stage.seconds for stage in load.stages))
    if terms.now - ended > terms.oldest:
        return f"{began}, longer ago than evidence may be old"
    return None


def _saturated(doubt: Doubt) -> bool:
    return f"at most {BUSIEST:.0%} is taken" in doubt.why


def _answer(objective: Objective, found: Sequence[_Load], baseline: Baseline | None) -> _Answer:
    sure = [one.load for one in found if one.unsure is None]
    unsure = [one for one in found if one.unsure is not None]
    if objective.indicator == "load_runs":
        return _counted(objective, sure, unsure)
    notes = tuple(f"not pooled: {one.unsure}" for one in unsure)
    notes += tuple(
        f"run {one.source.run.run_id}, before the latest: {doubt.why}"
        for one in [one for one in found if one.unsure is None][:-1]
        for doubt in doubts(one.load)
    )
    if not sure:
        return _alone(objective, unsure)._replace(notes=notes)
    if objective.indicator == "baseline":
        answer = _compared(objective, sure, baseline)
    else:
        answer = _level(
            judge_level(
                objective.criterion,
                sure,
                objective.operations,
                objective.minimum,
                doubted=sure[-1:],
            )
        )
        if len(sure) > 1:
            notes = (f"{len(sure)} loads are pooled", *notes)
    failing = next((one for one in unsure if _fails_alone(objective, one)), None)
    if failing is not None and answer.result is not Result.FAIL:
        answer = _alone(objective, [failing])
    return answer._replace(notes=(*answer.notes, *notes))


def _alone(objective: Objective, unsure: Sequence[_Load]) -> _Answer:
    """What loads that can pass nothing say: a sure failure, or nothing sure."""
    failing = next((one for one in unsure if _fails_alone(objective, one)), None)
    if failing is not None:
        return _level(_of_one(objective, failing))
    latest = unsure[-1]
    flip = "a load whose generators had time to spare, in a run that comes to its end"
    return _Answer(Result.INCONCLUSIVE, str(latest.unsure), flip)


def _fails_alone(objective: Objective, one: _Load) -> bool:
    return objective.indicator in ("latency", "error_rate") and (
        _of_one(objective, one).result is Result.FAIL
    )


def _of_one(objective: Objective, one: _Load) -> Level:
    return judge_level(objective.criterion, [one.load], objective.operations, objective.minimum)


def _earlier(objective: Objective, found: Sequence[_Load]) -> list[str]:
    """Earlier loads that fail by themselves; pooled with better ones they may no longer show."""
    return [
        f"{objective.id} failed earlier, in run {one.source.run.run_id} "
        f"of {one.source.run.ended.isoformat()}, taken by itself"
        for one in found[:-1]
        if _fails_alone(objective, one)
    ]


def _unfinished(terms: Terms) -> list[str]:
    return [
        f"run {intent.run_id} began at {intent.started.isoformat()} and did not finish"
        for intent in terms.aborted
        if {"load", "sla"} & set(intent.layers)
    ]


def _level(level: Level) -> _Answer:
    return _Answer(
        level.result,
        level.why,
        level.flip,
        level.notes,
        level.value,
        level.headroom,
        level,
        level.low,
        level.high,
    )


def _counted(objective: Objective, sure: Sequence[LoadRecord], unsure: Sequence[_Load]) -> _Answer:
    whys = {id(load): _not_valid(load) for load in sure}
    valid = [load for load in sure if whys[id(load)] is None]
    notes = [summary(failure_point(load)) for load in valid if load.profile == RAMP]
    said = [f"not counted: {why}" for why in whys.values() if why]
    said += [f"not counted: {one.unsure}" for one in unsure]
    value, limit = Fraction(len(valid)), objective.limit
    answer = _Answer(
        Result.PASS,
        "",
        "the valid load becoming too old",
        (*(f"failure point: {note}" for note in notes), *said),
        str(len(valid)),
        str(limit.headroom(value)),
    )
    if limit.met_by(value):
        return answer
    why = (said[0] if said else "too few loads").removeprefix("not counted: ")
    return answer._replace(result=Result.INCONCLUSIVE, why=why, flip="one more valid load")


def _not_valid(load: LoadRecord) -> str | None:
    if load.profile != RAMP:
        return next((doubt.why for doubt in doubts(load)), None) or _silent(load)
    point = failure_point(load)
    if point.first in ("nothing", "generator"):
        return f"the failure point of the service was not reached: {summary(point)}"
    if point.held is None:
        return f"no rate is known that the service holds: {summary(point)}"
    return None


def _silent(load: LoadRecord) -> str | None:
    """A load that was never answered rightly establishes nothing, however well it arrived."""
    names = [one.name for one in load.operations]
    sample = take([load], names, None)
    if sample.malformed:
        return sample.malformed[0]
    for one in load.operations:
        if not any(window.requests > window.failed for window in judged_windows(load, one)):
            return f"no request of {one.name} was answered rightly"
    return None


def _compared(
    objective: Objective, sure: Sequence[LoadRecord], baseline: Baseline | None
) -> _Answer:
    doubt = next(iter(doubts(sure[-1])), None)
    if doubt is not None:
        return _Answer(Result.INCONCLUSIVE, doubt.why, "a load that arrives as it was asked to")
    if baseline is None:
        note = "not applicable: nothing was promoted by this gate yet, so nothing to compare with"
        return _Answer(Result.PASS, "", "a promotion to compare with", (note,), "no baseline yet")
    before = [
        load
        for load in {
            canonical(load): load for _, run in baseline.runs for load in run.loads
        }.values()
        if load.profile == sure[0].profile and not doubts(load)
    ]
    against = f"baseline: decision {baseline.decision}, build {baseline.build}"
    if not before:
        why = f"the {against} rests on no valid load of profile {sure[0].profile}"
        return _Answer(Result.INCONCLUSIVE, why, "a promotion that rests on one")
    return _against(objective, sure, before, against)


def _against(
    objective: Objective, sure: Sequence[LoadRecord], before: Sequence[LoadRecord], against: str
) -> _Answer:
    """The loads of the candidate with valid ones of the promotion."""
    known = dict.fromkeys(
        one.name for load in before for one in selected(load, objective.operations)
    )
    lacking = [*missing(sure, list(known))]
    if lacking:
        why = f"no request of {', '.join(lacking)} was measured, and the baseline has some"
        return _Answer(Result.INCONCLUSIVE, why, "loads that measure the same", (against,))
    percentile = objective.limit.percentile or Fraction(95)
    try:
        changed = change(sure, before, objective.operations, percentile)
    except ValueError as problem:
        return _Answer(Result.INCONCLUSIVE, str(problem), "evidence that reads")
    if changed is None:
        why = f"fewer than {LEAST_WINDOWS} windows of time on one side or the other"
        return _Answer(Result.INCONCLUSIVE, why, "longer loads", (against,))
    return _change(objective, changed, against)


def _change(objective: Objective, changed: Change, against: str) -> _Answer:
    limit = 1 + float(objective.limit.limit)
    low, high = (_percent(bound) for bound in (changed.low, changed.high))
    result, why = (
        Result.INCONCLUSIVE,
        f"{low} to {high}: too close to {objective.criterion} to tell",
    )
    if changed.high <= limit:
        result, why = Result.PASS, ""
    elif changed.low > limit:
        result, why = Result.FAIL, f"{low} to {high} is surely more than {objective.criterion}"
    return _Answer(
        result,
        why,
        f"an upper bound {'above' if result is Result.PASS else 'of at most'} {_percent(limit)}",
        (against, f"blocks of {changed.block} windows, {changed.windows} windows"),
        _percent(changed.ratio),
        share_text(limit - changed.ratio),
        low=low,
        high=high,
    )


def _percent(ratio: float) -> str:
    return f"{(ratio - 1) * 100:+.1f}%"


def _judged(
    objective: Objective, answer: _Answer, sources: tuple[Admitted, ...], terms: Terms
) -> Judged:
    level = answer.level
    passed = answer.result is Result.PASS
    reason = Reason(check=None, result=answer.result, why=answer.why, items=objective.items)
    latest = sources[-1].run.ended if sources else None
    return Judged(
        ObjectiveResult(
            id=objective.id,
            title=objective.title,
            result=answer.result,
            value=answer.value,
            limit=objective.criterion,
            headroom=answer.headroom,
            checks=0,
            passed=0,
            observations=0,
            source=tuple(one.digest for one in sources),
            age_s=None if latest is None else (terms.now - latest) // timedelta(seconds=1),
            items=objective.items,
            reasons=() if passed else (reason,),
            more_reasons=0,
            not_applicable=(),
            notes=tuple(dict.fromkeys(answer.notes)),
            flip=answer.flip,
            low=answer.low,
            high=answer.high,
            n=level.n if level else None,
            over=level.over if level else None,
            design_effect=level.design_effect if level else None,
        ),
        sources,
        (),
    )
