"""Which requests are judged, and how windows vary."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from reports.evidence.histogram import Histogram
from reports.judging.sample import Count, design_effect, selected, successes, take
from tests.judging.load_samples import BEGAN, load, operation, reads, window

MIXED = load(
    operation("get_product", window(0, 90, 10)),
    operation("search", window(0, 40, 0, 10)),
    operation("create_product", window(0, 20, 5), kind="write"),
    operation("upload_image", window(0, 1, 1), kind="outside"),
)
HALF_S = 500_000


@pytest.mark.parametrize(
    ("operations", "names"),
    [
        (["reads"], ["get_product", "search"]),
        (["writes"], ["create_product"]),
        (["all"], ["get_product", "search", "create_product"]),
        (["search"], ["search"]),
        (["search", "writes"], ["search", "create_product"]),
        (["upload_image"], ["upload_image"]),
        (["read"], []),
        ([], []),
    ],
)
def test_what_is_selected(operations: list[str], names: list[str]) -> None:
    """By name, or as a group; what stands outside the limits is in no group."""
    assert [one.name for one in selected(MIXED, operations)] == names


def test_requests_over_a_limit_and_failed_ones() -> None:
    """Slow and failed ones count as over; without a limit only the failed ones do."""
    sample = take([MIXED], ["reads"], HALF_S)
    assert sample.whole == Count(150, 20)
    assert (sample.failed, sample.windows) == (10, (Count(150, 20),))
    assert (sample.missing, sample.malformed, sample.warm_up) == ((), (), 0)
    assert take([MIXED], ["reads"], None).whole == Count(150, 10)


def test_loads_add_up_window_by_window() -> None:
    """Two loads, three windows: sums, and each window is of one load."""
    first = load(operation("search", window(0, 10), window(10, 10, 5)))
    second = load(operation("search", window(0, 20, 1)))
    sample = take([first, second], ["reads"], HALF_S)
    assert sample.whole == Count(46, 6)
    assert sample.windows == (Count(10, 0), Count(15, 5), Count(21, 1))


@pytest.mark.parametrize(
    ("at_ms", "over"), [(499.0, 0), (499.967, 0), (499.968, 1), (500.0, 1), (501.0, 1)]
)
def test_the_bucket_of_the_limit_is_over_it(at_ms: float, over: int) -> None:
    """What may have taken the limit is not surely below it."""
    record = load(operation("search", window(0, 0, times=[(at_ms, 1)])))
    assert take([record], ["reads"], HALF_S).whole == Count(1, over)


@pytest.mark.parametrize(
    ("warm_up_s", "judged"), [(0, 40), (1, 30), (9, 30), (10, 20), (20, 10), (30, 0)]
)
def test_the_warm_up_is_left_out(warm_up_s: int, judged: int) -> None:
    """Windows of 10 s, and the first arrival a quarter of a second into the first: those that
    began before the warm-up was over are not judged, and what that leaves out is told.
    """
    record = load(operation("search", *(window(10 * n, 10) for n in range(4))), warm_up_s=warm_up_s)
    sample = take([record], ["reads"], HALF_S)
    assert (sample.whole.requests, sample.warm_up) == (judged, 40 - judged)
    assert sample.missing == (() if judged else ("search",))
    assert successes([record], ["reads"]).total == judged


@pytest.mark.parametrize(
    ("operations", "missing"),
    [
        (["reads"], ("search",)),
        (["all"], ("search",)),
        (["writes"], ()),
        (["get_product"], ()),
        (["search"], ("search",)),
        (["no_such"], ("no_such",)),
        (["get_product", "no_such"], ("no_such",)),
    ],
)
def test_operations_that_were_not_measured(operations: list[str], missing: tuple[str, ...]) -> None:
    """Known and without a request, in one of the loads at least, or not known at all."""
    whole = load(
        operation("get_product", window(0, 10)),
        operation("search", window(0, 10)),
        operation("create_product", window(0, 10), kind="write"),
    )
    partly = load(
        operation("get_product", window(0, 10)),
        operation("search", window(0, 0)),
        operation("create_product", window(0, 10), kind="write"),
    )
    assert take([whole, partly], operations, HALF_S).missing == missing


def test_a_histogram_that_does_not_fit_its_window() -> None:
    """Fewer times than requests that succeeded, or none that read: told, never judged."""
    short = replace(window(0, 10), requests=11)
    broken = replace(window(10, 10), histogram="no histogram")
    sample = take([load(operation("search", short, broken))], ["reads"], HALF_S)
    assert sample.malformed[0] == "search: 11 requests succeeded and a histogram holds 10"
    assert sample.malformed[1].startswith("search: no histogram")
    assert take([load(operation("search", short))], ["reads"], None).malformed != ()
    counted = replace(window(0, 10), histogram="", statuses={})  # by the platform: no times
    assert take([load(operation("search", counted))], ["reads"], None).malformed == ()


def test_the_times_of_what_succeeded() -> None:
    """Those of the failed requests are no times."""
    assert successes([MIXED], ["search"]).total == 40
    assert successes([MIXED, reads(10)], ["reads"]).total == 150
    assert isinstance(successes([], ["reads"]), Histogram)


def windows(*over: int, of: int = 100) -> list[Count]:
    """Windows of a hundred requests."""
    return [Count(of, one) for one in over]


def test_the_design_effect_of_windows() -> None:
    """The variance between them over that of independent requests, by hand for 30 windows."""
    varied = windows(*([0, 10] * 15))
    squares = 30 * 25 / 100
    assert design_effect(varied) == pytest.approx(squares / (0.05 * 0.95) / 29)
    assert design_effect(windows(*([5] * 30))) == 1.0


def test_the_design_effect_is_of_filled_windows_and_their_sizes() -> None:
    """An empty window says nothing; a small one weighs less."""
    assert design_effect([*windows(*([5] * 29)), Count(0, 0)]) is None
    assert design_effect([*windows(*([5] * 30)), Count(0, 0)]) == 1.0
    sizes = [Count(100, 10), Count(200, 10)] * 15
    share = 300 / 4500
    squares = 15 * ((10 - 100 * share) ** 2 / 100 + (10 - 200 * share) ** 2 / 200)
    assert design_effect(sizes) == pytest.approx(squares / (share * (1 - share)) / 29)


@pytest.mark.parametrize("over", [0, 100])
def test_there_is_no_effect_without_a_variance(over: int) -> None:
    """None over, or all of them: nothing tells how windows vary."""
    assert design_effect(windows(*([over] * 40))) is None


def test_too_few_windows_tell_nothing() -> None:
    """It takes 30."""
    assert design_effect(windows(*([0, 10] * 14), 0)) is None
    assert design_effect([]) is None


def test_a_window_that_begins_as_the_warm_up_ends_is_judged() -> None:
    """The first arrival came on the second: to the very window."""
    began = BEGAN.replace(microsecond=0)
    windows = (window(0, 10), window(10, 10))
    record = load(operation("search", *windows), began=began, warm_up_s=10)
    assert take([record], ["reads"], HALF_S).whole.requests == 10


def test_every_operation_adds_to_what_is_told() -> None:
    """Warm-up and failures of all of them, over all windows, and each that was not measured."""
    record = load(
        operation("get_product", window(0, 10), window(10, 10, failed=2), window(20, 9, failed=1)),
        operation("search", window(0, 5), window(10, 10, failed=3)),
        warm_up_s=5,
    )
    sample = take([record, record], ["reads"], HALF_S)
    assert (sample.warm_up, sample.failed) == (30, 12)
    assert take([record], ["a", "get_product", "b"], HALF_S).missing == ("a", "b")
