"""Decisions for other tools; nothing that a service says is markup in any of them."""

from __future__ import annotations

import json
from xml.etree import ElementTree as ET

from msgspec.structs import replace

from reports.evidence.record import Outcome
from reports.judging.decision import Decision
from reports.rendering.formats import FORMATS
from tests.judging.samples import check, checks, decide, policy, run
from tests.judging.test_words import asking, grant, said, word

parsed = ET.fromstring  # of what was written here
HOSTILE = "<script>x</script> | ::error::\x07 \u202e`%0A` [a](javascript:1)\n::stop"


def failing(text: str = "create answers 201") -> Decision:
    """A decision with one failure, told in a service's own words."""
    bad = check("create_product", Outcome.FAIL)
    assert bad.failure is not None
    bad = replace(bad, failure=replace(bad.failure, expectation=text, actual=text))
    others = tuple(one for one in checks() if one.id != bad.id)
    return decide(run(checks=(*others, bad)), policy=policy())


def test_json_is_the_record() -> None:
    """All of it."""
    decision = failing()
    told = json.loads(FORMATS["json"](decision))
    assert told["sentence"] == decision.sentence
    assert told["exit_code"] == 1


def test_junit_has_a_case_for_each_line() -> None:
    """Failed, unproven, or neither; pending words too, and waived lines not."""
    suite = parsed(FORMATS["junit"](failing()))
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("2", "1", "0")
    pending = parsed(FORMATS["junit"](said()))
    assert (pending.get("tests"), pending.get("errors")) == ("3", "1")
    given = parsed(FORMATS["junit"](said(word())))
    assert (given.get("failures"), given.get("errors")) == ("0", "0")
    bad = (run(checks=checks(health=Outcome.FAIL)),)
    waived = parsed(FORMATS["junit"](said(grant(), gate=policy(), runs=bad)))
    assert waived.get("failures") == "0"


def test_markdown_shows_lines_and_words() -> None:
    """With results that colour alone does not tell."""
    text = FORMATS["markdown"](said(word(), gate=asking()))
    assert "✅ pass" in text
    assert "| SIT-APPROVAL-05 | tech-lead | ✅ ann, github |" in text
    assert "❔" in FORMATS["markdown"](said(gate=asking()))


def test_github_is_told_line_by_line() -> None:
    """An error for what failed, a notice where all is well."""
    lines = FORMATS["github"](failing()).splitlines()
    assert lines[0].startswith("::error title=smoke::")
    assert lines[-1].startswith("::error title=gate::HOLD")
    assert FORMATS["github"](said(word())).startswith("::notice title=gate::PROMOTE")


def test_what_a_service_says_is_inert() -> None:
    """In each form: no markup, no command, no control character."""
    decision = failing(HOSTILE)
    markdown = FORMATS["markdown"](decision)
    assert "<script>" not in markdown
    assert "[a](" not in markdown
    for line in FORMATS["github"](decision).splitlines():
        assert line.startswith(("::error title=", "::notice title=", "::warning title="))
        assert "::stop" not in line.partition("::")[0]
    parsed(FORMATS["junit"](decision))
    for name, form in FORMATS.items():
        if name != "json":
            assert "\x07" not in form(decision)


def test_what_a_service_says_is_bounded() -> None:
    """Ten megabytes of it, in each form but the record itself."""
    decision = failing(HOSTILE * 150_000)
    for name, form in FORMATS.items():
        if name != "json":
            assert len(form(decision)) < 20_000, name
