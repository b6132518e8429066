"""A percentile or a share of failed requests, judged with its confidence.

``p(95) < 500ms`` holds where fewer than 5% of the requests are over 500 ms; a failed request
is over, and so is the histogram's bucket that holds the limit. The level passes where the exact
upper 95% bound of that share is below 5%, fails where the lower one is not, and is inconclusive
between.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from reports.evidence.load import LoadRecord
from reports.evidence.structure import Record
from reports.judging.criterion import Criterion, Kind, parse_criterion
from reports.judging.interval import (
    least_samples,
    lower_bound,
    most_not_failing,
    most_passing,
    upper_bound,
)
from reports.judging.result import Result
from reports.judging.sample import LEAST_WINDOWS, design_effect, successes, take
from reports.judging.validity import Doubt, doubts

if TYPE_CHECKING:
    from reports.evidence.histogram import Histogram


class Level(Record, frozen=True):
    """One level, explained. ``value`` is the point estimate, ``low`` and ``high`` bound it.

    ``n`` requests were judged, ``over`` of them were over the limit. ``why`` says why it is no
    pass, ``flip`` what would make it another result.
    """

    criterion: str
    result: Result
    value: str | None
    low: str | None
    high: str | None
    limit: str
    headroom: str | None
    n: int
    over: int
    design_effect: float
    notes: tuple[str, ...]
    why: str
    flip: str


def judge_level(
    criterion: str,
    loads: Sequence[LoadRecord],
    operations: Sequence[str],
    minimum: int = 0,
    *,
    doubted: Sequence[LoadRecord] | None = None,
) -> Level:
    """Judge all ``loads`` together; ``operations`` are names, or reads, writes, all.

    What speaks against one of ``doubted`` (all of them unless said) keeps it from passing.

    Raises ValueError for a criterion that limits no level from above.
    """
    against = [doubt for load in (loads if doubted is None else doubted) for doubt in doubts(load)]
    return _Judging(criterion, loads, operations, minimum, against).level()


def parse_level(criterion: str) -> Criterion:
    """A percentile or a share that is not to be exceeded. Raises ValueError."""
    wanted = parse_criterion(criterion)
    if wanted.kind not in (Kind.PERCENTILE, Kind.SHARE) or wanted.operator[0] != "<":
        raise ValueError(
            f'criterion "{criterion}" limits no level of load; '
            'one looks like "p(95) < 500ms" or "< 0.1%"'
        )
    if not 0 < allowed_share(wanted) < 1:
        raise ValueError(f'criterion "{criterion}" lies between 0% and 100%, neither of them')
    return wanted


def allowed_share(wanted: Criterion) -> Fraction:
    """The share of requests that may be over the limit; every share below it is fine."""
    return wanted.limit if wanted.percentile is None else 1 - wanted.percentile / 100


class _Judging:
    """One question; its answer is put together step by step."""

    def __init__(
        self,
        criterion: str,
        loads: Sequence[LoadRecord],
        operations: Sequence[str],
        minimum: int,
        doubted: Sequence[Doubt],
    ) -> None:
        self.criterion, self.loads, self.operations = criterion, loads, operations
        self.wanted = parse_level(criterion)
        self.allowed = allowed_share(self.wanted)
        self.is_share = self.wanted.kind is Kind.SHARE
        limit_us = None if self.is_share else int(self.wanted.limit * 1_000_000)
        self.sample = take(loads, operations, limit_us)
        found = [Doubt(why, generator=True) for why in self.sample.malformed]
        self.doubts = sorted([*found, *doubted], key=lambda doubt: not doubt.generator)
        self.minimum = max(minimum, least_samples(self.allowed))
        self.n, self.over = self.sample.whole
        self.measured_effect = design_effect(self.sample.windows)
        self.effect = self.measured_effect or 1.0

    def level(self) -> Level:
        if not self.n:
            return self._nothing("no request of " + ", ".join(self.operations) + " was measured")
        result, why = self._result()
        value, low, high, headroom = self._values()
        return Level(
            criterion=self.criterion,
            result=result,
            value=value,
            low=low,
            high=high,
            limit=self.criterion,
            headroom=headroom,
            n=self.n,
            over=self.over,
            design_effect=round(self.effect, 3),
            notes=self._notes(),
            why=why,
            flip=self._flip(result),
        )

    def _result(self) -> tuple[Result, str]:
        suspect = any(doubt.generator for doubt in self.doubts)
        enough = self.n >= self.minimum
        n, over = self.n / self.effect, self.over / self.effect
        if enough and not suspect and lower_bound(over, n) >= self.allowed:
            return Result.FAIL, f"{self._measured()}, surely not {self.criterion}"
        if self.sample.missing:
            return (
                Result.NO_EVIDENCE,
                f"no request of {', '.join(self.sample.missing)} was measured",
            )
        if self.doubts:
            return Result.INCONCLUSIVE, self.doubts[0].why
        if enough and upper_bound(over, n) < self.allowed:
            return Result.PASS, ""
        return Result.INCONCLUSIVE, (
            f"{self._measured()}: too close to {self.criterion} to tell"
            if enough
            else f"{self.n} requests were judged, {self.minimum} are needed"
        )

    def _measured(self) -> str:
        what = "failed" if self.is_share else "were over the limit"
        return f"{self.over} of {self.n} requests {what}"

    def _values(self) -> tuple[str | None, str | None, str | None, str | None]:
        n, over = self.n / self.effect, self.over / self.effect
        if self.is_share:
            share = Fraction(self.over, self.n)
            return (
                share_text(float(share)),
                share_text(lower_bound(over, n)),
                share_text(upper_bound(over, n)),
                share_text(float(self.allowed - share)),
            )
        if self.sample.malformed:
            return None, None, None, None
        times = Times(successes(self.loads, self.operations), self.n)
        # The percentile itself, then the times that the bounds of the share over them allow.
        at = times.with_over(int(self.n * self.allowed))
        most = most_passing(self.n, self.allowed, self.effect)
        high = None if most is None else times.with_over(most)
        low = times.with_over(most_not_failing(self.n, self.allowed, self.effect))
        room = None if at is None else float(self.wanted.limit) - at / 1e6
        return (
            "a failed request" if at is None else time_text(at / 1e6),
            "a failed request" if low is None else time_text(low / 1e6),
            "unbounded" if high is None else time_text(high / 1e6),
            None if room is None else time_text(room),
        )

    def _notes(self) -> tuple[str, ...]:
        notes = []
        if self.sample.warm_up:
            notes.append(f"{self.sample.warm_up} requests of the warm-up are not judged")
        if self.measured_effect is not None:
            notes.append(
                f"design effect {self.effect:.2f}, from {len(self.sample.windows)} windows"
            )
        elif not self.over:
            notes.append("design effect 1: nothing is over, so nothing says how windows vary")
        else:
            notes.append(
                f"design effect taken as 1: {len(self.sample.windows)} windows, "
                f"it takes {LEAST_WINDOWS} to tell"
            )
        if self.sample.failed and not self.is_share:
            notes.append(f"{self.sample.failed} failed requests count as over the limit")
        notes += [f"load: {doubt.why}" for doubt in self.doubts]
        return tuple(dict.fromkeys(notes))

    def _flip(self, result: Result) -> str:
        if self.sample.missing:
            return f"a load that measures {', '.join(self.sample.missing)}"
        most = most_passing(self.n, self.allowed, self.effect)
        what = "failed" if self.is_share else "over the limit"
        if result is Result.PASS and most is not None:
            return f"{most - self.over + 1} more of {self.n} requests {what}"
        if any(doubt.generator for doubt in self.doubts) or (
            self.doubts and result is Result.INCONCLUSIVE
        ):
            return "a load that arrives as it was asked to, from generators with time to spare"
        if self.n < self.minimum or most is None:
            return f"{max(self.minimum, least_samples(self.allowed))} requests or more"
        if result is Result.FAIL:
            return f"at most {most} of {self.n} requests {what}"
        return f"more requests, or at most {most} of {self.n} {what}"

    def _nothing(self, why: str) -> Level:
        return Level(
            criterion=self.criterion,
            result=Result.NO_EVIDENCE,
            value=None,
            low=None,
            high=None,
            limit=self.criterion,
            headroom=None,
            n=0,
            over=0,
            design_effect=1.0,
            notes=self._notes() if self.loads else (),
            why=why,
            flip=f"a load of {self.minimum} requests or more",
        )


class Times:
    """The times of ``n`` requests, of which those that failed took longer than any."""

    def __init__(self, succeeded: Histogram, n: int) -> None:
        self._succeeded = succeeded
        self._failed = n - succeeded.total

    def with_over(self, over: int) -> int | None:
        """The least microseconds that at most ``over`` requests exceed; None: failed ones do."""
        beyond = over - self._failed
        total = self._succeeded.total
        if beyond < 0 or not total:
            return None
        return self._succeeded.percentile(max(0.0, 100 * (total - beyond) / total))


def time_text(seconds: float) -> str:
    """``123ms``, to three digits or the millisecond; ``2.4s`` from ten seconds on."""
    milliseconds = seconds * 1000
    if abs(milliseconds) >= 10_000:
        return f"{seconds:.1f}s"
    return f"{milliseconds:.0f}ms" if abs(milliseconds) >= 100 else f"{milliseconds:.3g}ms"


def share_text(share: float) -> str:
    """A percentage of three significant digits, or ``0%``."""
    return f"{share * 100:.3g}%"
