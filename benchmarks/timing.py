"""Times whole processes against each other: in turns, median, with bytecode cached and without."""

from __future__ import annotations

import os
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

RUNS = 7
# What would change what is measured, or send it somewhere else.
SCRUBBED = ("AWS_", "GATE_", "PYTEST_", "PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX")


class Contender(NamedTuple):
    """A command to time. ``environ`` is asked before each run, for what must differ."""

    name: str
    command: list[str]
    environ: Callable[[], Mapping[str, str]] = dict
    cwd: Path = Path.cwd()


def clean_environ() -> dict[str, str]:
    """The environment without what would colour a measurement."""
    return {k: v for k, v in os.environ.items() if not k.upper().startswith(SCRUBBED)}


@contextmanager
def bytecode(cached: bool) -> Iterator[dict[str, str]]:
    """Environment variables under which Python finds its bytecode cached, or never has any.

    Either way it looks in an empty folder of its own, so that nothing that is installed
    is written to, and nothing that is there helps.
    """
    with tempfile.TemporaryDirectory(prefix="bytecode-") as folder:
        switch = {} if cached else {"PYTHONDONTWRITEBYTECODE": "1"}
        yield {"PYTHONPYCACHEPREFIX": folder} | switch


def medians(contenders: list[Contender], *, cached: bool, runs: int = RUNS) -> dict[str, float]:
    """Seconds a whole process takes, the median of ``runs``; each takes its turn in every round.

    With ``cached`` a first round, which fills the cache, is not counted. A run that does not
    exit with 0 ends the benchmark: its time would mean nothing.
    """
    taken: dict[str, list[float]] = {one.name: [] for one in contenders}
    with bytecode(cached) as switches:
        for turn in range(-1 if cached else 0, runs):
            for one in contenders:
                seconds = _seconds(one, switches)
                if turn >= 0:
                    taken[one.name].append(seconds)
            sys.stderr.write("." if turn >= 0 else "warm ")
            sys.stderr.flush()
    sys.stderr.write("\n")
    return {name: statistics.median(seconds) for name, seconds in taken.items()}


def _seconds(one: Contender, switches: Mapping[str, str]) -> float:
    environ = {**clean_environ(), **one.environ(), **switches}
    started = time.perf_counter()
    done = subprocess.run(
        one.command, cwd=one.cwd, env=environ, capture_output=True, text=True, check=False
    )
    seconds = time.perf_counter() - started
    if done.returncode != 0:
        sys.exit(
            f"\n{one.name}: exit code {done.returncode}\n  {shlex.join(one.command)}\n"
            f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        )
    return seconds


def told(cached: bool, seconds: Mapping[str, float], ratios: list[tuple[str, str, str]]) -> str:
    """A table of the times, and of each ratio (name, of what, aim)."""
    state = "cached" if cached else "never cached"
    lines = [f"Whole process, median of {RUNS}, bytecode {state}:"]
    lines += [f"  {name:<44}{value:8.3f} s" for name, value in seconds.items()]
    for name, other, aim in ratios:
        ratio = seconds[name] / seconds[other]
        lines.append(f"  {name} / {other}: {ratio:.2f}  (aim: {aim})")
    return "\n".join(lines)
