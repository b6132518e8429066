"""Allure results and a decision to draw."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from reports.judging.decision import (
    SCHEMA,
    Decision,
    Inputs,
    LeftOut,
    NotApplicable,
    ObjectiveResult,
    Reason,
)
from reports.judging.result import Action, Result

HOSTILE = "</section><script>alert(1)</script><img src=\"http://outside.example/x\" onerror='x'>"


def say_nothing(_: str) -> None:
    """Hear of progress, and keep it."""


def write_result(folder: Path, name: str, status: str, message: str = "", **more: Any) -> Path:
    """One result as allure-pytest writes it; returns its file."""
    folder.mkdir(parents=True, exist_ok=True)
    result = {
        "uuid": f"uuid-{name}",
        "historyId": f"history-{name}",
        "name": name,
        "fullName": f"suites.smoke#{name}",
        "status": status,
        "statusDetails": {"message": message},
        "start": 1_700_000_000_000,
        "stop": 1_700_000_000_020,
        "labels": [
            {"name": "epic", "value": "Phase 1: SIT promotion"},
            {"name": "feature", "value": "smoke"},
            {"name": "story", "value": "SIT-SMOKE-03"},
        ],
        **more,
    }
    file = folder / f"{result['uuid']}-result.json"
    file.write_text(json.dumps(result))
    return file


def write_results(folder: Path) -> None:
    """One of every kind."""
    write_result(folder, "health", "passed")
    write_result(folder, "get_product", "failed", f"get answers 200: came 500 {HOSTILE}")
    write_result(folder, "list_products", "broken", "RuntimeError: boom")
    write_result(folder, "upload_image", "skipped", "fixtures.options.NotApplicable: prod declares")
    write_result(folder, "delete_product", "skipped", "Skipped: because")
    (folder / "environment.properties").write_text("environment=sit\nbuild=1.0.0\n")


def decision(**changes: Any) -> Decision:
    """A decision that holds, with everything in it that a page can show."""
    failed = ObjectiveResult(
        id="smoke",
        title="All smoke checks pass",
        result=Result.FAIL,
        value="80%",
        limit=">= 100%",
        headroom="-20%",
        checks=10,
        passed=8,
        observations=42,
        source=("sha256:ab",),
        age_s=3,
        items=("SIT-SMOKE-03",),
        reasons=(
            Reason(
                check="smoke.get_product",
                result=Result.FAIL,
                why="get answers 200",
                expected="200",
                actual=f"500 {HOSTILE}",
            ),
        ),
        more_reasons=2,
        not_applicable=(
            NotApplicable(check="smoke.upload_image", capability="writes", accepted=True, items=()),
        ),
        notes=("an earlier run failed",),
        flip="two more passing checks would make it pass",
    )
    fields: dict[str, Any] = {
        "schema": SCHEMA,
        "gate": "sit-deployment",
        "title": "SIT deployment",
        "environment": "sit",
        "layers": ("smoke",),
        "build": "1.0.0",
        "rehearsal": ("URLs were overridden",),
        "verdict": Result.FAIL,
        "decision": Action.HOLD,
        "exit_code": 1,
        "harness_error": None,
        "sentence": f"HOLD  sit-deployment: smoke failed {HOSTILE}",
        "objectives": (failed,),
        "left_out": (LeftOut(id="load", title="Load", why="not on a laptop", items=()),),
        "not_counted": (),
        "inputs": Inputs(policy=(), checks="", runs=(), aborted=(), refused=()),
        "decided_at": datetime(2026, 1, 10, 11, 0, tzinfo=UTC),
    }
    return Decision(**(fields | changes))
