"""Rows of k6 to windows: exact counts, in any pieces, from any number of generators, in bounds."""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence

import pytest

from reports.evidence.histogram import merged
from reports.evidence.load import Operation
from reports.evidence.reducing import (
    LONGEST_LINE,
    MOST_NAMES,
    MOST_OPERATIONS,
    MOST_WORDS,
    OTHER,
    Reduced,
    Reducer,
    merged_operations,
    reduce_csv,
)

HEADER = b"metric_name,timestamp,metric_value,name,extra_tags,metadata\n"
START_US = 1_795_571_240_000_000  # a multiple of ten seconds
GET = "get_product|read|200||"


def row(at_s: float, ms: float, name: str = GET, metric: str = "operation") -> bytes:
    """A line of k6's CSV."""
    return f"{metric},{START_US + round(at_s * 1e6)},{ms:f},{name},,\n".encode()


def reduced(*rows: bytes, window_s: int = 10) -> Reduced:
    """The rows after their header."""
    return reduce_csv([HEADER, *rows], window_s)


def counted(operations: Sequence[Operation]) -> list[tuple[object, ...]]:
    """Everything but the encoding of the histograms."""
    return [
        (one.name, one.kind, one.marks, w.at, w.requests, w.failed, w.statuses, w.errors)
        for one in operations
        for w in one.windows
    ]


def test_a_request_lies_in_the_window_in_which_it_ended() -> None:
    """Two requests in one window, one on the edge of the next: two windows of 2 and 1."""
    result = reduced(row(0.5, 12.5), row(9.999999, 80), row(10, 3))
    (get,) = result.operations
    first, second = get.windows
    assert (get.name, get.kind, result.samples, result.malformed) == ("get_product", "read", 3, 0)
    assert (first.at, first.requests, second.at, second.requests) == (
        START_US // 1_000_000, 2, START_US // 1_000_000 + 10, 1,
    )  # fmt: skip
    assert first.statuses == {"200": 2}
    assert merged([first.histogram]).percentile(100) == pytest.approx(80_000, rel=0.001)
    assert result.began_us == START_US + 500_000 - 12_500
    assert result.ended_us == START_US + 10_000_000


def test_failed_requests_are_counted_and_have_no_latency() -> None:
    """A refusal, a limit and a wrong answer beside a right one: three failed, one latency."""
    result = reduced(
        row(1, 0, "get_product|read|0|refused|"),
        row(1, 2, "get_product|read|429|limited|"),
        row(1, 9, "get_product|read|200|another_product|"),
        row(1, 7),
    )
    (window,) = result.operations[0].windows
    assert (window.requests, window.failed) == (4, 3)
    assert window.errors == {"refused": 1, "limited": 1, "another_product": 1}
    assert window.statuses == {"0": 1, "429": 1, "200": 2}
    assert merged([window.histogram]).total == 1


def test_marks_are_counted_beside_success() -> None:
    """Hits and misses of images: counted for the operation as a whole."""
    hit, miss = "get_image|read|200||hit", "get_image|read|200||miss"
    result = reduced(row(1, 1, hit), row(15, 1, hit), row(2, 1, miss))
    assert result.operations[0].marks == {"hit": 2, "miss": 1}


def test_other_metrics_are_skipped_and_drops_counted() -> None:
    """What k6 writes beside the samples: only dropped arrivals and those under way are read."""
    result = reduced(
        row(1, 1, metric="http_reqs"),
        row(1, 1, metric="operations_of_others"),
        row(1, 3, metric="dropped_iterations"),
        row(1, 7, metric="vus"),
        row(1, 9, metric="vus_max"),
    )
    assert (result.samples, result.dropped, result.running, result.malformed) == (0, 3, 7, 0)


@pytest.mark.parametrize("size", [1, 7, 64, 100_000])
def test_pieces_of_any_size(size: int) -> None:
    """The same bytes in pieces of any size come to the same."""
    rows = [row(n / 7, n % 50 + 0.25, f"op{n % 3}|write|201||") for n in range(200)]
    text = HEADER + b"".join(rows)
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    assert reduce_csv(pieces, 10) == reduce_csv([text], 10)


def test_late_rows_find_their_window() -> None:
    """Rows in no order at all: the same counts and histograms as in order."""
    rows = [row(n / 4, n % 90 + 1) for n in range(400)]
    shuffled = list(rows)
    random.Random(7).shuffle(shuffled)  # noqa: S311
    one, other = reduced(*rows), reduced(*shuffled)
    assert counted(one.operations) == counted(other.operations)
    assert percentiles(one.operations) == percentiles(other.operations)


def percentiles(operations: Sequence[Operation]) -> list[int]:
    """p50, p95, p99 of all windows together, in microseconds."""
    whole = merged(window.histogram for one in operations for window in one.windows)
    return [whole.percentile(percent) for percent in (50, 95, 99)]


@pytest.mark.parametrize("generators", [2, 4])
def test_generators_add_up(generators: int) -> None:
    """One generator's rows dealt out to several: merged, they are what one would have measured."""
    chance = random.Random(3)  # noqa: S311
    rows = [
        row(n / 100, chance.lognormvariate(3, 0.8), f"op{n % 4}|read|{200 if n % 9 else 503}|"
            f"{'' if n % 9 else 'status'}|{'hit' if n % 2 else ''}")
        for n in range(5000)
    ]  # fmt: skip
    whole = reduced(*rows)
    parts = [reduced(*rows[n::generators]) for n in range(generators)]
    together = merged_operations(part.operations for part in parts)
    assert counted(together) == counted(whole.operations)
    assert percentiles(together) == percentiles(whole.operations)
    assert sum(part.samples for part in parts) == whole.samples == 5000


def test_generators_that_do_not_agree() -> None:
    """An operation that is a read to one and a write to another is an error."""
    one, other = reduced(row(1, 1)), reduced(row(1, 1, "get_product|write|200||"))
    with pytest.raises(ValueError, match="get_product is read to one"):
        merged_operations([one.operations, other.operations])


@pytest.mark.parametrize(
    "line",
    [
        b"operation,,1,get_product|read|200||,,\n",
        b"operation,1795571240000000\n",
        b"operation,1795571240000000,nan,get_product|read|200||,,\n",
        b"operation,1795571240000000,-1,get_product|read|200||,,\n",
        b"operation,1795571240000000,1e300,get_product|read|200||,,\n",
        b"operation,1795571240000000,inf,get_product|read|200||,,\n",
        b"operation,1795571240000000,1,get_product|reads|200||,,\n",
        b"operation,1795571240000000,1,get_product,,\n",
        b"operation,1795571240000000,1,../x|read|200||,,\n",
        b"operation,1795571240000000,1,get_product|read|2000||,,\n",
        b"operation,1795571240000000,1,\xff\xfe|read|200||,,\n",
        b"operation," + b"9" * 5000 + b",1,get_product|read|200||,,\n",
        b"operation,1795571240000000,1,get_product|read|200||" + b"x" * LONGEST_LINE + b",,\n",
        b"operation,1795571240000000,1,get_product|read|200||",  # cut off
    ],
)
def test_a_row_that_cannot_be_read_is_counted(line: bytes) -> None:
    """It is no sample, and is not forgotten either."""
    result = reduced(row(1, 1), line)
    assert (result.samples, result.malformed) == (1, 1)


def test_a_line_without_an_end_is_not_kept() -> None:
    """A hundred megabytes of one line, in pieces: skipped, and what follows is read."""
    reducer = Reducer(10)
    reducer.feed(HEADER + b"operation,")
    for _ in range(100):
        reducer.feed(b"1" * 1_000_000)
    reducer.feed(b"\n" + row(1, 1))
    result = reducer.finish()
    assert (result.samples, result.malformed) == (1, 1)


def test_operations_are_bounded() -> None:
    """More operations than any workload has: the rest cannot be read."""
    rows = [row(1, 1, f"op{n}|read|200||") for n in range(MOST_OPERATIONS + 5)]
    result = reduced(*rows)
    assert (len(result.operations), result.malformed) == (MOST_OPERATIONS, 5)


def test_words_are_bounded() -> None:
    """Very many words for why a request failed: those past the bound are counted as others."""
    rows = [row(1, 1, f"get_product|read|500|e{n}|") for n in range(MOST_WORDS + 5)]
    (window,) = reduced(*rows).operations[0].windows
    assert len(window.errors) == MOST_WORDS + 1
    assert window.errors[OTHER] == 5
    assert window.failed == MOST_WORDS + 5


def test_distinct_tags_are_bounded() -> None:
    """A tag that differs in each row would fill the memory: past the bound it is malformed."""
    rows = [row(1, 1, f"get_product|read|500|e{n}|") for n in range(MOST_NAMES + 10)]
    assert reduced(*rows).malformed == 10


def test_windows_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that jumps about makes a window of each second: there are only so many."""
    monkeypatch.setattr("reports.evidence.reducing.MOST_WINDOWS", 20)
    result = reduced(*(row(n, 1) for n in range(30)), window_s=1)
    assert (len(result.operations[0].windows), result.malformed) == (20, 10)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (row(1, 1), "without the line that names their columns"),
        (b"metric_name,timestamp,metric_value,extra_tags\n", "--system-tags name"),
        (HEADER + b"operation,1795571240,1,get_product|read|200||,,\n", "unix_micro"),
    ],
)
def test_what_the_scripts_cannot_have_written(text: bytes, why: str) -> None:
    """Another form of CSV: an error that says what would be right."""
    with pytest.raises(ValueError, match=why):
        reduce_csv([text], 10)


def test_columns_stand_in_any_order() -> None:
    """Another version of k6 may write other columns: they are found by name."""
    header = b"metric_name,name,extra_tags,timestamp,metric_value\n"
    line = b"operation,get_product|read|200||,,1795571240000000,4\n"
    assert reduce_csv([header, line], 10).samples == 1


def test_what_is_shown_live_is_taken_once() -> None:
    """Counts and latencies since the last look, failed ones included."""
    reducer = Reducer(10)
    reducer.feed(HEADER + row(1, 4) + row(1, 5, "get_product|read|429|limited|"))
    live = reducer.take_live()
    assert (live.requests, live.failed, live.limited, live.latencies) == (2, 1, 1, {"read": [4, 5]})
    assert reducer.take_live().requests == 0


def test_memory_does_not_grow_with_the_rows() -> None:
    """Ten thousand rows into few windows: a record of a few kilobytes."""
    rows = itertools.chain([HEADER], (row(n / 1000, n % 300) for n in range(10_000)))
    result = reduce_csv(rows, 10)
    assert result.samples == 10_000
    assert sum(len(window.histogram) for one in result.operations for window in one.windows) < 5000
