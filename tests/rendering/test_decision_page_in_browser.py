"""The page of a decision as a person has it: real Chromium, from disk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from reports.evidence.finding import Severity
from tests.judging.test_findings_objective import finding
from tests.rendering.browsing import Reading, browser
from tests.rendering.decision_samples import drawn, failing, hostile_run, whole_run

SERIOUS = ("serious", "critical")
SHOWN = "[data-state]:visible"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One browser for all of them."""
    with browser() as started:
        yield started


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page that holds: a failing check, findings, pending words."""
    folder = tmp_path_factory.mktemp("held")
    run = whole_run(checks=failing("get_product"), findings=(finding(), finding(Severity.LOW)))
    return drawn(folder, run, gate="sit-signoff")


@pytest.fixture
def reading(chromium: Browser) -> Iterator[Reading]:
    """A fresh tab, closed afterwards; nothing may have been said on its console."""
    made = Reading(chromium)
    yield made
    made.close()
    assert made.problems == []
    assert made.outside == []


def states(page: Page) -> set[str]:
    """The states of the lines that can be seen."""
    return {str(one.get_attribute("data-state")) for one in page.locator(SHOWN).all()}


def test_filter_by_state_shows_only_that(reading: Reading, held: Path) -> None:
    """What failed, what is pending; empty sections are gone; reset brings all back."""
    page = reading.open(held)
    everything = page.locator("#shown").inner_text()
    page.get_by_role("radio", name="failed").check()
    assert states(page) == {"fail"}
    assert page.locator("#check-smoke\\.get_product").is_visible()
    assert not page.locator("#item-SIT-SMOKE-03").is_visible()
    page.get_by_role("radio", name="pending").check()
    assert states(page) == {"pending"}
    page.get_by_role("radio", name="open", exact=True).check()
    assert states(page) <= {"fail", "no evidence", "inconclusive", "pending"}
    page.get_by_role("button", name="Reset").click()
    page.wait_for_function("document.querySelectorAll('[data-state][hidden]').length === 0")
    assert page.locator("#shown").inner_text() == everything


def test_search_finds_words_in_any_order(reading: Reading, held: Path) -> None:
    """All of the words, in any case; the number that is shown is told to whoever listens."""
    page = reading.open(held)
    page.get_by_label("Search").fill("RECOMMENDATIONS val-cat")
    shown = page.locator(SHOWN).all()
    assert shown
    for line in shown:
        text = line.inner_text().lower()
        assert "recommendations" in text
        assert "val-cat" in text
    assert page.locator("#shown").get_attribute("role") == "status"
    page.get_by_label("Search").fill("no such words at all")
    assert page.locator(SHOWN).count() == 0
    assert page.locator("#shown").inner_text().startswith("0 of ")


def test_a_deep_link_opens_what_it_leads_to(reading: Reading, held: Path) -> None:
    """From outside, and from within while a filter hides it."""
    page = reading.open(held, "#item-SIT-ENV-01")
    target = page.locator("#item-SIT-ENV-01")
    assert target.is_visible()
    assert page.evaluate("document.activeElement.id") == "item-SIT-ENV-01"
    page.get_by_role("radio", name="failed").check()
    page.evaluate("location.hash = '#check-smoke.health'")
    page.locator("#check-smoke\\.health").wait_for(state="visible")
    assert page.get_by_role("radio", name="all", exact=True).is_checked()
    box = page.locator("#check-smoke\\.health").bounding_box()
    assert box
    assert 0 <= box["y"] < 900
    page.evaluate("location.hash = '#%E0%A4%A'")  # no name at all: nothing happens


def test_print_shows_everything(reading: Reading, held: Path) -> None:
    """What is folded is open on paper, and folded again after it; the filter is not on it."""
    page = reading.open(held)
    folded = page.locator("details:not([open])").count()
    assert folded > 5
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    assert page.locator("details:not([open])").count() == 0
    assert not page.locator("#filter").is_visible()
    assert page.locator("#item-SIT-ENV-01").is_visible()
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    page.emulate_media(media="screen")
    assert page.locator("details:not([open])").count() == folded
    assert len(page.pdf()) > 20_000


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1200, 420])
def test_axe_finds_nothing_serious(chromium: Browser, held: Path, scheme: str, width: int) -> None:
    """Contrast, names, order, roles: in light and dark, wide and narrow, all of it unfolded."""
    reading = Reading(chromium, color_scheme=scheme, viewport={"width": width, "height": 900})
    page = reading.open(held)
    page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
    found = [
        (one["id"], one["impact"], [node["html"][:120] for node in one["nodes"][:3]])
        for one in Axe().run(page).response["violations"]
        if one["impact"] in SERIOUS
    ]
    reading.close()
    assert found == []


def test_dark_and_light_differ(chromium: Browser, held: Path) -> None:
    """The page follows what the machine is set to."""
    seen = set()
    for scheme in ("light", "dark"):
        reading = Reading(chromium, color_scheme=scheme)
        page = reading.open(held)
        seen.add(page.evaluate("getComputedStyle(document.body).backgroundColor"))
        reading.close()
    assert len(seen) == 2


def test_keys_alone_reach_the_filter(reading: Reading, held: Path) -> None:
    """The first key leads past the top; search and states follow, and can be used."""
    page = reading.open(held)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.get_by_label("Search").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.value") == "open"
    assert states(page) <= {"fail", "no evidence", "inconclusive", "pending"}


def test_nothing_of_the_service_runs(reading: Reading, tmp_path: Path) -> None:
    """Markup, handlers and directions in names, bodies and addresses stay text."""
    page = reading.open(drawn(tmp_path, hostile_run(), gate="sit-signoff"))
    assert page.evaluate("window.ran") is None
    assert page.locator("img").count() == 0
    page.get_by_role("radio", name="failed").check()
    assert page.locator(SHOWN).count() > 0


def test_without_its_script_all_is_there_to_read(chromium: Browser, held: Path) -> None:
    """A mail program runs none: no filter then, and every line."""
    reading = Reading(chromium, java_script_enabled=False)
    page = reading.open(held)
    assert not page.locator("#filter").is_visible()
    assert page.locator("#objective-scan").is_visible()
    assert page.locator("[data-state][hidden]").count() == 0
    reading.close()


def test_a_promotion_says_so(reading: Reading, tmp_path: Path) -> None:
    """The word first, and nothing in its way."""
    page = reading.open(drawn(tmp_path, whole_run()))
    assert "promote" in page.get_by_role("heading", level=1).inner_text().lower()
    assert page.locator("#holding").count() == 0


def test_a_broken_script_would_be_seen(chromium: Browser, held: Path, tmp_path: Path) -> None:
    """The control: a page with another script than its policy allows runs none of it."""
    other = tmp_path / "other.html"
    text = held.read_text(encoding="utf-8")
    other.write_text(text.replace("</main>", "<script>window.ran = 1</script></main>"), "utf-8")
    reading = Reading(chromium)
    page = reading.open(other)
    assert page.evaluate("window.ran") is None
    assert any("Content Security Policy" in said for said in reading.problems)
    reading.close()
