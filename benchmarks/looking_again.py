"""What looking again and again costs and finds: ``python -m benchmarks.looking_again``.

Builds exactly at the limit of each trigger are looked at every half hour for 72 hours: how many are
ever rolled back. Then how many requests it takes until a bad one is, and how long the judge takes.
"""

from __future__ import annotations

import math
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from scipy.special import betaln

from reports.evidence.observation import Count, Observation, Serving
from reports.evidence.record import EnvironmentRecord, RunRecord, Source, Subject
from reports.gates.loading import load_policy
from reports.judging.anytime import log_evidence
from reports.judging.judge import judge
from reports.judging.observed import ERROR, shares

SOAKS, LOOKS, SEED = 10_000, 144, 20260221
REQUESTS = 2_000  # a look, of each count
PER_SECOND = 1_000  # of the build that the judge is timed with
TRIGGERS = {"failed": 0.05, "slow_reads_1s": 0.05, "slow_writes_3s": 0.05, "images_failed": 0.01}
NOW = datetime(2026, 2, 24, 16, tzinfo=UTC)


def refuted(bad: Any, total: Any, limit: float, alpha: Any) -> Any:
    """Where the lower bound at ``alpha`` is above the limit."""
    against = (
        betaln(0.5 + bad, 0.5 + total - bad)
        - betaln(0.5, 0.5)
        - bad * math.log(limit)
        - (total - bad) * math.log1p(-limit)
    )
    return (against >= np.log(1 / alpha)) & (bad > limit * total)


def ever_fires(rates: Any, limit: float, alpha: float, rng: np.random.Generator) -> Any:
    """Which of the soaks fire; ``rates`` is (soaks, looks) of the chance that a request is bad.

    As the judge: half of ``alpha`` for all looks so far, half for each look by itself.
    """
    bad = rng.binomial(REQUESTS, rates)
    looks = np.arange(1, rates.shape[1] + 1)
    together = refuted(np.cumsum(bad, axis=1), REQUESTS * looks, limit, alpha / 2)
    alone = refuted(bad, REQUESTS, limit, alpha / 2 * 6 / (math.pi * looks) ** 2)
    return (together | alone).any(axis=1)


def false_rollbacks(alpha: float, spread: float) -> float:
    """The share of soaks at every limit in which anything fires; windows vary by ``spread``."""
    rng = np.random.default_rng(SEED)
    fired: Any = np.zeros(SOAKS, dtype=bool)
    for limit in TRIGGERS.values():
        shape = (SOAKS, LOOKS)
        # A beta distribution around the limit: requests of one window fail together.
        rates = np.full(shape, limit)
        if spread:
            rates = rng.beta(limit / spread, (1 - limit) / spread, shape)
        fired |= ever_fires(rates, limit, alpha, rng)
    return float(fired.mean())


def delay(share: float, limit: float, alpha: float) -> str:
    """Requests until a build with that share of bad ones is found out: median of 200.

    By the looks together, which have half of ``alpha``.
    """
    rng = np.random.default_rng(SEED)
    if share <= limit:
        return "never: it is within the limit"
    found = []
    for _ in range(200):
        bad = total = 0
        step = 10
        while True:
            bad, total = bad + int(rng.binomial(step, share)), total + step
            above = bad > limit * total
            if above and log_evidence(bad, total, limit) >= math.log(2 / alpha):
                break
            step = max(10, total // 50)
        found.append(total)
    return f"{int(np.median(found)):,} requests"


def after_a_good_soak(share: float, alpha: float) -> str:
    """Requests until the trigger of 5% fires in one look, after 140 with no error at all."""
    rng = np.random.default_rng(SEED)
    spent = alpha / 2 * 6 / (math.pi * (LOOKS - 3)) ** 2
    found = []
    for _ in range(200):
        bad = total = 0
        while not refuted(bad, total, 0.05, spent):
            bad, total = bad + int(rng.binomial(10, share)), total + 10
        found.append(total)
    return f"{int(np.median(found)):,} requests"


def judged_in() -> float:
    """Seconds for prod-soak to judge 144 looks at 1,000 requests a second."""
    loaded = load_policy("prod-soak")
    requests = PER_SECOND * 1800
    names = {one.counts for one in loaded.policy.objectives if one.counts}
    runs = []
    for number in range(LOOKS):
        ended = NOW - timedelta(minutes=30 * (LOOKS - number))
        window = Observation(
            started=ended - timedelta(minutes=30),
            ended=ended,
            serving=(Serving(version="8", build="1.0.0", code_digest=None, weight=1.0),),
            counts=tuple(
                Count(name=name, version=version, bad=17, total=requests, source="simulated")
                for name in sorted(map(str, names))
                for version in ("8", None)
            ),
        )
        runs.append((f"sha256:{number:064}", _run(number, window)))
    began = time.perf_counter()
    decision = judge(
        loaded.policy,
        None,
        runs,
        [],
        policy_digests=("sha256:policy",),
        checks_digest="sha256:checks",
        build="1.0.0",
        now=NOW,
    )
    assert any(line.n == LOOKS * requests for line in decision.objectives)
    return time.perf_counter() - began


def _run(number: int, window: Observation) -> RunRecord:
    return RunRecord(
        schema="promotion-gate/run/1",
        run_id=f"run-{number}",
        layers=("sla",),
        subject=Subject(build="1.0.0", version="1.0.0", version_after="1.0.0", binding="walk"),
        environment=EnvironmentRecord(
            name="prod",
            file_digest="sha256:e",
            base_url="https://api.kimmyai.io",
            images_url="https://images.kimmyai.io",
            aws_endpoint_url=None,
            account="093646564004",
            region="af-south-1",
            writes=False,
            absent=(),
        ),
        rehearsal=(),
        fault=None,
        started=window.started,
        ended=window.ended,
        complete=True,
        stopped=None,
        expected_digest="sha256:f",
        source=Source(harness="0", python="0", pytest="0"),
        checks=(),
        observations=(window,),
    )


def main() -> None:
    """Print it all."""
    soak = load_policy("prod-soak").policy
    alpha = ERROR / shares(soak)
    print(f"prod-soak: {shares(soak)} shares, error {alpha:.2%} each, {ERROR:.0%} together")
    print(f"{SOAKS:,} soaks at the limit of {len(TRIGGERS)} triggers, {LOOKS} looks each:")
    print(f"  independent requests: {false_rollbacks(alpha, 0):.2%} are rolled back (at most 5%)")
    for spread in (0.0005, 0.002):
        share = false_rollbacks(alpha, spread)
        print(f"  windows that vary (beta, {spread}): {share:.2%}; nothing is claimed")
    print("until it is found out:")
    for share in (0.01, 0.1, 0.5):
        print(
            f"  {share:.0%} errors: trigger at 5% {delay(share, 0.05, alpha)};"
            f" objective of 0.1% {delay(share, 0.001, alpha)}"
        )
    for share in (0.1, 0.5, 1.0):
        said = after_a_good_soak(share, alpha)
        print(f"  {share:.0%} errors after 70 hours without one: trigger at 5% {said} of that look")
    # Reads of 60 ms in the middle, lognormal with sigma 0.6, ten times as slow.
    slow = 0.5 * math.erfc(math.log(1000 / 600) / 0.6 / math.sqrt(2))
    print(f"  reads 10x as slow ({slow:.0%} above 1 s): {delay(slow, 0.05, alpha)}")
    print(f"{LOOKS} looks at {PER_SECOND:,} requests a second are judged in {judged_in():.2f} s")


if __name__ == "__main__":
    main()
