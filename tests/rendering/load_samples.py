"""Loads and series to draw: made from a seed, with known rates, times and failures."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from reports.evidence.histogram import Histogram
from reports.evidence.load import (
    Generator,
    Kind,
    LoadRecord,
    Operation,
    OperationWindow,
    Stage,
)
from reports.evidence.record import (
    SCHEMA,
    CheckRecord,
    EnvironmentRecord,
    Outcome,
    RunRecord,
    Source,
    Subject,
)
from reports.evidence.series import Series

BEGAN = datetime(2026, 1, 10, 11, 0, 3, tzinfo=UTC)
HOSTILE = "</title><script>alert(1)</script><img src=\"http://outside.example/x\" onerror='x'>"

# name, kind, share of the requests, median milliseconds
MIX: tuple[tuple[str, Kind, float, float], ...] = (
    ("get_product", "read", 0.30, 6.0),
    ("list_by_category", "read", 0.15, 14.0),
    ("list_by_price", "read", 0.10, 16.0),
    ("search", "read", 0.10, 30.0),
    ("list_page_2", "read", 0.05, 18.0),
    ("get_image", "read", 0.10, 4.0),
    ("create_product", "write", 0.07, 22.0),
    ("update_product", "write", 0.05, 20.0),
    ("delete_product", "write", 0.05, 15.0),
    ("place_order", "write", 0.03, 40.0),
)


def histogram_of(milliseconds: Sequence[float]) -> str:
    """The encoded histogram of these times."""
    histogram = Histogram()
    for one in milliseconds:
        histogram.record(round(one * 1000))
    return histogram.encoded()


def window(at: int, milliseconds: Sequence[float], **failures: int) -> OperationWindow:
    """One that holds these times, and ``failures`` by why they failed."""
    failed = sum(failures.values())
    return OperationWindow(
        at=at,
        requests=len(milliseconds) + failed,
        failed=failed,
        statuses={"200": len(milliseconds)} | ({"500": failed} if failed else {}),
        errors=dict(failures),
        histogram=histogram_of(milliseconds),
    )


def load(**changes: Any) -> LoadRecord:
    """A mixed workload: ``seconds`` at ``rate``, ``failing`` of its requests failed."""
    seconds = changes.pop("seconds", 110)
    rate = changes.pop("rate", 100.0)
    failing = changes.pop("failing", 0.002)
    window_s = changes.get("window_s", 10)
    chance = random.Random(7)  # noqa: S311 - samples, not secrets
    operations = []
    start = int(BEGAN.timestamp()) // window_s * window_s
    total = 0
    for name, kind, share, median in MIX:
        windows = []
        for at in range(start, start + seconds, window_s):
            # The first arrival lies within the first window.
            lasts = min(window_s, at + window_s - BEGAN.timestamp())
            count = round(share * rate * lasts)
            times = [median * math.exp(chance.gauss(0, 0.6)) for _ in range(count)]
            failed = sum(chance.random() < failing for _ in range(count))
            given = {"status": failed} if failed else {}
            windows.append(window(at, times[failed:], **given))
            total += count
        marks = {"hit": 90, "miss": 10} if name == "get_image" else {}
        operations.append(Operation(name=name, kind=kind, windows=tuple(windows), marks=marks))
    fields: dict[str, Any] = {
        "profile": "quick",
        "workload": "mixed",
        "script_digest": "sha256:" + "5c" * 32,
        "seed": 7,
        "stages": (Stage(seconds=float(seconds), rate=rate),),
        "began": BEGAN,
        "warm_up_s": 5,
        "window_s": window_s,
        "operations": tuple(operations),
        "generators": (generator(scheduled=total, arrived=total, requests=total, seconds=seconds),),
    }
    return LoadRecord(**(fields | changes))


def generator(**changes: Any) -> Generator:
    """One that was alone, measured everything and was not pressed."""
    seconds = changes.pop("seconds", 110)
    fields: dict[str, Any] = {
        "segment": "0:1",
        "program": "k6 1.1.0",
        "program_digest": "sha256:" + "93" * 32,
        "started": BEGAN - timedelta(seconds=2),
        "ended": BEGAN + timedelta(seconds=seconds + 1),
        "exit_code": 0,
        "partial": None,
        "scheduled": 11000,
        "arrived": 11000,
        "dropped": 0,
        "requests": 11000,
        "cpus": 2,
        "cpu_s": 14.2,
        "busiest": 0.11,
        "reducing_cpu_s": 0.9,
    }
    return Generator(**(fields | changes))


def series(**changes: Any) -> Series:
    """Ten minutes of one metric."""
    at = int(BEGAN.timestamp())
    fields: dict[str, Any] = {
        "name": "lambda_concurrency",
        "namespace": "AWS/Lambda",
        "metric": "ConcurrentExecutions",
        "dimensions": {"FunctionName": "product-handler-sit"},
        "statistic": "Maximum",
        "period_s": 60,
        "region": "eu-west-1",
        "unit": "Count",
        "points": tuple((at + 60 * n, 3.0 + n % 4) for n in range(10)),
    }
    return Series(**(fields | changes))


def run(**changes: Any) -> RunRecord:
    """A run of the load layer that holds one load."""
    fields: dict[str, Any] = {
        "schema": SCHEMA,
        "run_id": "20260110t110000-1a2b3c",
        "layers": ("load",),
        "subject": Subject(build="1.0.0", version="1.0.0", version_after="1.0.0"),
        "environment": EnvironmentRecord(
            name="sit",
            file_digest="sha256:" + "e0" * 32,
            base_url="https://api.sit.kimmyai.io",
            images_url="https://images.sit.kimmyai.io",
            aws_endpoint_url=None,
            account="815856636111",
            region="eu-west-1",
            writes=True,
        ),
        "rehearsal": (),
        "fault": None,
        "started": BEGAN - timedelta(seconds=5),
        "ended": BEGAN + timedelta(seconds=120),
        "complete": True,
        "stopped": None,
        "expected_digest": "sha256:" + "cc" * 32,
        "source": Source(harness="0.1.0", python="3.11.2", pytest="9.2.0"),
        "checks": (
            CheckRecord(
                id="load.workload",
                layer="load",
                items=("VAL-LOAD-01",),
                outcome=Outcome.PASS,
                cases=1,
                observations=1,
                duration_s=47.0,
            ),
        ),
        "loads": (load(),),
        "series": (),
    }
    return RunRecord(**(fields | changes))
