"""What production was seen to do, over many looks: shares with bounds that hold at every look.

In a pooled share every request counts once. Where two windows overlap, the one that began first
does; a window is one run's, so that nobody chooses within it. One that is not pooled can still fail
a share by itself, and each can fire a trigger: better hours before it do not dilute it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from fractions import Fraction
from typing import NamedTuple

from reports.evidence.observation import Count, Observation, Serving
from reports.judging.admission import Admitted, normalise_build
from reports.judging.anytime import bounds
from reports.judging.criterion import percentage
from reports.judging.decision import ObjectiveResult, Reason
from reports.judging.pass_rate import Judged, Terms
from reports.judging.policy import Objective, Policy, parse_duration
from reports.judging.result import Result

INDICATORS = ("observed_share", "observed_time")
ERROR = 0.05  # that a healthy build is judged wrongly, over all looks and all shares of a gate
_STAYS = "nothing: what was seen does not go away"
_WEIGHTS = 1e-9  # by which two shares of the requests may differ and be the same


class Seen(NamedTuple):
    """A window that counts, the run that saw it, and the build's own version in it."""

    source: Admitted
    window: Observation
    own: Serving


class _Answer(NamedTuple):
    result: Result
    why: str
    flip: str
    notes: tuple[str, ...] = ()
    value: str | None = None
    low: str | None = None
    high: str | None = None
    headroom: str | None = None
    n: int | None = None
    over: int | None = None


def seen_windows(admitted: Sequence[Admitted], policy: Policy, build: str | None) -> list[Seen]:
    """The windows in which ``build`` served, in order of time.

    One in which two versions call themselves so is there twice, once for each.
    """
    found = [
        Seen(source, window, own)
        for source in admitted
        for window in source.run.observations
        for own in window.serving
        if build is not None
        and own.build is not None
        and normalise_build(own.build, policy.environment) == build
    ]
    found.sort(key=lambda one: (one.window.started, one.window.ended, one.source.digest))
    return found


def _apart(seen: Sequence[Seen], *, each_version: bool) -> list[Seen]:
    """Those that do not overlap; of one window both versions, or the first."""
    kept: list[Seen] = []
    for one in seen:
        again = bool(kept) and each_version and one.window is kept[-1].window
        if again or not kept or one.window.started >= kept[-1].window.ended:
            kept.append(one)
    return kept


def shares(policy: Policy) -> int:
    """How many shares the gate judges, which divide the error among them."""
    return sum(one.indicator == "observed_share" for one in policy.objectives)


def present_weight(seen: Sequence[Seen]) -> float:
    """The build's share of the requests at the latest look; 0 where it never served."""
    return max(seen, key=lambda one: one.window.ended).own.weight if seen else 0.0


def judge_observed(objective: Objective, seen: Sequence[Seen], terms: Terms, among: int) -> Judged:
    """``among`` is how many shares the gate judges."""
    if objective.weight is not None:
        seen = [one for one in seen if abs(one.own.weight - objective.weight) < _WEIGHTS]
    if not seen:
        answer = _Answer(Result.NO_EVIDENCE, "no window of the build was observed", "a look at it")
    elif objective.indicator == "observed_time":
        answer = _time(objective, seen, terms.shorter.get(objective.id))
    else:
        answer = _share(objective, seen, ERROR / among)
    return _judged(objective, answer, seen, terms)


def _time(objective: Objective, seen: Sequence[Seen], shorter: str | None) -> _Answer:
    """How long it was watched without a gap, up to the latest look."""
    assert objective.gap is not None
    longest = parse_duration(objective.gap)
    began = seen[0].window.started
    gap: tuple[datetime, datetime] | None = None
    ended = seen[0].window.ended
    for one in seen[1:]:
        if one.window.started - ended > longest:
            began, gap = one.window.started, (ended, one.window.started)
        ended = max(ended, one.window.ended)
    watched = ended - began
    wanted = timedelta(seconds=float(objective.limit.limit))
    if shorter is not None:
        wanted = min(wanted, parse_duration(shorter))
    flip = f"a gap of more than {objective.gap}"
    notes: tuple[str, ...] = () if shorter is None else (f"a rehearsal: {shorter} will do",)
    if gap is not None:
        notes += (f"nobody looked from {_moment(gap[0])} to {_moment(gap[1])}",)
    value = _hours(watched)
    if watched >= wanted:
        return _Answer(Result.PASS, "", flip, notes, value, headroom=_hours(watched - wanted))
    why = f"it was watched for {value} without a gap of more than {objective.gap}"
    return _Answer(
        Result.NO_EVIDENCE,
        "; ".join((why, *notes)),
        f"{_hours(wanted - watched)} more without a gap",
        notes,
        value,
    )


def _share(objective: Objective, seen: Sequence[Seen], alpha: float) -> _Answer:
    """Half of ``alpha`` is for the pool, half for the windows that are judged alone."""
    pool = _apart(seen, each_version=objective.of == "new")
    counted = [_counts(objective, one) for one in pool]
    possible = [count for counts in counted for count in counts if _is_possible(count)]
    whose = "of the build's own version" if objective.of == "new" else "of all versions"
    sources = ", ".join(sorted({one.source for one in possible}))
    notes: tuple[str, ...] = (f"counted by {sources}",) if sources else ()
    notes += (f"error {alpha:.2g} over all looks together",)
    if sum(one.total for one in possible):
        share, broken, kept = _pooled(objective, possible, alpha / 2)
        why = f"{share.over} of {share.n} {objective.counts}, {whose}"
        if broken:  # whatever else is missing or still to come: the bound holds at every look
            return share._replace(result=Result.FAIL, why=why, flip=_STAYS, notes=notes)
    pooled = set() if objective.rollback else set(map(id, pool))
    worst = _broken_alone(objective, [one for one in seen if id(one) not in pooled], alpha / 2)
    if worst is not None:
        window, share = worst
        when = f"from {_moment(window.started)} to {_moment(window.ended)}"
        why = f"{share.over} of {share.n} {objective.counts}, {whose}, {when}"
        notes += ("one look by itself",)
        return share._replace(result=Result.FAIL, why=why, flip=_STAYS, notes=notes)
    if sum(map(len, counted)) > len(possible):
        return _Answer(Result.NO_EVIDENCE, f"a count of {objective.counts} is none", "real counts")
    silent = sum(not counts for counts in counted)
    if silent or not sum(one.total for one in possible):
        why = f"nothing counts {objective.counts} {whose}"
        if silent and silent < len(pool):
            why += f" in {silent} of {len(pool)} windows"
        return _Answer(Result.NO_EVIDENCE, why, "a source that counts it")
    assert share.n is not None
    if kept and share.n >= objective.minimum:
        flip = f"a bound beyond {objective.criterion}"
        return share._replace(result=Result.PASS, flip=flip, notes=notes)
    why = (
        f"{share.n} were seen {whose}, at least {objective.minimum} are needed"
        if share.n < objective.minimum
        else f"{share.over} of {share.n} {objective.counts}: it may be on either side of the limit"
    )
    return share._replace(why=why, notes=notes)


def _counts(objective: Objective, one: Seen) -> list[Count]:
    version = one.own.version if objective.of == "new" else None
    return [
        count
        for count in one.window.counts
        if count.name == objective.counts and count.version == version
    ]


def _is_possible(count: Count) -> bool:
    return 0 <= count.bad <= count.total


def _broken_alone(
    objective: Objective, seen: Sequence[Seen], alpha: float
) -> tuple[Observation, _Answer] | None:
    """The first window that by itself is beyond the limit, with its share.

    The n-th window has alpha * 6 / (pi * n)^2 of the error, which together is alpha, however many
    there are and however they overlap.
    """
    for number, one in enumerate(seen, 1):
        counts = [count for count in _counts(objective, one) if _is_possible(count)]
        if sum(count.total for count in counts):
            share, broken, _ = _pooled(objective, counts, alpha * 6 / (math.pi * number) ** 2)
            if broken:
                return one.window, share
    return None


def _pooled(
    objective: Objective, counts: Sequence[Count], alpha: float
) -> tuple[_Answer, bool, bool]:
    """The share with its bounds, inconclusive as yet; whether it is beyond the limit, or within."""
    bad, total = sum(one.bad for one in counts), sum(one.total for one in counts)
    low, high = _at_every_look(counts, alpha)
    limit, of_bad = objective.limit, objective.limit.operator[0] == "<"
    # A limit on what is good is one on all that is not bad.
    share = Fraction(bad, total) if of_bad else Fraction(total - bad, total)
    lower, upper = (Fraction(each) for each in ((low, high) if of_bad else (1 - high, 1 - low)))
    broken = not limit.met_by(lower if of_bad else upper)
    if lower > upper:
        # No one rate explains all looks, so what was good before is no bound on what is now.
        low, high = bounds(bad, total, alpha)
        lower, upper = (Fraction(each) for each in ((low, high) if of_bad else (1 - high, 1 - low)))
    kept = limit.met_by(upper if of_bad else lower) and limit.met_by(share)
    answer = _Answer(
        Result.INCONCLUSIVE,
        "",
        "more requests",
        (),
        percent(share),
        percent(lower),
        percent(upper),
        percent(limit.headroom(share)),
        total,
        bad,
    )
    return answer, broken, kept


def _at_every_look(counts: Sequence[Count], alpha: float) -> tuple[float, float]:
    """The narrowest bounds so far: each held when it was found, and holds from then on."""
    low, high, bad, total = 0.0, 1.0, 0, 0
    for one in counts:
        bad, total = bad + one.bad, total + one.total
        lower, upper = bounds(bad, total, alpha)
        low, high = max(low, lower), min(high, upper)
    return low, high


def _judged(objective: Objective, answer: _Answer, seen: Sequence[Seen], terms: Terms) -> Judged:
    sources = list({one.source.digest: one.source for one in seen}.values())
    reasons = (
        (Reason(check=None, result=answer.result, why=answer.why, items=objective.items),)
        if answer.result is not Result.PASS
        else ()
    )
    newest = max((one.window.ended for one in seen), default=None)
    line = ObjectiveResult(
        id=objective.id,
        title=objective.title,
        result=answer.result,
        value=answer.value,
        limit=objective.criterion,
        headroom=answer.headroom,
        checks=0,
        passed=0,
        observations=len(seen),
        source=tuple(one.digest for one in sources),
        age_s=None if newest is None else int((terms.now - newest).total_seconds()),
        items=objective.items,
        reasons=reasons,
        more_reasons=0,
        not_applicable=(),
        notes=answer.notes,
        flip=answer.flip,
        low=answer.low,
        high=answer.high,
        n=answer.n,
        over=answer.over,
    )
    return Judged(line, tuple(sources), ())


def percent(share: Fraction) -> str:
    """A share as a percentage: small ones with the digits that tell them apart."""
    if 0 < abs(share) < Fraction(1, 100):
        return f"{float(share):.4%}"
    return percentage(share)


def _hours(span: timedelta) -> str:
    minutes = int(span.total_seconds() // 60)
    return f"{minutes // 60}h{minutes % 60:02d}m" if minutes >= 60 else f"{minutes}m"


def _moment(at: datetime) -> str:
    return at.isoformat(timespec="minutes")
