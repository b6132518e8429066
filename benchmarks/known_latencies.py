"""What is measured of a service whose latencies are known, by one, two and four generators.

A server answers each request after a delay from a seeded lognormal distribution and keeps how
long it really took, from the request read to the answer written. The percentiles in the evidence
are held against the server's own: within 2%, or 2 ms.

    python -m benchmarks.known_latencies
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import math
import random
import subprocess
import sys
import time
import types
from pathlib import Path
from typing import Any

from fixtures.environment import load_environment
from fixtures.load.driving import Drive, drive
from fixtures.load.profiles import Profile
from fixtures.load.program import find_k6
from fixtures.load.progress import Progress
from reports.evidence.histogram import merged
from reports.evidence.load import Stage

MEDIAN_MS, SIGMA, SEED = 40.0, 0.6, 20260118
PERCENTS = (50, 95, 99)
_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"


class Server:
    """Keeps the seconds that each answer took."""

    def __init__(self) -> None:
        self._chance = random.Random(SEED)  # noqa: S311
        self.took: list[float] = []

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, kept alive."""
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                await reader.readuntil(b"\r\n\r\n")
                began = time.perf_counter()
                await asyncio.sleep(self._chance.lognormvariate(math.log(MEDIAN_MS / 1000), SIGMA))
                writer.write(_ANSWER)
                await writer.drain()
                self.took.append(time.perf_counter() - began)
        writer.close()

    async def serve(self) -> None:
        """Say the port, answer until standard input ends, and say what was kept."""
        server = await asyncio.start_server(self.answer, "127.0.0.1", 0)
        print(server.sockets[0].getsockname()[1], flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
        print(json.dumps(self.took), flush=True)


def measured(generators: int, rate: float, seconds: float) -> tuple[list[float], list[float]]:
    """Percentiles in ms as the server knows them, and as the evidence has them."""
    command = [sys.executable, "-m", "benchmarks.known_latencies", "--serve"]
    server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert server.stdout
    url = f"http://127.0.0.1:{server.stdout.readline().strip()}"
    profile = Profile(
        name="known",
        workload="mixed",
        stages=(Stage(seconds=seconds, rate=rate),),
        warm_up_s=0,
    )
    asked = Drive(
        k6=find_k6(),
        environment=load_environment("local").at(url, url, url),
        tokens=dict.fromkeys(("reader", "editor", "admin"), "none"),
        seed=1,
        generators=generators,
        masked=str,
        script=Path(__file__).with_suffix(".js"),
    )
    config: Any = types.SimpleNamespace(
        pluginmanager=types.SimpleNamespace(getplugin=lambda _: None)
    )
    load = drive(asked, profile, {}, Progress(config, f"{generators} generators")).load
    took = sorted(1000 * one for one in json.loads(server.communicate()[0]))
    whole = merged(window.histogram for one in load.operations for window in one.windows)
    assert whole.total == len(took), f"{whole.total} of {len(took)} requests are in the evidence"
    known = [took[math.ceil(len(took) * percent / 100) - 1] for percent in PERCENTS]
    return known, [whole.percentile(percent) / 1000 for percent in PERCENTS]


def main() -> int:
    """Print a table; 1 where a percentile is further off than 2% and 2 ms."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--rate", type=float, default=150)
    parser.add_argument("--seconds", type=float, default=20)
    given = parser.parse_args()
    if given.serve:
        asyncio.run(Server().serve())
        return 0
    off = False
    print("generators  percentile  the server's ms  the evidence's ms  difference")
    for generators in (1, 2, 4):
        known, seen = measured(generators, given.rate, given.seconds)
        for percent, right, found in zip(PERCENTS, known, seen, strict=True):
            difference = found - right
            off = off or abs(difference) > max(0.02 * right, 2.0)
            print(
                f"{generators:10}  p{percent:<9}  {right:15.2f}  {found:17.2f}  "
                f"{difference:+.2f} ms, {difference / right:+.1%}"
            )
    return int(off)


if __name__ == "__main__":
    sys.exit(main())
