"""The pages of a real run, in a real browser: they lead to each other, and nowhere else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from reports import cli
from reports.rendering.allure_links import results_by_check
from tests.rendering.browsing import Reading, browser
from tests.run.harness import pytest_run

FAILED = "smoke.create_product"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One browser for all of them."""
    with browser() as started:
        yield started


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a smoke run with a fault, reported twice."""
    folder = tmp_path_factory.mktemp("pages") / "out"
    ended = pytest_run(folder, "-m", "smoke", "--env=local", "--fault=duplicate-sku")
    assert ended.code == 1, ended.output
    for _ in range(2):
        assert cli.exit_code(["report", f"--report-dir={folder}"]) == 0
    return folder


def test_no_page_asks_a_host(chromium: Browser, pages: Path) -> None:
    """Every page that is left, loaded and given time to start what it starts."""
    files = sorted(pages.glob("*.html"))
    assert [file.name for file in files] == ["decision.html", "report.html"]
    for file in files:
        reading = Reading(chromium)
        page = reading.open(file)
        page.wait_for_timeout(500)
        assert reading.requests
        assert reading.outside == [], file.name
        reading.close()


def test_the_decision_leads_to_the_result_in_allure(chromium: Browser, pages: Path) -> None:
    """The link of the check that failed opens its result, with the exchange that shows it."""
    reading = Reading(chromium)
    page = reading.open(pages / "decision.html", f"#failing-{FAILED}")
    page.locator(f"[id='failing-{FAILED}']").get_by_role("link", name="in Allure").click()
    page.get_by_text("a second product with the same sku is refused").first.wait_for()
    assert re.search(r"report\.html#[0-9a-f]{32}$", page.url)
    reading.close()


def test_the_report_leads_to_the_check_on_the_page(chromium: Browser, pages: Path) -> None:
    """From the decision at its top to the check's own line."""
    reading = Reading(chromium)
    page = reading.open(pages / "report.html")
    page.get_by_role("link", name=FAILED).click()
    page.wait_for_url("**/decision.html#check-*")
    assert page.locator(f"[id='check-{FAILED}']").is_visible()
    reading.close()


def test_the_history_of_a_result_grows(pages: Path) -> None:
    """A line a report: what Allure draws its trends from."""
    history = (pages / "allure-history.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(history) == 2


def test_every_check_of_the_run_has_its_place(pages: Path) -> None:
    """Ten of smoke, each once."""
    places = results_by_check((pages / "report.html").read_text(encoding="utf-8"))
    assert len(places) == 10
    assert len(set(places.values())) == 10
