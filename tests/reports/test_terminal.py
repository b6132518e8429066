"""The summary: one screen, eighty columns, whatever the service says."""

from __future__ import annotations

import io
import re

import pytest
from msgspec.structs import replace

from reports.evidence.contents import Refused
from reports.evidence.record import ExpectedCheck, Failure, Outcome
from reports.gates.loading import load_policy
from reports.judging.policy import layer_policy
from reports.rendering.plain import age, item_ranges, plain
from reports.rendering.terminal import summary, summary_for
from tests.judging.samples import EXPECTED, FAILURE, check, checks, decide, environment, policy, run

TEN = tuple(
    ExpectedCheck(
        id=f"smoke.check_number_{n}", layer="smoke", items=(f"SIT-SMOKE-{n:02}",), cases=1
    )
    for n in range(1, 11)
)
LAYERS = layer_policy(["smoke"], "sit", ["vpc"])
HOSTILE = "\x1b[31m[bold]x[/bold]\x00\u202e :smile: \r\n\tback\x07\u200b" + "y" * 9000


def shown(text: str) -> list[str]:
    """The lines; none but the decision and curl lines may be wider than a terminal."""
    lines = text.splitlines()
    assert all(len(line) <= 80 for line in lines[:-1] if "curl" not in line)
    return lines


def test_a_pass_is_a_few_lines() -> None:
    """Heading, table, decision: value, limit, headroom, n and plan items in one row."""
    lines = shown(
        summary(decide(run(rehearsal=("the embedded stack",)), policy=LAYERS, build=None))
    )
    assert [" ".join(line.split()) for line in lines] == [
        "smoke on sit rehearsal: the embedded stack",
        "result objective value limit headroom n (seen) plan items",
        "pass smoke 100% >= 100% 0% 3/3 (9) SIT-SMOKE-01..03",
        "PASS smoke on sit: all layers pass (rehearsal) [exit 0]",
    ]


def test_a_failing_check_says_all_that_is_needed() -> None:
    """Check, plan item, expectation, expected, what came, the request; then the decision."""
    decision = decide(run(checks=checks(create_product=Outcome.FAIL)), policy=LAYERS, build=None)
    assert shown(summary(decision))[3:] == [
        "FAIL  smoke.create_product  SIT-SMOKE-03",
        "      create answers 201",
        "      expected: 201",
        "      came: 500",
        "      curl -X POST http://127.0.0.1/v1.0/products",
        "FAIL  smoke on sit: smoke.create_product (SIT-SMOKE-03): create answers 201  [exit 1]",
    ]


@pytest.mark.parametrize("outcome", [Outcome.FAIL, Outcome.LOST])
def test_ten_of_ten_still_fit_a_screen(outcome: Outcome) -> None:
    """Everything is wrong at once: at most 24 lines, and no check is left unnamed or uncounted."""
    records = tuple(
        replace(check("x", outcome), id=row.id, items=row.items, failure=None) for row in TEN
    )
    if outcome is Outcome.FAIL:
        records = tuple(replace(record, failure=FAILURE) for record in records)
    text = summary(decide(run(checks=records), policy=LAYERS, expected=TEN, build=None))
    assert len(shown(text)) <= 24
    if outcome is Outcome.FAIL:
        assert all(row.id in text for row in TEN)
    else:
        assert "and 6 more" in text


def test_what_was_not_shown_is_told_by_reason() -> None:
    """Two checks skipped for one reason stand in one line; a line without a check stands alone."""
    outcomes = {"health": Outcome.SKIPPED, "list_products": Outcome.SKIPPED}
    decision = decide(
        run(checks=checks(**outcomes)), refused=(Refused(file="runs/x", why="foreign"),)
    )
    lines = shown(summary(decision))
    assert "no evidence  smoke.health, smoke.list_products: it was skipped" in lines
    assert "no evidence  runs/x: foreign" in lines


def test_absences_and_what_is_left_out_are_visible() -> None:
    """Also where the decision is a pass."""
    absent = check("create_product", Outcome.NOT_APPLICABLE, capability="vpc")
    record = run(checks=(*checks()[:2], absent))
    lines = shown(summary(decide(record, policy=policy(accept_not_applicable=("vpc",)))))
    assert "not applicable  smoke.create_product: declared absent: vpc" in lines
    loaded = load_policy("sit-deployment", rehearsal=True)
    text = summary(decide(record, policy=loaded.policy, overlay=loaded.overlay))
    shown(text)
    assert "not rehearsed  after-sit-readiness" in text
    assert "REHEARSAL: --rehearsal" in text.splitlines()[0]


def test_earlier_failures_are_noted() -> None:
    """A pass after a failure says so, and the third note is the last."""
    runs = [run(f"r{n}", hours_ago=9 - n, checks=checks(health=Outcome.FAIL)) for n in range(5)]
    text = summary(decide(*runs, run("last")))
    shown(text)
    assert text.count("note  smoke.health failed earlier") == 3


def test_more_reasons_than_are_told_are_counted() -> None:
    """The list is bounded in the decision already."""
    rows = tuple(replace(row, id=f"smoke.x{n}") for n in range(30) for row in EXPECTED[:1])
    records = tuple(replace(check("x", Outcome.FAIL), id=row.id) for row in rows)
    text = summary(decide(run(checks=records), expected=rows, policy=LAYERS, build=None))
    assert "and 10 reasons more" in text
    assert len(shown(text)) <= 24


def test_hostile_text_is_inert() -> None:
    """Control characters, markup, direction marks and nine thousand letters, in every field."""
    failure = Failure(expectation=HOSTILE, expected=HOSTILE, actual=HOSTILE, curl=HOSTILE)
    record = check(
        "create_product", Outcome.FAIL, failure=failure, items=(HOSTILE,), reason=HOSTILE
    )
    stranger = check("x", Outcome.LOST, reason=HOSTILE, id="smoke." + HOSTILE)
    decision = decide(
        run(
            "run-1",
            checks=(*checks()[:2], record, stranger),
            rehearsal=(HOSTILE,),
            environment=environment(name="sit"),
        ),
        policy=LAYERS,
        build=None,
    )
    text = summary(decision)
    assert re.search(r"[^\x20-\x7e\n]", text) is None
    assert "[bold]x[/bold]" in text
    assert ":smile:" in text
    assert len(text) < 6000


def test_colour_only_for_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file gets plain text; a terminal colour, unless NO_COLOR is set."""

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    decision = decide(run())
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert summary_for(decision, io.StringIO()) == summary(decision)
    assert "\x1b[" in summary_for(decision, Terminal())
    monkeypatch.setenv("NO_COLOR", "1")
    assert summary_for(decision, Terminal()) == summary(decision, width=100)


@pytest.mark.parametrize(
    ("text", "limit", "result"),
    [
        ("plain", 200, "plain"),
        ("a\nb\t c ", 200, "a b c"),
        ("\x1b[0m", 200, "?[0m"),
        ("\u202eabc\u200b", 200, "?abc?"),
        ("\ud800", 200, "?"),
        ("grüße", 200, "grüße"),
        ("x" * 20, 10, "xxxxxxxx.."),
        ("x" * 10, 10, "x" * 10),
    ],
)
def test_plain_text(text: str, limit: int, result: str) -> None:
    """One line, nothing unseen, bounded."""
    assert plain(text, limit) == result


@pytest.mark.parametrize(
    ("items", "text"),
    [
        ((), ""),
        (("A-01",), "A-01"),
        (("A-01", "A-02", "A-03"), "A-01..03"),
        (("A-01", "A-03"), "A-01, A-03"),
        (("A-09", "A-10", "B-11"), "A-09..10, B-11"),
        (("odd", "odd"), "odd, odd"),
        (("SIT-SMOKE-01", "SIT-SMOKE-02", "odd"), "SIT-SMOKE-01..02, odd"),
    ],
)
def test_items_are_drawn_together(items: tuple[str, ...], text: str) -> None:
    """Consecutive numbers of one group only."""
    assert item_ranges(items) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (119, "119 s"),
        (120, "2 min"),
        (7199, "119 min"),
        (7200, "2 h"),
        (172799, "47 h"),
        (172800, "2 d"),
    ],
)
def test_an_age(seconds: int, text: str) -> None:
    """In the unit that reads best."""
    assert age(seconds) == text
