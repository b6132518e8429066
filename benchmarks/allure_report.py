"""How long the Allure report of many results takes: ``python -m benchmarks.allure_report [N]``.

Draws N results (2,000 unless said), each with three exchanges attached, by ``gate report``. Prints
seconds, results a second and the size of the page.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

from reports.rendering.allure_report import render

EXCHANGES = 3
_BODY = "GET /v1.0/products 200\n" + "x" * 1000


def write(folder: Path, number: int) -> None:
    """One result as a check leaves it."""
    steps = []
    for step in range(EXCHANGES):
        source = f"{number}-{step}-attachment.txt"
        (folder / source).write_text(_BODY, encoding="utf-8")
        attached = {"name": "request", "source": source, "type": "text/plain"}
        steps.append({"name": "exchange", "status": "passed", "attachments": [attached]})
    result = {
        "uuid": f"uuid-{number}",
        "historyId": f"history-{number}",
        "name": f"check {number}",
        "fullName": f"suites.smoke#check_{number}",
        "status": "passed",
        "start": 1_700_000_000_000,
        "stop": 1_700_000_000_020,
        "labels": [{"name": "feature", "value": "smoke"}, {"name": "check", "value": f"c{number}"}],
        "steps": steps,
    }
    (folder / f"uuid-{number}-result.json").write_text(json.dumps(result), encoding="utf-8")


def main() -> None:
    """Write, draw, print."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    with tempfile.TemporaryDirectory() as folder:
        results = Path(folder) / "allure-results"
        results.mkdir()
        for number in range(count):
            write(results, number)
        began = time.perf_counter()
        page = render(results, Path(folder) / "report.html", None, say=lambda _: None)
        seconds = time.perf_counter() - began
        megabytes = page.stat().st_size / 1e6
    print(
        f"{count} results, {count * EXCHANGES} attachments: {seconds:.1f} s, "
        f"{count / seconds:.0f} a second, one page of {megabytes:.1f} MB"
    )


if __name__ == "__main__":
    main()
