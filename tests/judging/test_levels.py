"""A percentile or a share of failed requests, judged with its confidence."""

from __future__ import annotations

from fractions import Fraction

import pytest
from msgspec.structs import replace

from reports.evidence.load import LoadRecord, Operation
from reports.judging.interval import lower_bound, most_not_failing, most_passing, upper_bound
from reports.judging.levels import (
    Level,
    Times,
    allowed_share,
    judge_level,
    parse_level,
    share_text,
    time_text,
)
from reports.judging.result import Result
from reports.judging.sample import successes
from tests.judging.load_samples import generator, load, operation, reads, window

P95 = "p(95) < 500ms"


def judged(*loads: LoadRecord, criterion: str = P95, minimum: int = 0) -> Level:
    """The reads of these loads."""
    return judge_level(criterion, loads, ["reads"], minimum)


@pytest.mark.parametrize(
    ("n", "slow", "failed", "result"),
    [
        (59, 0, 0, "pass"),
        (58, 0, 0, "inconclusive"),
        (58, 58, 0, "inconclusive"),
        (59, 1, 0, "inconclusive"),
        (59, 59, 0, "fail"),
        (59, 0, 59, "fail"),
        (4000, 177, 0, "pass"),
        (4000, 178, 0, "inconclusive"),
        (4000, 170, 7, "pass"),
        (4000, 170, 8, "inconclusive"),
        (4000, 0, 178, "inconclusive"),
        (4000, 223, 0, "inconclusive"),
        (4000, 224, 0, "fail"),
        (4000, 0, 4000, "fail"),
    ],
)
def test_by_table(n: int, slow: int, failed: int, result: str) -> None:
    """By n requests, those over the limit and those that failed, at the very edges."""
    level = judged(reads(n, slow, failed))
    assert level.result == result
    assert (level.n, level.over) == (n, slow + failed)
    assert (level.why == "") is (result == "pass")
    assert level.flip
    assert level.limit == level.criterion == P95


@pytest.mark.parametrize(
    ("n", "failed", "result"),
    [
        (2995, 0, "pass"),
        (2994, 0, "inconclusive"),
        (2995, 1, "inconclusive"),
        (2994, 2994, "inconclusive"),
        (2995, 8, "fail"),
        (100_000, 83, "pass"),
        (100_000, 84, "inconclusive"),
        (100_000, 117, "inconclusive"),
        (100_000, 118, "fail"),
    ],
)
def test_errors_by_table(n: int, failed: int, result: str) -> None:
    """Slow requests are no failed ones here."""
    level = judged(reads(n, n // 2 - failed, failed), criterion="< 0.1%")
    assert level.result == result
    assert level.over == failed


def test_the_table_is_at_the_edges_of_the_rule() -> None:
    """The counts above are those at which the exact bounds cross."""
    p95, share = allowed_share(parse_level(P95)), allowed_share(parse_level("< 0.1%"))
    assert (most_passing(4000, p95), most_not_failing(4000, p95)) == (177, 223)
    assert (most_passing(100_000, share), most_not_failing(100_000, share)) == (83, 117)


@pytest.mark.parametrize(
    ("n", "slow", "failed", "said"),
    [
        (4000, 0, 0, ("100ms", "100ms", "100ms", "400ms")),
        (4000, 200, 0, ("100ms", "100ms", "900ms", "400ms")),
        (4000, 201, 0, ("900ms", "100ms", "900ms", "-400ms")),
        (4000, 400, 0, ("900ms", "900ms", "900ms", "-400ms")),
        (4000, 0, 180, ("100ms", "100ms", "unbounded", "400ms")),
        (4000, 0, 400, ("a failed request", "a failed request", "unbounded", None)),
        (4000, 0, 4000, ("a failed request", "a failed request", "unbounded", None)),
        (58, 0, 0, ("100ms", "100ms", "unbounded", "400ms")),
    ],
)
def test_the_percentile_and_its_bounds(
    n: int, slow: int, failed: int, said: tuple[str | None, ...]
) -> None:
    """The point estimate, the times that the bounds of the share allow, and the headroom."""
    level = judged(reads(n, slow, failed))
    assert (level.value, level.low, level.high, level.headroom) == said


def test_a_share_and_its_bounds() -> None:
    """Three digits each, and how far the share is below its limit."""
    level = judged(reads(100_000, 0, 50), criterion="< 0.1%")
    assert (level.value, level.low, level.high) == ("0.05%", "0.039%", "0.0633%")
    assert level.headroom == "0.05%"


def test_bounds_and_verdict_agree() -> None:
    """Whatever the times are, a pass has its upper bound below the limit, a failure its lower."""
    for slow in range(150, 260, 3):
        times = [(480.0, 3000), (495.0, 1000 - slow), (510.0, slow)]
        level = judged(load(operation("search", window(0, 0, times=times))))
        high, low = (float(str(text).removesuffix("ms")) for text in (level.high, level.low))
        assert (level.result == "pass") is (high < 500)
        assert (level.result == "fail") is (low >= 500)


@pytest.mark.parametrize("criterion", ["p(95) < 500ms", "p(95) <= 500ms"])
def test_both_operators(criterion: str) -> None:
    """At a share over that is surely below the allowed one, they say the same."""
    assert judged(reads(4000, 100), criterion=criterion).result == "pass"


@pytest.mark.parametrize(
    "criterion", [">= 100%", "p(95) > 500ms", "< 500ms", "<= +10%", "< 3", "< 0%", "< 100%", "fast"]
)
def test_what_limits_no_level_is_refused(criterion: str) -> None:
    """A check that asks for nothing is an error of its own."""
    with pytest.raises(ValueError, match="criterion"):
        judge_level(criterion, [reads(100)], ["reads"])


def test_a_minimum_makes_fewer_inconclusive_either_way() -> None:
    """A policy may ask for more than the least that can pass; never for less."""
    assert judged(reads(99), minimum=100).result == "inconclusive"
    assert judged(reads(99, 99), minimum=100).result == "inconclusive"
    assert judged(reads(100), minimum=100).result == "pass"
    assert judged(reads(100, 100), minimum=100).result == "fail"
    assert judged(reads(58), minimum=3).why == "58 requests were judged, 59 are needed"
    assert judged(reads(99), minimum=100).flip == "100 requests or more"


@pytest.mark.parametrize("loads", [[], [load()], [load(operation("search", window(0, 0)))]])
def test_zero_samples_are_no_evidence(loads: list[LoadRecord]) -> None:
    """No load, no operation, no request."""
    level = judged(*loads)
    assert (level.result, level.n, level.over) == ("no_evidence", 0, 0)
    assert (level.value, level.low, level.high, level.headroom) == (None, None, None, None)
    assert level.why == "no request of reads was measured"
    assert level.flip == "a load of 59 requests or more"


def test_a_missing_operation_is_no_evidence() -> None:
    """Of those that are named one was not measured; a sure failure of the rest stays one."""
    level = judge_level(P95, [reads(4000)], ["get_product", "search"])
    assert (level.result, level.why) == ("no_evidence", "no request of search was measured")
    assert level.flip == "a load that measures search"
    assert judge_level(P95, [reads(4000, 400)], ["get_product", "search"]).result == "fail"
    both = load(operation("get_product", window(0, 4000)), operation("search", window(0, 0)))
    assert judged(both).result == "no_evidence"


@pytest.mark.parametrize(
    "changes", [{"partial": "k6 was killed"}, {"busiest": 0.9}, {"requests": 5000}]
)
def test_a_suspect_generator_neither_passes_nor_fails(changes: dict[str, object]) -> None:
    """What it measured may be its own delay."""
    for slow in (0, 4000):
        level = judged(reads(4000, slow, generators=[generator(4000, **changes)]))
        assert level.result == "inconclusive"
        assert f"load: {level.why}" in level.notes
        assert level.flip.startswith("a load that arrives as it was asked to")


def test_a_service_that_hangs_fails() -> None:
    """Arrivals dropped while the generator had time to spare: no pass, and a sure failure stays."""
    late = [generator(4000, dropped=500, scheduled=4500)]
    level = judged(reads(4000, 0, 4000, generators=late))
    assert level.result == "fail"
    assert level.why == "4000 of 4000 requests were over the limit, surely not p(95) < 500ms"
    assert "load: 500 of 4500 arrivals were dropped" in level.notes
    assert level.flip == "at most 177 of 4000 requests over the limit"
    held = judged(reads(4000, generators=late))
    assert (held.result, held.why) == ("inconclusive", "500 of 4500 arrivals were dropped")
    assert held.flip.startswith("a load that arrives as it was asked to")


def test_the_suspect_is_named_first() -> None:
    """Of several doubts the one that forbids a failure too decides."""
    dropped = reads(4000, 4000, generators=[generator(4000, dropped=9)])
    partial = reads(4000, 4000, generators=[generator(4000, partial="killed")])
    assert judged(dropped, partial).why.endswith("whole: killed")
    assert judged(dropped, partial).result == "inconclusive"


def test_only_the_doubted_loads_doubts_count() -> None:
    """The others are judged along."""
    dropped = reads(4000, 10, generators=[generator(4000, dropped=9)])
    level = judge_level(P95, [dropped, reads(4000)], ["reads"], doubted=[reads(4000)])
    assert (level.result, level.n, level.over) == ("pass", 8000, 10)
    assert judge_level(P95, [reads(4000)], ["reads"], doubted=[dropped]).result == "inconclusive"


def test_loads_are_pooled() -> None:
    """Two that could not tell by themselves can together."""
    one = reads(40)
    assert judged(one).result == "inconclusive"
    assert judged(one, one).result == "pass"
    assert judged(one, one).n == 80


def test_evidence_that_does_not_read_is_inconclusive() -> None:
    """A histogram of another number of requests: no value is made up."""
    broken = load(operation("search", replace(window(0, 4000), histogram="")))
    level = judged(broken)
    assert level.result == "inconclusive"
    assert level.why == "search: 4000 requests succeeded and a histogram holds 0"
    assert (level.value, level.low, level.high, level.headroom) == (None, None, None, None)


def varied(slow: list[int]) -> LoadRecord:
    """Windows of 200 requests each, so many of them slow."""
    return load(
        operation("search", *(window(10 * n, 200 - many, many) for n, many in enumerate(slow)))
    )


def test_windows_that_vary_say_less() -> None:
    """180 of 6,000 in bursts of 60 every tenth window: inconclusive, evenly spread: a pass."""
    even = judged(varied([6] * 30))
    burst = judged(varied([60 if n % 10 == 0 else 0 for n in range(30)]))
    assert (even.result, even.design_effect) == ("pass", 1.0)
    assert burst.result == "inconclusive"
    assert burst.design_effect == pytest.approx(57.6, abs=0.05)
    assert f"design effect {burst.design_effect:.2f}, from 30 windows" in burst.notes
    assert burst.over == even.over == 180
    surely = judged(varied([12] * 30)).result
    bursts = judged(varied([120 if n % 10 == 0 else 0 for n in range(30)])).result
    assert (surely, bursts) == ("fail", "inconclusive")


def test_the_notes_tell_what_was_taken_for_granted() -> None:
    """Warm-up, design effect, failed requests."""
    few = judged(replace(reads(4000, 10, 5), warm_up_s=0))
    assert "design effect taken as 1: 1 windows, it takes 30 to tell" in few.notes
    assert "5 failed requests count as over the limit" in few.notes
    none = judged(reads(4000))
    assert none.notes == ("design effect 1: nothing is over, so nothing says how windows vary",)
    warm = load(operation("search", window(0, 7), window(10, 70)), warm_up_s=5)
    assert "7 requests of the warm-up are not judged" in judged(warm).notes
    errors = judged(reads(4000, 0, 5), criterion="< 1%")
    assert not [note for note in errors.notes if "count as over" in note]


@pytest.mark.parametrize(
    ("n", "slow", "criterion", "flip"),
    [
        (4000, 100, P95, "78 more of 4000 requests over the limit"),
        (4000, 200, P95, "more requests, or at most 177 of 4000 over the limit"),
        (4000, 400, P95, "at most 177 of 4000 requests over the limit"),
        (58, 0, P95, "59 requests or more"),
        (4000, 100, "< 0.1%", "1 more of 4000 requests failed"),
    ],
)
def test_what_would_flip_it(n: int, slow: int, criterion: str, flip: str) -> None:
    """By how many requests it is what it is."""
    assert judged(reads(n, slow), criterion=criterion).flip == flip


def test_why_it_is_no_pass() -> None:
    """One sentence with the counts."""
    said = judged(reads(4000, 200)).why
    assert said == "200 of 4000 requests were over the limit: too close to p(95) < 500ms to tell"
    said = judged(reads(4000, 0, 40), criterion="< 0.1%").why
    assert said == "40 of 4000 requests failed, surely not < 0.1%"


def test_the_order_of_times() -> None:
    """Failed requests took longer than any other."""
    times = Times(successes([reads(100, 10)], ["reads"]), 105)
    assert times.with_over(4) is None
    slow, fast = times.with_over(5), times.with_over(15)
    assert slow is not None
    assert fast is not None
    assert slow == pytest.approx(900_000, rel=1e-3)
    assert fast == pytest.approx(100_000, rel=1e-3)
    assert times.with_over(105) == pytest.approx(fast, rel=1e-3)
    assert Times(successes([], ["reads"]), 3).with_over(3) is None


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0004, "0.4ms"),
        (0.01234, "12.3ms"),
        (0.1234, "123ms"),
        (1.2344, "1234ms"),
        (9.9994, "9999ms"),
        (10.0, "10.0s"),
        (-0.25, "-250ms"),
        (-12.0, "-12.0s"),
        (0.0, "0ms"),
    ],
)
def test_times_in_words(seconds: float, text: str) -> None:
    """Three digits, or the millisecond."""
    assert time_text(seconds) == text


@pytest.mark.parametrize(
    ("share", "text"), [(0.0, "0%"), (0.05, "5%"), (0.00063412, "0.0634%"), (1.0, "100%")]
)
def test_shares_in_words(share: float, text: str) -> None:
    """Three digits."""
    assert share_text(share) == text


def test_results_are_their_words() -> None:
    """Suites compare them with plain text."""
    assert judged(reads(59)).result is Result.PASS
    assert judged(reads(59)).result == "pass"


def test_a_design_effect_widens_the_bounds() -> None:
    """Of the share and of the percentile alike, and it takes fewer to flip."""
    burst = varied([60 if n % 10 == 0 else 0 for n in range(30)])
    share = judge_level("< 5%", [replace(burst, operations=_failed(burst))], ["reads"])
    effect = share.design_effect
    assert effect > 50
    assert share.low == share_text(lower_bound(180 / effect, 6000 / effect))
    assert share.high == share_text(upper_bound(180 / effect, 6000 / effect))
    assert (share.value, share.result) == ("3%", "inconclusive")
    most = most_passing(6000, Fraction(5, 100), effect)
    assert most is not None
    assert share.flip == f"more requests, or at most {most} of 6000 failed"
    assert (judged(burst).low, judged(burst).high) == ("100ms", "900ms")
    often = judged(varied([100 if n % 10 == 0 else 6 for n in range(30)]))
    assert (often.value, often.low) == ("900ms", "100ms")


def _failed(record: LoadRecord) -> tuple[Operation, ...]:
    """Its operations, with what was slow as failed."""
    (one,) = record.operations
    slow = [60 if n % 10 == 0 else 0 for n in range(len(one.windows))]
    windows = tuple(window(10 * n, 200 - many, failed=many) for n, many in enumerate(slow))
    return (replace(one, windows=windows),)


def test_all_that_is_slow_and_does_not_read_is_no_failure() -> None:
    """A window of slow requests beside one whose histogram lacks some: nothing is sure."""
    short = replace(window(10, 0, 4000), requests=4001)
    level = judged(load(operation("search", window(0, 0, 4000), short)))
    assert level.result == "inconclusive"


def test_operations_are_named_in_full() -> None:
    """What is missing, and what would bring it."""
    names = ["search", "list_page_2"]
    level = judge_level(P95, [reads(4000)], ["get_product", *names])
    assert level.why == "no request of search, list_page_2 was measured"
    assert level.flip == "a load that measures search, list_page_2"
    none = judge_level(P95, [reads(0)], names)
    assert none.why == "no request of search, list_page_2 was measured"
    assert (none.criterion, none.limit, none.design_effect) == (P95, P95, 1.0)
    assert none.notes
    assert judge_level(P95, [], names).notes == ()


def test_one_request_over_the_minimum_or_at_it() -> None:
    """At the minimum it is judged; where it is too close, more or fewer over would flip it."""
    level = judged(reads(100, 5), minimum=100)
    assert level.flip == "more requests, or at most 1 of 100 over the limit"
