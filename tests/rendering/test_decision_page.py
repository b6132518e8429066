"""The page of a decision: what a person signs by, in one file."""

from __future__ import annotations

import re
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import pytest
from msgspec.structs import replace

from reports.cli import exit_code
from reports.commands.settings import checks_text
from reports.deciding import decide, save
from reports.drawing import PAGE, chain_of, write_decision_page
from reports.evidence.finding import Severity
from reports.evidence.record import Outcome
from reports.evidence.store import AlteredEvidence, Store
from reports.evidence.word import Person
from reports.gates.loading import layers_as_loaded, load_policy
from reports.gates.plan_items import load_plan_items
from reports.judging.policy import layer_policy
from reports.judging.result import Result
from reports.rendering.allure_page import outside_tags
from reports.rendering.decision_page import page_of
from tests.judging.samples import NOW
from tests.judging.test_findings_objective import finding, waiver
from tests.rendering.decision_samples import (
    HOSTILE,
    attested,
    decided,
    drawn,
    every_check,
    failing,
    hostile_run,
    whole_run,
)


class Page(HTMLParser):
    """The tags of a page by id, and its words without its style and script."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self._inside = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep it."""
        self.tags.append((tag, dict(attrs)))
        self._inside = tag

    def handle_endtag(self, tag: str) -> None:
        """Out of it."""
        self._inside = ""

    def handle_data(self, data: str) -> None:
        """Keep what a person reads."""
        if self._inside not in ("style", "script"):
            self.words += data

    @property
    def ids(self) -> list[str]:
        """All of them, as often as they stand there."""
        return [str(attributes["id"]) for _, attributes in self.tags if "id" in attributes]

    def state(self, identity: str) -> str | None:
        """The state of the line of that id."""
        found = [a for _, a in self.tags if a.get("id") == identity]
        assert len(found) == 1, identity
        return found[0]["data-state"]


def page(path: Path) -> Page:
    """The page that was written there."""
    return Page(path.read_text(encoding="utf-8"))


def test_decision_subject_and_reasons_stand_on_top(tmp_path: Path) -> None:
    """What a minute is for: the word, the build, and what stands in the way, as links."""
    seen = page(drawn(tmp_path, whole_run(checks=failing("get_product"))))
    top = seen.text[: seen.text.index("<nav")]
    for said in (
        "hold</strong>",
        "sit-deployment",
        "<dd>1.0.0</dd>",
        "REHEARSAL: --rehearsal; --base-url given",
        "What stands in the way",
        'href="#objective-smoke"',
        "not signed",
    ):
        assert said in top
    assert "2026-01-21 12:00:00 UTC" in top


def test_every_objective_says_all_that_the_decision_does(tmp_path: Path) -> None:
    """Value, interval, limit, headroom, n, source, age, items, and what would flip it."""
    _, decision = decided(tmp_path, whole_run())
    seen = page(drawn(tmp_path, whole_run("run-2")))
    for line in decision.objectives:
        assert f"objective-{line.id}" in seen.ids
        assert line.title in seen.words
        assert line.flip in seen.words or "whole run" in line.flip
    drawings = [a for tag, a in seen.tags if tag == "svg" and a.get("class") == "interval"]
    assert all(a["role"] == "img" and "limit" in str(a["aria-label"]) for a in drawings)
    assert len(drawings) >= 8


def test_every_item_of_the_plan_has_its_line(tmp_path: Path) -> None:
    """236 of them, each once, with its state and what speaks for it."""
    seen = page(drawn(tmp_path, whole_run(checks=failing("get_product"))))
    lines = [one for one in seen.ids if one.startswith("item-")]
    assert lines == [f"item-{item.id}" for item in load_plan_items()]
    assert seen.state("item-SIT-SMOKE-04") == "fail"
    assert seen.state("item-SIT-SMOKE-03") == "pass"
    assert seen.state("item-PROD-SUCCESS-01") == "elsewhere"


def test_links_within_the_page_lead_somewhere(tmp_path: Path) -> None:
    """Each fragment is the id of one thing, and no id stands there twice."""
    seen = page(drawn(tmp_path, hostile_run(), whole_run("run-2", checks=failing("health"))))
    assert len(seen.ids) == len(set(seen.ids))
    fragments = {str(a["href"])[1:] for _, a in seen.tags if str(a.get("href", "")).startswith("#")}
    assert fragments <= set(seen.ids)
    assert len(fragments) > 50


def test_a_failing_check_shows_request_response_and_curl(tmp_path: Path) -> None:
    """What a person needs to see it again."""
    seen = page(drawn(tmp_path, whole_run(checks=failing("get_product"))))
    for said in ("a created product is read back", "299.99", '{"price": 300}', "${SIT_TOKEN}"):
        assert said in seen.words
    assert seen.state("failing-smoke.get_product") == "fail"
    assert seen.state("check-smoke.get_product") == "fail"


def test_words_that_are_pending_and_given_are_listed(tmp_path: Path) -> None:
    """By item, role and person; the link is one only where it is a page's."""
    store = Store(tmp_path / "store")
    store.put_word(attested("VAL-FINAL-06", "qa-lead", "sit-signoff"))
    owner = attested("VAL-FINAL-02", "product-owner", "sit-signoff", link="javascript:alert(1)")
    store.put_word(replace(owner, by=Person(name="Pieter", known_by="github")))
    seen = page(drawn(tmp_path, whole_run(), gate="sit-signoff"))
    assert seen.state("word-VAL-FINAL-06") == "pass"
    assert seen.state("item-VAL-FINAL-06") == "pass"
    assert seen.state("word-ROLLBACK-SIT-01") == "pending"
    assert "Thandi (AWS identity, 815856636111)" in seen.words
    links = {str(a["href"]) for tag, a in seen.tags if tag == "a"}
    assert "https://change.example/42" in links
    assert not any(link.startswith("javascript:") for link in links)
    assert "javascript:alert(1)" in seen.words  # said, as text


def test_who_was_let_in_is_a_table_with_signs(tmp_path: Path) -> None:
    """Not by colour alone: a sign, what came, and what was due where that is not it."""
    seen = page(drawn(tmp_path, whole_run()))
    assert "3 attempts, 1 not as expected" in seen.words
    assert "\N{CHECK MARK} 401" in seen.words
    assert "\N{BALLOT X} 204 (401)" in seen.words


def test_findings_come_with_their_fix(tmp_path: Path) -> None:
    """The worst first, each with fingerprint."""
    low, high = finding(Severity.LOW, where="GET /low"), finding(Severity.HIGH)
    low = replace(low, fingerprint="sha256:" + "1" * 64)
    seen = page(drawn(tmp_path, whole_run(findings=(low, high))))
    assert seen.words.index(high.fingerprint) < seen.words.index(low.fingerprint)
    assert "Encode it." in seen.words
    assert seen.state("finding-111111111111") == "noted"
    assert seen.state(f"finding-{high.fingerprint[7:19]}") == "fail"


@pytest.mark.parametrize(
    ("severity", "until", "state", "said"),
    [
        (Severity.HIGH, 31, "waived", " · waived"),
        (Severity.HIGH, 1, "fail", " · waiver refused: it is expired"),
        (Severity.CRITICAL, 31, "fail", " · waiver refused: this gate waives nothing critical"),
    ],
)
def test_a_waiver_counts_as_the_gate_took_it(
    tmp_path: Path, severity: Severity, until: int, state: str, said: str
) -> None:
    """A finding whose waiver the gate refused is not called waived, and why is said."""
    one = finding(severity)
    store = Store(tmp_path / "store")
    store.put_run(whole_run(findings=(one,)))
    taken = waiver(gate="sit-deployment", until=date(2026, 1, until))
    loaded = load_policy("sit-deployment", rehearsal=True)._replace(waivers=(taken,))
    decision = decide(store, loaded, checks_text(), build="1.0.0", now=NOW)
    line = next(line for line in decision.objectives if line.id == "severe-bugs")
    assert line.result is (Result.PASS if state == "waived" else Result.FAIL)
    digest = save(store, decision, tmp_path)
    seen = page(write_decision_page(tmp_path / PAGE, store, digest, decision))
    assert seen.state(f"finding-{one.fingerprint[7:19]}") == state
    assert said in seen.words
    why = said.removeprefix(" · waiver refused: ")
    assert (f"(refused: {why})" in seen.words) == (state == "fail")


def test_load_is_drawn(tmp_path: Path) -> None:
    """Rate, reads and writes over time."""
    seen = page(drawn(tmp_path, whole_run()))
    drawings = re.findall(r"<svg role=.*?</svg>", seen.text, re.DOTALL)
    assert len(drawings) == 3
    assert "mixed at quick" in seen.words


def test_digests_and_commands_say_how_to_verify(tmp_path: Path) -> None:
    """The decision's own, those of runs, policy and checks."""
    digest, decision = decided(tmp_path, whole_run())
    seen = page(drawn(tmp_path))
    for said in (*decision.inputs.runs, *decision.inputs.policy, decision.inputs.checks):
        assert said in seen.words
    assert f"gate replay {digest} --check-only" in seen.words


def test_a_run_that_did_not_count_is_named(tmp_path: Path) -> None:
    """With its reason; what it saw is not shown as if it counted."""
    other = whole_run("run-prod", checks=failing("health"))
    other = replace(other, environment=replace(other.environment, name="prod"))
    seen = page(drawn(tmp_path, whole_run(), other))
    assert "run-prod" in seen.words
    assert "it ran against prod, not sit" in seen.words
    assert seen.state("check-smoke.health") == "pass"


def test_earlier_gates_speak_for_their_items(tmp_path: Path) -> None:
    """A decision that rests on an earlier one shows what that one said of its own items."""
    decided(tmp_path, whole_run())
    digest, decision = decided(tmp_path, gate="sit-signoff")
    chain = chain_of(Store(tmp_path / "store"), digest, decision)
    assert list(chain) == ["sit-signoff", "sit-deployment"]
    seen = page(drawn(tmp_path, gate="sit-signoff"))
    assert seen.state("item-SIT-SMOKE-03") == "pass"
    assert "sit-deployment" in seen.words


def test_what_comes_from_the_service_is_text(tmp_path: Path) -> None:
    """No tag, no attribute, no unseen character of it reaches the page; it is bounded."""
    path = drawn(tmp_path, hostile_run(), gate="sit-signoff")
    seen = page(path)
    assert HOSTILE not in seen.text
    assert sum(tag == "script" for tag, _ in seen.tags) == 1
    assert not {tag for tag, _ in seen.tags} & {"img", "iframe", "object", "base", "link"}
    assert not any(name.startswith("on") for _, a in seen.tags for name in a)
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f\u200b\u202a-\u202e\u2066-\u2069]", seen.text)
    assert path.stat().st_size < 600_000


def test_the_page_asks_no_host(tmp_path: Path) -> None:
    """Its policy lets nothing in but this very script."""
    seen = page(drawn(tmp_path, whole_run()))
    assert outside_tags(seen.text) == []
    policy = next(str(a["content"]) for _, a in seen.tags if "http-equiv" in a)
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe-inline" not in policy.split("style-src")[0]


def test_a_soak_of_many_looks_stays_small(tmp_path: Path) -> None:
    """Hundreds of runs: what is shown is bounded, the rest is counted."""
    for number in range(220):
        Store(tmp_path / "store").put_run(whole_run(f"run-{number}", loads=()))
    path = drawn(tmp_path)
    assert path.stat().st_size < 3_000_000
    assert "And 20 earlier runs." in page(path).words


def test_a_run_without_a_gate_has_its_page(tmp_path: Path) -> None:
    """Its layers are judged; what they saw of the plan is there, and nothing is held open."""
    store = Store(tmp_path / "store")
    run = whole_run(layers=("smoke",), checks=every_check()[-10:])
    loaded = layers_as_loaded(layer_policy(("smoke",), "sit", ("vpc",)))
    only = [(store.put_run(run), run)]
    decision = decide(store, loaded, checks_text(), build=None, now=NOW, only=only)
    digest = save(store, decision, tmp_path)
    seen = page(write_decision_page(tmp_path / PAGE, store, digest, decision))
    assert ">pass</strong>" in re.sub(r"<span[^>]*>.</span> ", "", seen.text)
    assert seen.state("item-SIT-SMOKE-03") == "pass"
    assert seen.state("item-VAL-SEC-01") == "elsewhere"


def test_a_check_that_ran_too_few_cases_is_no_pass(tmp_path: Path) -> None:
    """Whatever its outcome says."""
    checks = tuple(
        replace(one, cases=0) if one.id == "smoke.health" else one for one in every_check()
    )
    seen = page(drawn(tmp_path, whole_run(checks=checks)))
    assert seen.state("item-SIT-SMOKE-01") == "no evidence"


def test_what_is_not_applicable_says_so(tmp_path: Path) -> None:
    """Accepted by the policy: it neither passes nor stands in the way."""
    checks = tuple(
        replace(one, outcome=Outcome.NOT_APPLICABLE, capability="vpc")
        if one.id == "readiness.vpc"
        else one
        for one in every_check()
    )
    assert any(one.outcome is Outcome.NOT_APPLICABLE for one in checks)
    seen = page(drawn(tmp_path, whole_run(checks=checks), gate="sit-readiness"))
    assert seen.state("item-SIT-INFRA-06") == "not applicable"


def test_the_command_draws_any_decision(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By the beginning of its digest; one that is not there is a mistake with an answer."""
    digest, _ = decided(tmp_path, whole_run())
    assert exit_code(["report", digest[:20], f"--report-dir={tmp_path}"]) == 0
    assert (tmp_path / page_of(digest)).exists()
    assert str(tmp_path / page_of(digest)) in capsys.readouterr().out
    assert exit_code(["report", "sha256:ffff", f"--report-dir={tmp_path}"]) == 4
    assert "is no decision of" in capsys.readouterr().err


def test_the_command_draws_what_gate_decide_decided(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without results of a run there is no Allure report, and the page all the same."""
    decided(tmp_path, whole_run())
    assert exit_code(["report", f"--report-dir={tmp_path}"]) == 0
    assert "Decision: " in capsys.readouterr().out
    assert (tmp_path / PAGE).exists()
    assert not (tmp_path / "report.html").exists()


def test_altered_evidence_gets_no_page(tmp_path: Path) -> None:
    """Neither a new one, nor the one of before."""
    drawn(tmp_path, whole_run())
    file = next((tmp_path / "store" / "runs").iterdir())
    file.write_bytes(file.read_bytes().replace(b"1.0.0", b"1.0.1"))
    assert exit_code(["report", f"--report-dir={tmp_path}"]) == 2
    assert not (tmp_path / PAGE).exists()
    with pytest.raises(AlteredEvidence):
        drawn(tmp_path)
