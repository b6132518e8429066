"""Whether a load is what it was asked to be: doubts that keep an objective from passing."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

from reports.evidence.load import LoadRecord, OperationWindow
from reports.evidence.segments import segment_edges, what_is_wrong

LEAST_ARRIVED = Fraction(999, 1000)
BUSIEST = 0.8  # of a generator's machine: above it, its own waiting is measured too
# Requests a second, and for how many seconds after the warm-up: what the plan means by the name.
ASKED = {"documented": (150, 600), "soak": (50, 3600), "concurrent-updates": (80, 60)}
# A ramp is ended by a signal once the service is clearly past its limits; what is under way
# then is counted and leaves no sample.
RAMP, _SIGNALLED = "stress", 105
_CUT_SHORT = Fraction(5, 100)
_DRAINS = timedelta(minutes=10)  # after the last arrival: every request has a time limit
# No answer, too many requests, an error of the service: none of them is ever right.
_NEVER_RIGHT = ("0", "429")


class Doubt(NamedTuple):
    """Why a load cannot pass; nor can it fail where ``generator`` itself is the suspect."""

    why: str
    generator: bool


def doubts(load: LoadRecord) -> tuple[Doubt, ...]:
    """All that speaks against a load. A slow service makes arrivals drop, but starts no doubt
    about the generator: what was measured of it stays true.
    """
    found = [Doubt(why, generator=True) for why in (*_broken(load), *_suspect(load))]
    found += [Doubt(why, generator=False) for why in (*_short(load), *_easier(load))]
    return tuple(found)


def _suspect(load: LoadRecord) -> list[str]:
    whys = [] if load.generators else ["nothing says what generated the load"]
    for one in load.generators:
        who = f"generator {one.segment}"
        if one.partial is not None:
            whys.append(f"{who} did not measure the whole: {one.partial}")
        elif one.exit_code != 0 and not (load.profile == RAMP and one.exit_code == _SIGNALLED):
            whys.append(f"{who} ended with exit code {one.exit_code}")
        if not one.busiest <= BUSIEST:
            whys.append(
                f"{who} was saturated: it used {one.busiest:.0%} of its machine, "
                f"at most {BUSIEST:.0%} is taken"
            )
        if one.exit_code == 0 and one.requests < one.arrived:
            whys.append(f"{who} counted {one.arrived} arrivals and {one.requests} requests")
    return whys + _not_whole(load)


def _not_whole(load: LoadRecord) -> list[str]:
    """A generator whose part is not there, or is there twice."""
    try:
        wrong = what_is_wrong(segment_edges(one.segment) for one in load.generators)
    except ValueError as problem:
        return [str(problem)]
    return [f"the generators are not the whole load: {wrong}"] if wrong and load.generators else []


def _short(load: LoadRecord) -> list[str]:
    scheduled = sum(one.scheduled for one in load.generators)
    arrived = sum(one.arrived for one in load.generators)
    dropped = sum(one.dropped for one in load.generators)
    whys = []
    if dropped:
        whys.append(f"{dropped} of {scheduled} arrivals were dropped")
    if scheduled <= 0 or Fraction(arrived, scheduled) < LEAST_ARRIVED:
        whys.append(f"{arrived} of {scheduled} arrivals began, at least 99.9% have to")
    return whys


def _easier(load: LoadRecord) -> list[str]:
    """A profile is more than a name."""
    rate, seconds = ASKED.get(load.profile, (0, 0))
    steady = sum(stage.seconds for stage in load.stages if stage.rate >= rate) - load.warm_up_s
    if steady >= seconds:
        return []
    asked = f"it was asked for {max(0.0, steady):.0f} s of that"
    return [f"{load.profile} means {rate} requests a second for {seconds} s, and {asked}"]


def _broken(load: LoadRecord) -> list[str]:
    """What does not add up: samples that were lost on their way, or counted twice."""
    windows = [window for operation in load.operations for window in operation.windows]
    if load.window_s <= 0:
        return [f"windows of {load.window_s} s"]
    malformed = _malformed(load, windows)
    if malformed:
        return [malformed]
    counted = sum(window.requests for window in windows)
    if not counted:
        return ["nothing was measured"]
    said = sum(one.requests for one in load.generators)
    cut_short = any(one.exit_code == _SIGNALLED for one in load.generators)
    if counted == said or (
        load.profile == RAMP and cut_short and 0 < said - counted <= _CUT_SHORT * said
    ):
        return []
    what = "samples were lost" if counted < said else "samples are not the generator's"
    return [f"{what}: it counted {said} requests and the windows hold {counted}"]


def _malformed(load: LoadRecord, windows: list[OperationWindow]) -> str | None:
    if any(w.at % load.window_s or not _adds_up(w) for w in windows):
        return "a window is malformed"
    names = [operation.name for operation in load.operations]
    if len(set(names)) < len(names):
        return "an operation is recorded twice"
    for operation in load.operations:
        times = [window.at for window in operation.windows]
        if any(later <= earlier for earlier, later in pairwise(times)):
            return f"the windows of {operation.name} are not in order"
    ends = load.began + timedelta(seconds=sum(stage.seconds for stage in load.stages)) + _DRAINS
    first, last = load.began.timestamp() - load.window_s, ends.timestamp()
    if any(not first < w.at <= last for w in windows):
        return "a window lies outside of the time of the load"
    return None


def counts_alone(window: OperationWindow) -> bool:
    """Whether it was counted by the platform, which keeps no status and no time of a request."""
    return not window.statuses and not window.histogram


def _adds_up(window: OperationWindow) -> bool:
    """Each request has one status, each failed one a reason, and no refusal succeeded."""
    counts = (*window.statuses.values(), *window.errors.values())
    wrong = sum(
        many
        for status, many in window.statuses.items()
        if status in _NEVER_RIGHT or status.startswith("5")
    )
    return (
        all(many >= 0 for many in counts)
        and (counts_alone(window) or sum(window.statuses.values()) == window.requests)
        and sum(window.errors.values()) == window.failed
        and wrong <= window.failed <= window.requests
    )
