"""What Allure is told of each check while it runs: labels, steps and attachments."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import allure
import pytest

from reports.gates.plan_items import PlanItem, load_plan_items


def label_check(item: pytest.Item, layer: str, check: str) -> None:
    """Epic = phase of the plan, feature = layer, story = plan item; severity from its marker."""
    known = _plan_items()
    severity = next((m.args[0] for m in item.iter_markers("severity") if m.args), "critical")
    labels = [("feature", layer), ("severity", severity), ("check", check)]
    for marker in item.iter_markers("plan"):
        for name in marker.args:
            plan_item = known.get(str(name))
            if plan_item:
                labels.append(("epic", plan_item.phase))
            labels.append(("story", f"{name} {plan_item.text}" if plan_item else str(name)))
    for kind, value in dict.fromkeys(labels):
        item.add_marker(pytest.mark.allure_label(value, label_type=kind))


def attach_observation(what: str, details: Mapping[str, str]) -> None:
    """One step, its texts attached to it; one whose name ends in .html is a page."""
    kinds = allure.attachment_type
    with allure.step(what):
        for name, text in details.items():
            kind = kinds.HTML if name.endswith(".html") else kinds.TEXT
            allure.attach(text, name=name, attachment_type=kind)


def write_environment(results: Path, facts: Mapping[str, str]) -> None:
    """``environment.properties``: what Allure shows beside the results."""
    results.mkdir(parents=True, exist_ok=True)
    lines = (f"{_one_line(name)}={_one_line(value)}" for name, value in facts.items())
    (results / "environment.properties").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _one_line(text: str) -> str:
    return "".join(c if c.isprintable() and c != "\\" else " " for c in text)


@cache
def _plan_items() -> dict[str, PlanItem]:
    return {item.id: item for item in load_plan_items()}
