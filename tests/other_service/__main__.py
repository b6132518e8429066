"""Serves until Ctrl-C, to run suites by hand: ``python -m tests.other_service --help``.

Prints what to put before ``pytest -m LAYER --env=...``.
"""

from __future__ import annotations

import argparse
import contextlib
import shlex
import sys
import threading
from pathlib import Path

from tests.other_service.running import LAGS_S, other_service

parser = argparse.ArgumentParser(prog="tests.other_service", description="Another product service")
parser.add_argument("folder", type=Path, help="where to put the environment file")
parser.add_argument("--delay", type=float, default=0.0, metavar="S", help="before each answer")
parser.add_argument(
    "--lags",
    type=float,
    nargs="+",
    default=LAGS_S,
    metavar="S",
    help="how late lists are; with several, one replica is as late as this and the next as that",
)
options = parser.parse_args()
with (
    other_service(delay_s=options.delay, lags_s=tuple(options.lags)) as service,
    contextlib.suppress(KeyboardInterrupt),
):
    variables = shlex.join(f"{name}={token}" for name, token in service.variables.items())
    print(f"{variables} pytest --env={service.environment(options.folder)}", flush=True)
    threading.Event().wait()
print("\n".join(service.mishaps), file=sys.stderr)
