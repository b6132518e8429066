"""How much load each objective needs before it can pass, and how long that takes."""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction

from reports.judging.anytime import bounds
from reports.judging.interval import CONFIDENCE, least_samples, samples_for
from reports.judging.levels import allowed_share
from reports.judging.observed import ERROR, shares
from reports.judging.policy import Objective, Overlay, Policy
from reports.judging.sample import LEAST_WINDOWS
from reports.judging.validity import ASKED

POWER = Fraction(4, 5)
RATE = ASKED["documented"][0]
# Of the mixed workload's requests.
_SHARES = {"reads": Fraction(4, 5), "writes": Fraction(1, 5), "all": Fraction(1)}


def needs(objective: Objective, overlay: Overlay | None) -> Iterator[str]:
    """What an objective looks at, and the samples, rate and minutes that it needs."""
    accepted = overlay.accept_profiles.get(objective.id, ()) if overlay else ()
    also = f", in a rehearsal also {', '.join(accepted)}" if accepted else ""
    of = f" of {', '.join(objective.operations)}" if objective.operations else ""
    what = f"{objective.indicator} {objective.criterion}{of}"
    yield f"    {what}, profile {', '.join(objective.profiles)}{also}"
    if objective.indicator == "load_runs":
        yield f"    needs {_least_count(objective)}, in a run that came to its end"
    elif objective.indicator == "baseline":
        yield f"    needs {LEAST_WINDOWS} windows of time on either side, and an earlier promotion"
        yield "    not applicable while nothing was promoted by this gate"
    else:
        yield from _samples(objective)


def _least_count(objective: Objective) -> str:
    limit = objective.limit.limit
    count = math.floor(limit) + 1 if objective.limit.operator == ">" else math.ceil(limit)
    return f"{count} valid load" + ("" if count == 1 else "s")


def _samples(objective: Objective) -> Iterator[str]:
    allowed = allowed_share(objective.limit)
    least = max(objective.minimum, least_samples(allowed))
    likely = max(least, samples_for(allowed, allowed / 2, POWER))
    over = "is over the limit" if objective.limit.percentile else "fails"
    many = "are over the limit" if objective.limit.percentile else "fail"
    yield f"    needs {least} requests if none {over}{_takes(least, objective)}"
    yield (
        f"    needs {likely} to pass with probability {float(POWER)} "
        f"if {_percent(allowed / 2)} {many}{_takes(likely, objective)}"
    )
    yield f"    by the exact one-sided {CONFIDENCE:.0%} bound; a design effect multiplies both"


def _takes(requests: int, objective: Objective) -> str:
    """How long that is at the documented rate; nothing where the share of it is not known."""
    share = sum((_SHARES.get(name, Fraction(0)) for name in objective.operations), Fraction(0))
    if not share:
        return ""
    seconds = math.ceil(requests / (RATE * min(share, Fraction(1))))
    minutes = f"{seconds / 60:.1f} minutes" if seconds >= 60 else f"{seconds} s"
    part = f", {_percent(share)} of them {objective.operations[0]}" if share < 1 else ""
    return f": {minutes} at {RATE} requests a second{part}"


def _percent(share: Fraction) -> str:
    return f"{float(share * 100):g}%"


def looks_needed(objective: Objective, policy: Policy) -> Iterator[str]:
    """What looks at production an objective takes."""
    yield f"    {objective.indicator} {objective.criterion}" + (
        f" of {objective.counts}, {objective.of} versions" if objective.counts else ""
    )
    if objective.weight is not None:
        yield f"    while the build has {objective.weight:.0%} of the requests"
    if objective.gap is not None:
        yield f"    needs looks with no gap of more than {objective.gap}"
        return
    alpha = ERROR / shares(policy) / 2  # the half for all looks together
    limit = objective.limit
    most = float(limit.limit if limit.operator[0] == "<" else 1 - limit.limit)
    least = 1
    while bounds(0, least, alpha)[1] > most:
        least = least * 5 // 4 + 1
    yield f"    needs {max(least, objective.minimum)} or so, if none of them is bad"
