"""Accounting for the plan, and keeping the list of checks current."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from msgspec.structs import replace

from reports.check_collector import checks_of
from reports.commands import coverage
from reports.commands.settings import CHECKS, REMOVED
from reports.evidence.checks_list import read_checks, write_checks
from reports.evidence.record import ExpectedCheck
from reports.gates.plan_items import PlanItem, load_plan_items
from reports.rendering.coverage import account
from reports.strict_toml import ConfigurationError

ITEM = PlanItem(
    id="X-01", phase="P", section="S", text="t", gate="dev", kind="check", place="smoke"
)
CHECK = ExpectedCheck(id="smoke.a", layer="smoke", items=("X-01",), cases=1)


def test_the_plan_is_accounted_for() -> None:
    """Every item has its place today, and both counts are told."""
    lines, problems = account(
        load_plan_items(),
        read_checks(CHECKS),
        coverage.ITEMS,
        faulted={check.id for check in read_checks(CHECKS)},
    )
    assert problems == []
    assert "236 of 236 plan items have their place" in lines
    assert any(re.match(r"\d\d+ of 236 are seen by a check today", line) for line in lines)


def test_the_list_of_checks_is_current(tmp_path: Path) -> None:
    """Collecting the suites anew gives the committed file."""
    copy = tmp_path / "checks.tsv"
    copy.write_bytes(CHECKS.read_bytes())
    said = coverage._update(copy, REMOVED)
    assert copy.read_bytes() == CHECKS.read_bytes(), "run `gate coverage --update`"
    assert said.endswith("as it was")


@pytest.mark.parametrize(
    ("item", "problem"),
    [
        (ITEM, None),
        (replace(ITEM, place="smok"), "X-01: smok is no layer"),
        (replace(ITEM, id="X-02"), "X-02: no check of the layer smoke cites it"),
        (replace(ITEM, place="smoke.a"), None),
        (replace(ITEM, place="smoke.b"), "X-01: its check smoke.b is not in suites/checks.tsv"),
        (
            replace(ITEM, id="X-02", place="smoke.a"),
            "X-02: its check smoke.a does not cite it",
        ),
        (
            replace(ITEM, kind="objective", gate="prod-soak", place="x"),
            "X-01: prod-soak has no objective x",
        ),
        (
            replace(ITEM, kind="objective", gate="sit-deployment", place="x"),
            "X-01: sit-deployment has no objective x",
        ),
        (replace(ITEM, kind="objective", gate="sit-deployment", place="smoke"), None),
        (replace(ITEM, kind="attestation", place="qa-lead"), None),
    ],
)
def test_a_place_has_to_be_there(item: PlanItem, problem: str | None) -> None:
    """Layers, checks once they exist, and objectives of gates that have a policy."""
    items = (item,) if item.id == "X-01" else (ITEM, item)
    _, problems = account(items, (CHECK,), len(items), faulted={"smoke.a"})
    assert len(problems) == (problem is not None)
    assert problem is None or problems[0].startswith(problem)


def test_what_is_not_placed_or_not_in_the_plan_is_a_problem() -> None:
    """An item too few, and a check that cites what is none."""
    stranger = replace(CHECK, items=("X-01", "Y-01"))
    lines, problems = account((ITEM,), (stranger,), 2, faulted={"smoke.a"})
    assert problems == ["smoke.a cites Y-01, which is no plan item", "1 items have a place, not 2"]
    assert "1 of 2 are seen by a check today, 1 checks" in lines


COLLECTED = (CHECK, ExpectedCheck(id="smoke.b", layer="smoke", items=(), cases=2))


@pytest.fixture
def listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """A list of one check more than is collected now, and where reasons for that would stand."""
    monkeypatch.setattr(coverage, "_collected", lambda: COLLECTED)
    checks = tmp_path / "checks.tsv"
    old = ExpectedCheck(id="smoke.bb", layer="smoke", items=(), cases=1)
    checks.write_text(write_checks((CHECK, old)), encoding="utf-8")
    return checks, tmp_path / "removed-checks.toml"


def test_a_row_does_not_leave_without_a_reason(listed: tuple[Path, Path]) -> None:
    """Nothing is written; the message says what to do and guesses a renaming."""
    checks, removed = listed
    before = checks.read_text(encoding="utf-8")
    for text in (None, '"smoke.other" = "why"', '"smoke.bb" = " "'):
        if text is not None:
            removed.write_text(text, encoding="utf-8")
        with pytest.raises(ConfigurationError) as told:
            coverage._update(checks, removed)
        assert str(told.value) == (
            "smoke.bb is collected no more (renamed to smoke.b?): bring it back, "
            'or say why it went in removed-checks.toml: "smoke.bb" = "why"'
        )
        assert checks.read_text(encoding="utf-8") == before


def test_a_row_leaves_with_a_reason(listed: tuple[Path, Path]) -> None:
    """The list is then what was collected."""
    checks, removed = listed
    removed.write_text('"smoke.bb" = "b says more"', encoding="utf-8")
    assert coverage._update(checks, removed) == "checks.tsv: 2 checks, written"
    assert read_checks(checks) == COLLECTED
    assert coverage._update(checks, removed) == "checks.tsv: 2 checks, as it was"


class Item:
    """What the collector reads of a pytest item."""

    def __init__(self, nodeid: str, *items: str) -> None:
        self.nodeid, self._items = nodeid, items

    def iter_markers(self, name: str) -> list[pytest.Mark]:
        """Its one marker."""
        return [pytest.Mark(name, self._items, {}, _ispytest=True)]


def collected(*items: Item) -> list[ExpectedCheck]:
    """The checks of these items."""
    return checks_of(list(items))  # type: ignore[arg-type]


def test_cases_of_a_test_are_one_check() -> None:
    """Parametrized items are counted together; the plan's items come from the marker."""
    assert collected(
        Item("suites/smoke/test_x.py::test_a[1]", "X-01"),
        Item("suites/smoke/test_x.py::test_a[2]", "X-01"),
        Item("suites/sla/test_y.py::test_a", "X-02", "X-03"),
    ) == [
        ExpectedCheck(id="smoke.a", layer="smoke", items=("X-01",), cases=2),
        ExpectedCheck(id="sla.a", layer="sla", items=("X-02", "X-03"), cases=1),
    ]


def test_an_id_belongs_to_one_test() -> None:
    """The same name in two files of a layer."""
    with pytest.raises(pytest.UsageError, match=r"smoke\.a is the id of two tests: .*x\.py.*y\.py"):
        collected(Item("suites/smoke/test_x.py::test_a"), Item("suites/smoke/test_y.py::test_a"))


def test_a_test_outside_the_layers_is_no_check() -> None:
    """It would never be judged, so it is an error."""
    with pytest.raises(pytest.UsageError, match="is no check"):
        collected(Item("suites/other/test_x.py::test_a"))


def test_a_check_that_no_fault_flips() -> None:
    """Nothing shows that the check can fail: a problem that names it, and the count beside it."""
    lines, problems = account((ITEM,), (CHECK,), 1, faulted=())
    assert "0 of 1 checks have a seeded fault that flips them" in lines
    assert problems == ["smoke.a: no seeded fault flips it, so nothing shows that it can fail"]


def test_an_item_that_no_check_of_its_layer_cites() -> None:
    """The item is placed in a layer that has checks, and none of them cites it."""
    silent = ExpectedCheck(id="smoke.a", layer="smoke", items=(), cases=1)
    _, problems = account((ITEM,), (silent,), 1, faulted={"smoke.a"})
    assert problems == ["X-01: no check of the layer smoke cites it"]
