"""How the embedded stack carries the mixed workload of the load layer, at several rates.

Real k6 on the same machine, the suites' own scripts and data set. Prints what was reached and
what it cost; asserts nothing.

    python -m benchmarks.stack_under_load
"""

from __future__ import annotations

import argparse
import sys
import types
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psutil

from fixtures.environment import Environment, load_environment
from fixtures.load.data_set import data_set
from fixtures.load.driving import Drive, drive
from fixtures.load.profiles import Profile
from fixtures.load.program import find_k6
from fixtures.load.progress import Progress
from fixtures.load.token_life import ROLES
from fixtures.local_stack import LocalStack, variables
from fixtures.tokens import Tokens
from reports.evidence.histogram import merged
from reports.evidence.load import LoadRecord, Stage

RATES = (100.0, 150.0, 200.0)
SECONDS = 15.0
SEED = 1
_SUFFIXES = {"admin": "", "editor": "_EDITOR", "reader": "_READER"}
_TITLES = "asked    reached  dropped  failed  p95 reads  p95 writes  service  k6    k6:service"


@contextmanager
def stack() -> Iterator[tuple[Environment, Tokens, psutil.Process]]:
    """A stack of its own, its environment, tokens for it, and its process."""
    running = LocalStack("local")
    try:
        ready = running.endpoints()
        urls = (str(ready[key]) for key in ("base_url", "images_url", "aws_endpoint_url"))
        environment = load_environment("local").at(*urls)
        given = {f"LOCAL_TOKEN{suffix}": running.token(role) for role, suffix in _SUFFIXES.items()}
        with variables(given):
            yield environment, Tokens(environment), psutil.Process(ready["pid"])
    finally:
        running.stop()


def told(rate: float, load: LoadRecord, service_s: float, seconds: float) -> str:
    """One line of the table; CPU in percent of one core."""
    windows = [window for operation in load.operations for window in operation.windows]
    k6_s = sum(one.cpu_s for one in load.generators)
    reads, writes = (_p95_ms(load, kind) for kind in ("read", "write"))
    return (
        f"{rate:5.0f}/s  {sum(window.requests for window in windows) / seconds:5.0f}/s  "
        f"{sum(one.dropped for one in load.generators):7}  "
        f"{sum(window.failed for window in windows):6}  {reads:6.0f} ms  {writes:7.0f} ms  "
        f"{service_s / seconds:7.0%}  {k6_s / seconds:4.0%}  {k6_s / service_s:10.2f}"
    )


def _p95_ms(load: LoadRecord, kind: str) -> float:
    texts = [
        window.histogram
        for operation in load.operations
        if operation.kind == kind
        for window in operation.windows
        if window.histogram
    ]
    return merged(texts).percentile(95) / 1000


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def main() -> int:
    """Print a line a rate."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rates", type=float, nargs="+", default=RATES)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    given = parser.parse_args()
    config: Any = types.SimpleNamespace(
        pluginmanager=types.SimpleNamespace(getplugin=lambda _: None)
    )
    lines = []
    with stack() as (environment, tokens, process), data_set(environment, tokens, "bench") as made:
        asked = Drive(
            k6=find_k6(),
            environment=environment,
            tokens={role: tokens.of(role).secret for role in ROLES},
            seed=SEED,
            generators=1,
            masked=tokens.masked,
        )
        data = made.mixed()
        for rate in given.rates:
            profile = Profile(
                name=f"{rate:g}",
                workload="mixed",
                stages=(Stage(seconds=given.seconds, rate=rate),),
                warm_up_s=0,
                window_s=5,
            )
            before = _cpu_s(process)
            load = drive(asked, profile, data, Progress(config, profile.name)).load
            lines.append(told(rate, load, _cpu_s(process) - before, given.seconds))
    print("Embedded stack under the mixed workload, CPU in percent of one core:")
    print("\n".join([_TITLES, *lines]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
