"""Serves until Ctrl-C: ``python -m tests.other_service FOLDER [DELAY_S]``, to run suites by hand.

Prints what to put before ``pytest -m LAYER --env=...``.
"""

from __future__ import annotations

import contextlib
import shlex
import sys
import threading
from pathlib import Path

from tests.other_service.running import other_service

with (
    other_service(delay_s=float(sys.argv[2]) if len(sys.argv) > 2 else 0.0) as service,
    contextlib.suppress(KeyboardInterrupt),
):
    variables = shlex.join(f"{name}={token}" for name, token in service.variables.items())
    environment = service.environment(Path(sys.argv[1]))
    print(f"{variables} pytest --env={environment}", flush=True)
    threading.Event().wait()
print("\n".join(service.mishaps), file=sys.stderr)
