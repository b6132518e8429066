"""What generators elsewhere leave: three files each, as k6 and its wrapper write them."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fixtures.load.command import segments
from fixtures.load.profiles import PROFILES

PROFILE = PROFILES["quick"]
HEAD = "metric_name,timestamp,metric_value,name,extra_tags,metadata"
BEGAN_US = 1_768_042_803_000_000
BASE, IMAGES = "https://api.sit.kimmyai.io/v1.0", "https://images.sit.kimmyai.io"


def rows(number: int, of: int, requests: int) -> list[str]:
    """Requests spread over the profile's time, with the noise of other metrics."""
    made = [f"subject,{BEGAN_US - 5000},1.000000,before|1.0.0,,"]
    for request in range(requests):
        at = (
            BEGAN_US + 20_000 + int((request * of + number) * PROFILE.seconds / requests / of * 1e6)
        )
        name = "get_product|read|200||" if request % 5 else "create_product|write|201||"
        made.append(f"http_reqs,{at},1.000000,get_product,instance_id={number},")
        made.append(f"operation,{at},{5 + request % 7:.6f},{name},instance_id={number},")
    end = BEGAN_US + int(PROFILE.seconds * 1e6) + 50_000
    return [*made, f"subject,{end},1.000000,after|1.0.0,,"]


def summary(segment: str, sequence: str, requests: int, iterations: int) -> dict[str, Any]:
    """What elsewhere.js writes."""
    return {
        "schema": "promotion-gate/generator/1",
        "requests": requests,
        "iterations": iterations,
        "dropped": 0,
        "run_ms": PROFILE.seconds * 1000,
        "segment": segment,
        "sequence": sequence,
        "profile": PROFILE.name,
        "scripts": "sha256:" + "5c" * 32,
        "base_url": BASE,
        "images_url": IMAGES,
        "stages": [{"seconds": one.seconds, "rate": one.rate} for one in PROFILE.stages],
        "seed": 7,
        "mark": "0a1b2c",
    }


def machine() -> dict[str, Any]:
    """What measured-k6.sh writes."""
    return {
        "schema": "promotion-gate/machine/1",
        "program": "k6 1.1.0",
        "program_digest": "sha256:" + "93" * 32,
        "exit_code": 0,
        "started": BEGAN_US // 1_000_000 - 2,
        "ended": BEGAN_US // 1_000_000 + int(PROFILE.seconds) + 1,
        "cpus": 1.5,
        "cpu_s": 3.25,
        "busiest": 0.21,
    }


def left_by(folder: Path, generators: int = 3, *, packed: bool = True) -> list[Path]:
    """Files of ``generators`` in ``folder``; the samples of each."""
    folder.mkdir(parents=True, exist_ok=True)
    requests, arrivals = int(PROFILE.seconds * 100), PROFILE.arrivals()
    files = []
    for number, part in enumerate(segments(generators)):
        mine = (requests + number) // generators
        segment, sequence = part or ("0:1", "")
        name = f"0a1b2c-load-{number}"
        files.append(folder / f"{name}.csv{'.gz' if packed else ''}")
        write_samples(files[-1], rows(number, generators, mine))
        (folder / f"{name}.summary.json").write_text(
            json.dumps(summary(segment, sequence, mine, (arrivals + number) // generators))
        )
        (folder / f"{name}.machine.json").write_text(json.dumps(machine()))
    return files


def write_samples(file: Path, lines: Sequence[str]) -> None:
    """The lines below k6's head, packed where the name says so."""
    content = "\n".join([HEAD, *lines, ""]).encode()
    file.write_bytes(gzip.compress(content, 1) if file.name.endswith(".gz") else content)


def change(samples: Path, what: str, **changes: Any) -> None:
    """Other values in the summary or machine file beside ``samples``; None removes one."""
    stem = samples.name.removesuffix(".gz").removesuffix(".csv")
    file = samples.with_name(f"{stem}.{what}.json")
    told = json.loads(file.read_text()) | changes
    file.write_text(json.dumps({name: value for name, value in told.items() if value is not None}))
