"""A canary on a laptop, minute by minute: ``python -m benchmarks.canary [--fault NAME]``.

An embedded stack wears PROD's names. A tenth of the traffic goes to the new version, then half,
then all of it; at each step a run looks at real requests for two minutes, and the gate decides, as
a rehearsal. With a fault the service misbehaves from the first step on. Prints each decision and
its exit code, and ends with the last one's.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import requests

from tests.reference_service.running import ROOT, RunningService, new_product, scrubbed_environment

STEPS = (0.1, 0.5, 1.0)
LAG_S = 5  # the embedded stack counts at once
CLIENTS = 4
CHECKS = "test_window or test_corruption or test_availability"


class Traffic:
    """Requests like a shop's: three reads and two writes a round, and images, from some clients."""

    def __init__(self, service: RunningService) -> None:
        self._url = f"{service.ready['base_url']}/v1.0/products"
        self._images = str(service.ready["images_url"])
        self._headers = {"Authorization": f"Bearer {service.command({'token': 'admin'})['token']}"}
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._shop) for _ in range(CLIENTS)]

    def __enter__(self) -> None:
        for thread in self._threads:
            thread.start()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _shop(self) -> None:
        from fixtures.images import make_image

        session = requests.Session()
        session.headers.update(self._headers)
        picture = make_image("PNG")
        while not self._over.is_set():
            with contextlib.suppress(requests.RequestException, KeyError, ValueError):
                made = session.post(self._url, json=new_product(), timeout=10).json()
                one = f"{self._url}/{made['product_id']}"
                files = {"image": (picture.filename, picture.content, picture.content_type)}
                shown = session.post(f"{one}/image", files=files, timeout=10).json()
                for _ in range(8):
                    session.get(shown["image_url"], timeout=10)
                    session.get(one, timeout=10)
                session.put(one, json={"price": 10}, timeout=10)
                session.get(self._url, params={"limit": "5"}, timeout=10)
                session.delete(one, timeout=10)


def environment_file(folder: Path) -> Path:
    """PROD's own file, but for how late CloudWatch is."""
    text = (ROOT / "fixtures" / "environments" / "prod.toml").read_text(encoding="utf-8")
    path = folder / "prod.toml"
    path.write_text(text.replace("[aws]\n", f"[aws]\nmetrics_lag_s = {LAG_S}\n"), encoding="utf-8")
    return path


@contextlib.contextmanager
def shifted(service: RunningService) -> Iterator[None]:
    """The alias leads where it did, afterwards."""
    client = service.aws("lambda", "af-south-1")
    of = {"FunctionName": "product-handler-prod", "Name": "live"}
    version = client.get_alias(**of)["FunctionVersion"]
    try:
        yield
    finally:
        client.update_alias(**of, FunctionVersion=version, RoutingConfig={})


def shift(service: RunningService, weight: float) -> None:
    """So much of the traffic goes to the new version, the rest to the one before."""
    client = service.aws("lambda", "af-south-1")
    old, new = "1", "2"
    weights = {} if weight == 1 else {new: weight}
    client.update_alias(
        FunctionName="product-handler-prod",
        Name="live",
        FunctionVersion=new if weight == 1 else old,
        RoutingConfig={"AdditionalVersionWeights": weights},
    )


def looked(service: RunningService, environment: Path, report_dir: Path) -> int:
    """A run of the sla layer over two minutes."""
    ready = service.ready
    tokens = {
        f"PROD_TOKEN{ending}": service.command({"token": role})["token"]
        for ending, role in {"": "admin", "_EDITOR": "editor", "_READER": "reader"}.items()
    }
    command = [
        *(sys.executable, "-m", "pytest", "-q", "-m", "sla", "-k", CHECKS, f"--env={environment}"),
        *(f"--base-url={ready['base_url']}", f"--images-url={ready['images_url']}"),
        *(f"--aws-endpoint-url={ready['aws_endpoint_url']}", "--window=2m", "--build=1.0.0"),
        *("--gate=prod-canary", "--rehearsal", f"--report-dir={report_dir}"),
    ]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**scrubbed_environment(), **tokens},
        capture_output=True,
        text=True,
        check=False,
    )
    print("\n".join(done.stdout.splitlines()[-24:]), flush=True)
    return done.returncode


def main() -> int:
    """Shift, look, decide."""
    parser = argparse.ArgumentParser(description="A canary on a laptop.")
    parser.add_argument("--fault", help="the new version misbehaves this way")
    asked = parser.parse_args()
    service = RunningService("--as", "prod", "--seed-products", "30")
    code = 0
    try:
        with tempfile.TemporaryDirectory() as folder, shifted(service):
            if asked.fault:
                service.command({"fault": asked.fault})
            for weight in STEPS:
                shift(service, weight)
                print(f"\n== {weight:.0%} of the traffic", flush=True)
                with Traffic(service):
                    code = looked(service, environment_file(Path(folder)), Path(folder) / "out")
                print(f"== exit {code}", flush=True)
                if code == 5:
                    break
    finally:
        service.close()
    return code


if __name__ == "__main__":
    os.environ.pop("GATE_ENV", None)
    sys.exit(main())
