"""Smoke against a running service, against bare pytest + requests and against Tavern.

All three make the plan's ten requests to the same process. Smoke makes more of them, to see
the effect of each, and records evidence, Allure results and a decision on the way.

`python -m benchmarks.smoke_against_peers --peers DIR` with DIR/pytest that has Tavern, or
with its companion `nox -s benchmarks`.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.timing import Contender, clean_environ, medians, told

ROOT = Path(__file__).resolve().parents[1]
PEERS = ROOT / "benchmarks" / "peers"
SMOKE = "smoke (evidence, Allure results, decision)"
BARE = "bare pytest + requests"
TAVERN = "Tavern"
STOPPING_S = 10


@contextmanager
def running_service() -> Iterator[dict[str, str]]:
    """The reference service as SIT; its addresses and an administrator's token."""
    service = [sys.executable, "-m", "reference_service"]
    with subprocess.Popen(
        [*service, "serve", "--as", "sit"],
        cwd=ROOT,
        env=clean_environ(),
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            if not line:
                sys.exit("the reference service did not start; what it said stands above")
            ready = json.loads(line)
            token = subprocess.run(
                [*service, "token", "--role", "admin", "--key-file", ready["key_file"]],
                cwd=ROOT,
                capture_output=True,
                text=True,
                check=True,
            ).stdout.strip()
            yield {**ready, "token": token}
        finally:
            process.terminate()
            process.wait(STOPPING_S)


def contenders(service: dict[str, str], peers: Path, out: Path) -> list[Contender]:
    """The three, each a whole process."""
    smoke = [sys.executable, "-m", "pytest", "-m", "smoke", "--env=sit"]
    smoke += [f"--base-url={service['base_url']}", f"--images-url={service['images_url']}"]
    smoke += [f"--report-dir={out}"]

    def given() -> dict[str, str]:
        return {
            "BASE_URL": service["base_url"],
            "IMAGES_URL": service["images_url"],
            "SIT_TOKEN": service["token"],
            "SKU": f"peer-{uuid.uuid4()}",
            "IMAGE": str(PEERS / "image.png"),
        }

    plain = ["-p", "no:cacheprovider", "-q", "--rootdir", str(PEERS)]
    return [
        Contender(SMOKE, smoke, lambda: {"SIT_TOKEN": service["token"]}, ROOT),
        Contender(
            BARE,
            [sys.executable, "-m", "pytest", "-c", "bare.ini", *plain, "bare_requests.py"],
            lambda: {**given(), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
            PEERS,
        ),
        Contender(
            TAVERN,
            [str(peers / "pytest"), "-c", "bare.ini", *plain, "test_plan.tavern.yaml"],
            given,
            PEERS,
        ),
    ]


def main() -> None:
    """Print the times and ratios, with bytecode cached and without."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--peers", type=Path, required=True, help="programs beside Tavern")
    peers = options.parse_args().peers.absolute()
    with tempfile.TemporaryDirectory(prefix="peers-") as out, running_service() as service:
        for cached in (True, False):
            seconds = medians(contenders(service, peers, Path(out)), cached=cached)
            ratios = [(SMOKE, BARE, "at most 2"), (SMOKE, TAVERN, "below 1")]
            print(told(cached, seconds, ratios))


if __name__ == "__main__":
    main()
