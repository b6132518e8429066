"""How often a level passes that should not, and how often one passes that should: by simulation.

``python -m benchmarks.simulation`` prints the tables of docs/statistics.md; with ``--update`` it
writes them there. Everything is seeded, so the figures are the same each time.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter
from scipy.special import ndtr, ndtri

from reports.judging.interval import most_not_failing, most_passing
from reports.judging.sample import LEAST_WINDOWS, Count, design_effect

PAGE = Path(__file__).resolve().parent.parent / "docs" / "statistics.md"
BEGIN, END = "<!-- figures of benchmarks.simulation -->", "<!-- end of figures -->"
SEED = 20260121
TRIALS = 10_000
ALLOWED = Fraction(1, 20)  # of p(95)
SIGMA = 0.5  # of the logarithm of a service time
LIMIT_MS = 500.0


class Setting(NamedTuple):
    """As many requests as a profile judges, in as many windows, at as many a second."""

    name: str
    requests: int
    windows: int
    rate: int


SHORT = Setting("600 requests", 600, 1, 100)
QUICK = Setting("quick", 4_000, 4, 100)
DOCUMENTED = Setting("documented", 90_000, 60, 150)
LENGTHS = (0, 1, 10, 100, 1000)  # requests after which a correlation has fallen to 1/e


class Shares(NamedTuple):
    """How the trials ended, as shares of them."""

    passed: float
    failed: float

    @property
    def undecided(self) -> float:
        """Those that could not tell."""
        return 1 - self.passed - self.failed


def share_over(of_limit: float) -> float:
    """The share over the limit of a lognormal service whose p95 is ``of_limit`` of the limit."""
    return float(ndtr(-(ndtri(0.95) - math.log(of_limit) / SIGMA)))


def independent(requests: int, share: float, *, trials: int = TRIALS, seed: int = SEED) -> Shares:
    """Each request is over with probability ``share``, whatever the others are."""
    over = np.random.default_rng([seed, requests]).binomial(requests, share, trials)
    return by_rule(over, requests)


def by_rule(over: NDArray[np.int64], requests: int) -> Shares:
    """What the rule makes of these counts: the two limits that the exact bounds come to."""
    most, fewest = most_passing(requests, ALLOWED), most_not_failing(requests, ALLOWED)
    passed = np.zeros(over.shape) if most is None else over <= most
    return Shares(float(np.mean(passed)), float(np.mean(over > fewest)))


def three_errors(trials: int = TRIALS) -> float:
    """Three Monte-Carlo standard errors of a share of 5%."""
    return 3 * math.sqrt(0.05 * 0.95 / trials)


def correlated(setting: Setting, length: int, *, trials: int, seed: int = SEED) -> Iterator[Shares]:
    """p95 exactly at the limit, requests correlated (AR(1)): judged without and with the effect.

    The logarithm of the times is a Gaussian AR(1) process in which the correlation of two
    requests falls to 1/e over ``length`` of them.
    """
    rng = np.random.default_rng([seed, setting.requests, length])
    plain, corrected = [], []
    for _ in range(trials):
        over = _run(rng, setting.requests, length) >= ndtri(0.95)
        whole = int(over.sum())
        windows = over.reshape(setting.windows, -1).sum(axis=1)
        each = setting.requests // setting.windows
        effect = design_effect([Count(each, int(count)) for count in windows]) or 1.0
        plain.append(_rule(whole, setting.requests, 1.0))
        corrected.append(_rule(whole, setting.requests, effect))
    for results in (plain, corrected):
        yield Shares(results.count(1) / trials, results.count(-1) / trials)


def _run(rng: np.random.Generator, requests: int, length: int) -> NDArray[np.float64]:
    noise: NDArray[np.float64] = rng.standard_normal(requests)
    if not length:
        return noise
    kept = math.exp(-1 / length)
    noise[1:] *= math.sqrt(1 - kept**2)  # so that every request has variance 1
    return np.asarray(lfilter([1.0], [1.0, -kept], noise), dtype=np.float64)


def _rule(over: int, requests: int, effect: float) -> int:
    most = most_passing(requests, ALLOWED, effect)
    if most is not None and over <= most:
        return 1
    return -1 if over > most_not_failing(requests, ALLOWED, effect) else 0


def independent_table() -> Iterator[str]:
    """At the limit, and at 0.8 of it."""
    yield "| p95 of the service | requests | pass | fail | inconclusive |"
    yield "|---|---|---|---|---|"
    for said, of_limit in (("exactly the limit", 1.0), ("0.8 of the limit", 0.8)):
        for setting in (SHORT, QUICK):
            shares = independent(setting.requests, share_over(of_limit))
            yield f"| {said} | {setting.requests} | {_row(shares)} |"


def correlated_table(setting: Setting, *, trials: int) -> Iterator[str]:
    """Pass shares with a p95 exactly at the limit, by correlation length."""
    yield "| correlation length | pass, effect taken as 1 | pass, effect estimated |"
    yield "|---|---|---|"
    for length in LENGTHS:
        plain, corrected = correlated(setting, length, trials=trials)
        seconds = f" ({length / setting.rate:.2g} s)" if length else ""
        estimated = (
            _percent(corrected.passed) if setting.windows >= LEAST_WINDOWS else "too few windows"
        )
        yield f"| {length} requests{seconds} | {_percent(plain.passed)} | {estimated} |"


def _row(shares: Shares) -> str:
    return " | ".join(_percent(one) for one in (shares.passed, shares.failed, shares.undecided))


def _percent(share: float) -> str:
    return f"{share:.2%}"


def figures() -> str:
    """All tables, as the page holds them."""
    drawn = f"{TRIALS:,} trials each, independent requests, limit `p(95) < 500ms`"
    parts = [
        f"{drawn}, lognormal times with a sigma of {SIGMA}:",
        "\n".join(independent_table()),
    ]
    for setting, trials in ((QUICK, 4000), (DOCUMENTED, 1000)):
        size = f"{setting.requests:,} requests in {setting.windows} windows"
        pace = f"at {setting.rate} a second ({setting.name})"
        parts += [
            f"p95 exactly at the limit, {size} {pace}, {trials:,} trials, correlated:",
            "\n".join(correlated_table(setting, trials=trials)),
        ]
    return "\n\n".join(parts)


def main() -> None:
    """Print the tables, or write them into the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--update", action="store_true", help=f"write them into {PAGE.name}")
    text = figures()
    print(text)
    if parser.parse_args().update:
        before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
        _, _, after = rest.partition(END)
        PAGE.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
