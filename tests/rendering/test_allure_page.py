"""The page: the decision at its top, everything escaped, no outside host left in it."""

from __future__ import annotations

import pytest

from reports.rendering.allure_page import (
    PageRefused,
    decision_section,
    finish_page,
    headline,
    outside_tags,
)
from tests.rendering.allure_samples import HOSTILE, decision

PAGE = '<html><head><title>x</title></head><body>{}<div id="app"></div></body></html>'


def test_analytics_are_stripped() -> None:
    """Allure's own tag, and the inline script that starts it, go; its application stays."""
    page = PAGE.format(
        '<script src="data:text/javascript;base64,YXBw"></script>\n'
        '<script async src="https://www.googletagmanager.com/gtag/js?id=G-1"></script>\n'
        "<script>\n function gtag(){dataLayer.push(arguments);}\n gtag('js', 1);\n</script>\n"
        "<script>window.allure = {};</script>"
    )
    finished = finish_page(page, None)
    assert "googletagmanager" not in finished
    assert "gtag" not in finished
    assert "base64,YXBw" in finished
    assert "window.allure = {};" in finished


@pytest.mark.parametrize(
    "tag",
    [
        '<link rel="stylesheet" href="https://fonts.example/a.css">',
        "<img src='http://pixel.example/p.gif'>",
        "<iframe src=//frames.example/x></iframe>",
        '<base href="https://elsewhere.example/">',
        '<object data="http://o.example/x"></object>',
        '<SCRIPT SRC="HTTPS://s.example/x.js">',
        "<p>plausible.io</p>",
    ],
)
def test_a_tag_of_another_host_is_refused(tag: str) -> None:
    """What cannot be stripped as a script is not let through: no page is better than that one."""
    with pytest.raises(PageRefused, match="other hosts"):
        finish_page(PAGE.format(tag), None)


@pytest.mark.parametrize(
    "text",
    [
        '<a href="https://allurereport.org">a link that a person may follow</a>',
        "<img src=\"data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg'%3E\">",
        '<script src="data:text/javascript;base64,YXBw"></script>',
    ],
)
def test_links_and_embedded_data_stay(text: str) -> None:
    """A link fetches nothing by itself, and data is in the file."""
    assert outside_tags(text) == []


@pytest.mark.parametrize("page", ["<html></html>", PAGE.format('<div id="app"></div>')])
def test_a_page_of_another_build_is_refused(page: str) -> None:
    """A later Allure may build its page otherwise: say so, rather than lose the decision."""
    with pytest.raises(PageRefused, match="expected one"):
        finish_page(page, None)


def test_the_page_may_not_ask_any_host() -> None:
    """A content policy stands before everything that could ask."""
    finished = finish_page(PAGE.format(""), None)
    policy = finished.split("<head>")[1].split("<title>")[0]
    assert "default-src 'none'" in policy
    assert "http" not in policy.replace("http-equiv", "")


def test_the_decision_is_shown_and_escaped() -> None:
    """Word, sentence, environment, rehearsal, objectives, reasons; not one tag of the service's."""
    section = decision_section(decision())
    for shown in (
        "HOLD",
        "sit-deployment: smoke failed",
        "REHEARSAL",
        "URLs were overridden",
        "80%",
        "&gt;= 100%",
        '<a href="decision.html#check-smoke.get_product">smoke.get_product</a>: get answers 200 ',
        "(expected 200, came 500",
        "SIT-SMOKE-03",
        "an earlier run failed",
        "smoke.upload_image: not applicable (writes)",
        "and 2 more",
        "not on a laptop",
        "What would flip it: two more passing checks",
    ):
        assert shown in section
    assert HOSTILE not in section
    assert "<script" not in section
    assert "<img" not in section


def test_the_performance_page_is_linked_where_there_is_one() -> None:
    """Beside the decision, and beside its absence; a link asks no host by itself."""
    links = [("Performance metrics", "performance.html")]
    for given in (decision(), None):
        assert 'href="performance.html"' in decision_section(given, links)
        assert "performance.html" not in decision_section(given)
    finished = finish_page(PAGE.format(""), None, links=links)
    assert 'href="performance.html"' in finished


def test_unseen_characters_are_shown_as_such() -> None:
    """A text that runs from right to left, or ends the line, cannot look like another one."""
    section = decision_section(decision(sentence="HOLD  \u202ePASS\x1b[0m\x00"))
    assert "?PASS?[0m?" in section


def test_no_decision_is_said() -> None:
    """Results without a decision look like nothing else."""
    assert "NO DECISION" in decision_section(None)
    assert headline(None) == "No decision"


def test_a_failed_harness_is_said() -> None:
    """Exit code 3 names what failed, in the colour of an open question."""
    section = decision_section(decision(harness_error="boom in a fixture", exit_code=3))
    assert "The harness failed" in section
    assert "boom in a fixture" in section


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "HOLD: sit-deployment on sit, build 1.0.0 (rehearsal)"),
        ({"rehearsal": (), "build": None}, "HOLD: sit-deployment on sit"),
        ({"gate": None, "decision": None, "build": None}, "FAIL: smoke on sit (rehearsal)"),
    ],
)
def test_headline(changes: dict[str, object], expected: str) -> None:
    """The title in the browser's tab: decision, or the verdict where no gate was asked."""
    assert headline(decision(**changes)) == expected
