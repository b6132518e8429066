"""The performance page: everything that was measured, in one file that asks nobody for anything."""

from __future__ import annotations

import re
import sys
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest
from msgspec.structs import replace

from reports.cli import exit_code
from reports.deciding import save
from reports.evidence.load import Stage
from reports.evidence.store import Store
from reports.rendering.allure_page import outside_tags
from reports.rendering.broken_load import BrokenLoad
from reports.rendering.load_charts import clock, short
from reports.rendering.load_figures import MOST_POINTS, figures, measured_s, spans_s, target
from reports.rendering.performance_file import write_performance
from reports.rendering.performance_page import CONTENT_POLICY, performance_page
from tests.rendering.allure_samples import decision, write_result
from tests.rendering.load_samples import HOSTILE, generator, load, run, series, window

DIGEST = "sha256:" + "ab" * 32


class Page(HTMLParser):
    """The tags of a page, and what stands in its table cells."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep it."""
        self.tags.append((tag, dict(attrs)))


def drawn(**changes: object) -> str:
    """The page of one run."""
    page = performance_page([(DIGEST, run(**changes))], None)
    assert page is not None
    return page


def cells(page: str, operation: str) -> list[str]:
    """The row of ``operation`` in the first table, cell by cell."""
    found = re.search(rf'<tr[^>]*>\s*<th scope="row">{operation}</th>(.*?)</tr>', page, re.DOTALL)
    assert found
    return [
        re.sub(r"<[^>]+>", "", cell).strip()
        for cell in re.findall(r"<td.*?</td>", found[1], re.DOTALL)
    ]


def test_figures_are_of_all_requests_together() -> None:
    """Percentiles of a group come from its merged histograms, after the warm-up."""
    made = load(operations=())
    begin = 1_768_042_810  # a multiple of ten, after the first arrival
    fast = window(begin, [10.0] * 90)
    slow = window(begin, [100.0] * 10, status=2)
    warm = window(begin - 10, [5000.0] * 50)
    one, other = load().operations[:2]
    made = replace(
        made,
        operations=(replace(one, windows=(warm, fast)), replace(other, windows=(slow,))),
        stages=(),
    )
    found = figures(made, "reads", ["reads"], 100.0)
    assert (found.requests, found.failed) == (102, 2)
    assert found.p50 == pytest.approx(10, rel=0.001)
    assert found.p95 == pytest.approx(100, rel=0.001)
    assert found.most == pytest.approx(100, rel=0.001)
    assert found.slow == 10  # the bucket that holds the limit is over it
    assert found.statuses == (("200", 100), ("500", 2))
    assert found.rate == pytest.approx(10.2)
    assert [point.requests for point in found.points] == [50, 102]
    assert found.points[0].p50 == pytest.approx(5000, rel=0.001)


def test_the_rate_is_that_of_the_whole_windows() -> None:
    """The first window is cut by the first arrival, the warm-up by its rule."""
    made = load(failing=0)
    whole = figures(made, "all", ["all"], None)
    assert whole.rate == pytest.approx(100, rel=0.01)
    assert [point.rate for point in whole.points] == pytest.approx([100] * 11, rel=0.02)
    assert measured_s(made) == 100
    assert spans_s(made) == 107


def test_the_target_follows_the_stages() -> None:
    """Steps, cut where the load ends."""
    made = load(stages=(Stage(seconds=10, rate=20), Stage(seconds=10, rate=40)))
    assert target(made, 15) == [(0, 20), (10, 20), (10, 40), (15, 40)]


def test_a_long_run_keeps_to_its_points() -> None:
    """An hour in windows of ten seconds: several windows a point, and below a megabyte."""
    made = load(seconds=3600, rate=20.0, profile="soak")
    found = figures(made, "reads", ["reads"], 500.0)
    assert found.width_s == 30
    assert len(found.points) <= MOST_POINTS
    assert sum(p.requests for p in found.points) > 50_000
    assert len(drawn(loads=(made,))) < 1_000_000


def test_the_page_tells_what_was_measured() -> None:
    """Subject, endpoints, profile, window, digests; a row an operation; generators."""
    page = drawn()
    for said in (
        "build 1.0.0, version 1.0.0, self-reported",
        "https://api.sit.kimmyai.io",
        "mixed at quick",
        "2026-01-10 10:59:58 UTC to 2026-01-10 11:02:03 UTC",
        DIGEST,
        "100/s for 1:50",
        "10700 of 10700, 0 dropped",
        "k6 1.1.0",
        "14.2 s of 2 cores",
        "11%",
        "load.workload",
        "VAL-LOAD-01",
        "There is no decision beside this evidence",
        "hit: 90, miss: 10",
    ):
        assert said in page
    kind, n, failed, *_, limit, within = cells(page, "get_product")
    assert (kind, n, limit) == ("read", "3000", "500 ms")
    assert failed.startswith("3 (0.1%)")
    assert within.endswith("yes")
    assert cells(page, "writes")[-2] == "2000 ms"
    assert "10 windows, it takes 30 to tell" in page  # in which words it was judged


def test_each_operation_has_its_charts_with_limit_and_warm_up() -> None:
    """Two groups and ten operations: percentiles, rate, each drawing named by its caption."""
    page = drawn()
    parsed = Page(page)
    drawings = [attributes for tag, attributes in parsed.tags if tag == "svg"]
    identities = {attributes.get("id") for _, attributes in parsed.tags} - {None}
    assert len(drawings) == 1 + 2 + 10 * 2
    for one in drawings:
        assert one["role"] == "img"
        assert one["aria-labelledby"] in identities
    assert page.count('class="k-limit"') == 12
    assert all("look-warm-up" in one for one in re.findall("<svg.*?</svg>", page, re.DOTALL))
    assert sum(tag == "caption" for tag, _ in parsed.tags) == sum(
        tag == "table" for tag, _ in parsed.tags
    )


def test_every_drawing_is_well_formed_and_bare() -> None:
    """No script, style or comment of the library is left; numbers alone."""
    page = drawn(series=(series(),))
    for svg in re.findall(r"<svg.*?</svg>", page, re.DOTALL):
        ElementTree.fromstring(svg)  # noqa: S314 - drawn here
        assert "<script" not in svg
        assert "<style" not in svg
        assert "pygal.org" not in svg


def test_the_page_asks_no_host_and_holds_no_script() -> None:
    """It opens from disk, and its policy would let nothing else in."""
    page = drawn()
    tags = {tag for tag, _ in Page(page).tags}
    assert not tags & {"script", "link", "img", "iframe", "object", "base", "form"}
    assert outside_tags(page) == []
    policy = next(a["content"] for tag, a in Page(page).tags if "http-equiv" in a)
    assert policy == CONTENT_POLICY
    links = set(re.findall(r"https?://[^\s\"'<]+", page))
    assert links == {
        "https://api.sit.kimmyai.io",
        "https://images.sit.kimmyai.io",
        "http://www.w3.org/2000/svg",
    }


def test_what_comes_from_evidence_is_escaped() -> None:
    """Names, words, errors, versions, dimensions: none becomes a tag."""
    made = load()
    first = made.operations[0]
    poisoned = replace(
        made,
        profile=HOSTILE,
        workload=HOSTILE,
        operations=(
            replace(
                first,
                name=HOSTILE,
                marks={HOSTILE: 1},
                windows=(
                    *first.windows[:-1],
                    replace(first.windows[-1], statuses={HOSTILE: 1}, errors={HOSTILE: 1}),
                ),
            ),
        ),
        generators=(generator(segment=HOSTILE, program=HOSTILE, partial=HOSTILE),),
    )
    given = run()
    page = performance_page(
        [
            (
                DIGEST,
                replace(
                    given,
                    loads=(poisoned,),
                    series=(series(name=HOSTILE, unit=HOSTILE, dimensions={HOSTILE: HOSTILE}),),
                    stopped=HOSTILE,
                    complete=False,
                    fault=HOSTILE,
                    rehearsal=(HOSTILE,),
                    run_id=HOSTILE,
                    subject=replace(given.subject, version=HOSTILE, version_after=HOSTILE),
                ),
            )
        ],
        decision(),
    )
    assert page is not None
    assert HOSTILE not in page
    tags = Page(page).tags
    assert not {tag for tag, _ in tags} & {"script", "img"}
    assert not any(name.startswith("on") for _, attributes in tags for name in attributes)


def test_a_failed_level_and_a_doubtful_load_are_said() -> None:
    """Slow and failing, with dropped arrivals: words and signs, not colour alone."""
    made = load(failing=0.2)
    made = replace(made, generators=(replace(made.generators[0], dropped=500),))
    page = drawn(loads=(made,))
    assert "What speaks against this load" in page
    assert "500 of 10700 arrivals were dropped" in page
    assert "\N{BALLOT X} no" in page
    assert "failed a second" in page


def test_a_cut_run_with_a_fault_says_so() -> None:
    """Nobody takes a proof of a fault, or a part, for a measurement."""
    page = drawn(complete=False, stopped="interrupted", fault="slow-reads", rehearsal=("local",))
    for said in ("Cut short", "interrupted", "Seeded fault", "slow-reads", "Rehearsal"):
        assert said in page


def test_steps_show_the_failure_point() -> None:
    """A rate that grows: what was held, and each step."""
    stages = tuple(Stage(seconds=10.0, rate=rate) for rate in (100.0, 100.0, 200.0))
    page = drawn(loads=(load(window_s=1, seconds=30, warm_up_s=0, stages=stages, failing=0),))
    assert "<strong>Failure point</strong>: 100 requests a second held, 200 not" in page
    assert "latency: " in page


def test_series_stand_beside_and_many_are_cut() -> None:
    """What the platform counted, named whole; what is left out is counted."""
    page = drawn(
        series=(*(series(name=f"one_{n}") for n in range(45)),),
    )
    assert "one_0: Maximum of ConcurrentExecutions (Count) a 60 s" in page
    assert "And 5 more, in the evidence." in page
    assert "FunctionName product-handler-sit" in page
    assert "The platform had no point of it" in drawn(series=(series(points=()),))


def test_the_decision_is_shown_with_its_lines() -> None:
    """Only the objectives that rest on what is shown."""
    made = decision()
    line = made.objectives[0]
    about = replace(line, title="Reads are fast", source=(DIGEST,))
    page = performance_page([(DIGEST, run())], replace(made, objectives=(line, about)))
    assert page is not None
    assert "Reads are fast" in page
    assert "two more passing checks would make it pass" in page
    assert line.title not in page
    assert "REHEARSAL" in page


def test_without_figures_there_is_no_page() -> None:
    """A run that only smoked has none."""
    assert performance_page([(DIGEST, run(loads=()))], None) is None


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"operations": ()}, "it holds no window"),
        ({"window_s": 0}, "it holds no window"),
    ],
)
def test_a_load_that_is_none_is_refused(changes: dict[str, object], why: str) -> None:
    """Rather no page than one that leaves it out."""
    with pytest.raises(BrokenLoad, match=why):
        drawn(loads=(replace(load(), **changes),))


def test_a_broken_histogram_and_strange_times_are_refused() -> None:
    """What cannot be read, and windows that lie in another year."""
    made = load()
    first = made.operations[0]
    spoilt = replace(first, windows=(replace(first.windows[0], histogram="HIST"),))
    with pytest.raises(BrokenLoad, match="no histogram"):
        drawn(loads=(replace(made, operations=(spoilt,)),))
    far = replace(first, windows=(replace(first.windows[0], at=2**62),))
    with pytest.raises(BrokenLoad, match="from its first arrival"):
        drawn(loads=(replace(made, operations=(far,)),))


def test_the_file_is_that_of_the_last_decision(tmp_path: Path) -> None:
    """It stands beside the report; an older one goes; runs that did not count stay out."""
    store = Store(tmp_path / "store")
    digest = store.put_run(run())
    made = decision()
    made = replace(made, inputs=replace(made.inputs, runs=(digest,)))
    save(store, made, tmp_path)
    page = write_performance(tmp_path, store, made)
    assert page == tmp_path / "performance.html"
    assert digest in page.read_text(encoding="utf-8")
    refused = replace(made, inputs=replace(made.inputs, runs=()))
    assert write_performance(tmp_path, store, refused) is None
    assert not page.exists()


def test_without_what_draws_it_the_command_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """A machine without the group load draws the report all the same, and does not exit as if."""
    store = Store(tmp_path / "store")
    store.put_run(run())
    write_result(tmp_path / "allure-results", "health", "passed")
    monkeypatch.delitem(sys.modules, "reports.rendering.performance_page")
    monkeypatch.setitem(sys.modules, "reports.rendering.performance_charts", None)
    assert exit_code(["report", f"--report-dir={tmp_path}"]) == 4
    out, err = capfd.readouterr()
    assert "requirements/load.lock" in err
    assert "Report: " in out


def test_without_a_decision_it_is_the_last_run(tmp_path: Path) -> None:
    """And where that has no load, there is no page."""
    store = Store(tmp_path / "store")
    store.put_run(run(run_id="one"))
    assert write_performance(tmp_path, store, None) is not None
    later = run().ended.replace(year=2027)
    store.put_run(run(run_id="two", loads=(), ended=later))
    assert write_performance(tmp_path, store, None) is None


@pytest.mark.parametrize(
    ("seconds", "said"), [(0, "0:00"), (65.2, "1:05"), (3600, "1:00:00"), (36_061, "10:01:01")]
)
def test_clock(seconds: float, said: str) -> None:
    """Time since the first arrival."""
    assert clock(seconds) == said


@pytest.mark.parametrize(
    ("value", "said"),
    [(0, "0"), (0.5, "0.5"), (1234, "1234"), (15_000, "15k"), (2.5e6, "2.5M"), (3e9, "3G")],
)
def test_short(value: float, said: str) -> None:
    """Figures at the side of a chart."""
    assert short(value) == said
