"""How many requests the integration and catalog layers make, alone and beside 5,000 products."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
FOREIGN = (0, 5000)
LIMIT_S = 600


def main() -> None:
    """Print observations and seconds a layer, beside none and beside many products of others."""
    seen = [_observations(foreign) for foreign in FOREIGN]
    for layer in seen[0]:
        alone, beside = (one[layer] for one in seen)
        print(
            f"{layer:12} {alone:5} observations alone, {beside:5} beside {FOREIGN[1]} products: "
            f"{beside / alone:.2f} times as many"
        )


def _observations(foreign: int) -> dict[str, int]:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "reference_service", "serve", "--control", "--as", "sit"]
        service = subprocess.Popen(
            [*command, "--seed-products", str(foreign)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert service.stdin
        assert service.stdout
        try:
            ready = json.loads(service.stdout.readline())
            variables = dict(os.environ)
            for role, suffix in (
                ("admin", ""),
                ("editor", "_EDITOR"),
                ("reader", "_READER"),
                ("limited", "_LIMITED"),
            ):
                service.stdin.write(json.dumps({"token": role}) + "\n")
                service.stdin.flush()
                variables[f"SIT_TOKEN{suffix}"] = json.loads(service.stdout.readline())["token"]
            _run(ready, variables, folder)
            decision = json.loads((Path(folder) / "decision.json").read_text(encoding="utf-8"))
        finally:
            service.stdin.close()
            service.wait(30)
            service.stdout.close()
    print(f"beside {foreign} products: {decision['sentence']}", flush=True)
    return {one["id"]: one["observations"] for one in decision["objectives"]}


def _run(ready: dict[str, str], variables: dict[str, str], folder: str) -> None:
    subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-m", "integration or catalog", "-n", "2"),
            *("--env=sit", f"--report-dir={folder}"),
            f"--base-url={ready['base_url']}",
            f"--images-url={ready['images_url']}",
            f"--aws-endpoint-url={ready['aws_endpoint_url']}",
        ],
        cwd=ROOT,
        env=variables,
        stdout=subprocess.DEVNULL,
        timeout=LIMIT_S,
        check=False,
    )


if __name__ == "__main__":
    main()
