"""What speaks against a load, and whether the generator itself is the suspect."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from reports.evidence.load import LoadRecord, Stage
from reports.judging.validity import Doubt, doubts
from tests.judging.load_samples import generator, load, operation, reads, window

N = 4000


def driven(**changes: Any) -> LoadRecord:
    """4,000 requests from a generator with these fields instead."""
    return reads(N, generators=[generator(N, **changes)])


def test_nothing_speaks_against_a_valid_load() -> None:
    """Also at the very edges: 99.9% arrived, 80% of the machine used."""
    assert doubts(driven()) == ()
    assert doubts(driven(scheduled=4000, arrived=3996, busiest=0.8)) == ()
    two = [generator(N - 1000, segment="0:1/2"), generator(1000, segment="1/2:1")]
    assert doubts(reads(N, generators=two)) == ()


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"partial": "interrupted"}, "generator 0:1 did not measure the whole: interrupted"),
        ({"partial": ""}, "generator 0:1 did not measure the whole: "),
        ({"exit_code": 107}, "generator 0:1 ended with exit code 107"),
        (
            {"exit_code": 107, "partial": "killed"},
            "generator 0:1 did not measure the whole: killed",
        ),
        (
            {"busiest": 0.81},
            "generator 0:1 was saturated: it used 81% of its machine, at most 80% is taken",
        ),
        (
            {"busiest": float("nan")},
            "generator 0:1 was saturated: it used nan% of its machine, at most 80% is taken",
        ),
        (
            {"requests": N + 1},
            "samples were lost: it counted 4001 requests and the windows hold 4000",
        ),
        (
            {"requests": N - 1, "arrived": N - 1},
            "samples are not the generator's: it counted 3999 requests and the windows hold 4000",
        ),
        (
            {"arrived": N + 1},
            "generator 0:1 counted 4001 arrivals and 4000 requests",
        ),
        (
            {"segment": "0:1/2"},
            "the generators are not the whole load: no generator made the part 1/2:1",
        ),
        ({"segment": "a half"}, "'a half' is no execution segment; one looks like 0:1/3"),
    ],
)
def test_a_generator_that_is_the_suspect(changes: dict[str, Any], why: str) -> None:
    """What it measured may be its own delay: neither a pass nor a failure."""
    assert doubts(driven(**changes)) == (Doubt(why, generator=True),)


@pytest.mark.parametrize(
    ("changes", "whys"),
    [
        ({"dropped": 1}, ["1 of 4000 arrivals were dropped"]),
        ({"arrived": 3995}, ["3995 of 4000 arrivals began, at least 99.9% have to"]),
        (
            {"arrived": 3000, "dropped": 1000},
            [
                "1000 of 4000 arrivals were dropped",
                "3000 of 4000 arrivals began, at least 99.9% have to",
            ],
        ),
        ({"scheduled": 0, "arrived": 0}, ["0 of 0 arrivals began, at least 99.9% have to"]),
    ],
)
def test_arrivals_that_did_not_come(changes: dict[str, Any], whys: list[str]) -> None:
    """A slow service makes them drop, so what was measured of it stays true."""
    assert doubts(driven(**changes)) == tuple(Doubt(why, generator=False) for why in whys)


def test_arrivals_are_counted_over_all_generators() -> None:
    """Of two generators one lost a few, and together they are still enough, or not."""
    two = [
        generator(2000, segment="0:1/2", arrived=1997),
        generator(2000, segment="1/2:1"),
    ]
    assert doubts(reads(N, generators=two)) == ()
    few = [replace(two[0], arrived=1995), two[1]]
    assert [doubt.generator for doubt in doubts(reads(N, generators=few))] == [False]


def test_a_generator_that_is_there_twice() -> None:
    """Its samples would count twice."""
    twice = [generator(2000, segment="0:1/2"), generator(2000, segment="0:1/2")]
    why = "the generators are not the whole load: the part 0:1/2 was made twice"
    assert doubts(reads(N, generators=twice)) == (Doubt(why, generator=True),)


@pytest.mark.parametrize(
    "changes",
    [
        {"statuses": {"200": 9}},
        {"statuses": {"200": 11, "204": -1}},
        {"statuses": {}},
        {"statuses": {"503": 10}},
        {"statuses": {"429": 1, "200": 9}},
        {"statuses": {"0": 1, "200": 9}},
        {"errors": {"status": 1}},
        {"failed": 1},
    ],
)
def test_a_window_that_does_not_add_up(changes: dict[str, Any]) -> None:
    """Each request has one status and each failure one reason; a refusal never succeeded."""
    record = load(operation("search", replace(window(0, 10), **changes)))
    assert doubts(record) == (Doubt("a window is malformed", generator=True),)


@pytest.mark.parametrize("at", [-10, 2000])
def test_a_window_at_another_time(at: int) -> None:
    """Of a clock that jumped, or of another load."""
    found = doubts(load(operation("search", window(at, 10))))
    assert found == (Doubt("a window lies outside of the time of the load", generator=True),)


def test_a_load_without_a_request() -> None:
    """However well it arrived."""
    nothing = load(generators=[generator(0, scheduled=5, exit_code=0)])
    assert Doubt("nothing was measured", generator=True) in doubts(nothing)


def test_a_load_that_nobody_generated() -> None:
    """Without a generator there is nothing to trust."""
    record = replace(reads(N), generators=())
    assert doubts(record)[0].why.startswith("samples are not the generator's")
    assert "nothing says what generated the load" in [doubt.why for doubt in doubts(record)]


@pytest.mark.parametrize(
    ("profile", "stages", "warm_up_s", "why"),
    [
        ("documented", [(630, 150)], 30, None),
        ("documented", [(30, 150), (600, 160)], 30, None),
        (
            "documented",
            [(629, 150)],
            30,
            "documented means 150 requests a second for 600 s, and it was asked for 599 s of that",
        ),
        ("documented", [(630, 149)], 30, "it was asked for 0 s of that"),
        ("documented", [(300, 150), (330, 100)], 30, "it was asked for 270 s of that"),
        ("soak", [(3600, 50)], 0, None),
        (
            "soak",
            [(60, 50)],
            0,
            "soak means 50 requests a second for 3600 s, and it was asked for 60 s of that",
        ),
        ("quick", [(45, 100)], 5, None),
        ("stress", [], 0, None),
    ],
)
def test_a_profile_is_more_than_a_name(
    profile: str, stages: list[tuple[float, float]], warm_up_s: int, why: str | None
) -> None:
    """Who drives less under the name of a longer profile does not pass by it."""
    record = reads(
        N,
        profile=profile,
        warm_up_s=warm_up_s,
        stages=tuple(Stage(seconds=seconds, rate=rate) for seconds, rate in stages),
    )
    found = doubts(record)
    assert [doubt.generator for doubt in found] == [False] * (why is not None)
    assert why is None or why in found[0].why


@pytest.mark.parametrize(
    ("profile", "code", "lost", "generators"),
    [
        ("stress", 105, 0, []),
        ("stress", 105, 200, []),
        ("stress", 105, 300, [True]),
        ("stress", 105, -1, [True]),
        ("stress", 0, 1, [True]),
        ("stress", 107, 0, [True]),
        ("quick", 105, 0, [True]),
        ("quick", 105, 1, [True, True]),
    ],
)
def test_a_ramp_is_ended_by_a_signal(
    profile: str, code: int, lost: int, generators: list[bool]
) -> None:
    """And what was under way then has no sample: some of them, in a ramp, ended so."""
    record = reads(N, profile=profile, generators=[generator(N, exit_code=code, requests=N + lost)])
    assert [doubt.generator for doubt in doubts(record)] == generators


def one(*windows: Any, **changes: Any) -> LoadRecord:
    """One operation of these windows."""
    return load(operation("get_product", *windows), **changes)


@pytest.mark.parametrize(
    ("record", "why"),
    [
        (one(window(0, 10), window_s=0), "windows of 0 s"),
        (one(window(0, 10), window_s=-10), "windows of -10 s"),
        (one(window(3, 10)), "a window is malformed"),
        (one(replace(window(0, 10), failed=-1)), "a window is malformed"),
        (one(replace(window(0, 10), failed=11)), "a window is malformed"),
        (one(window(10, 10), window(0, 10)), "the windows of get_product are not in order"),
        (one(window(0, 10), window(0, 10)), "the windows of get_product are not in order"),
        (
            load(operation("search", window(0, 10)), operation("search", window(10, 10))),
            "an operation is recorded twice",
        ),
    ],
)
def test_what_does_not_add_up(record: LoadRecord, why: str) -> None:
    """Evidence that nobody could have measured so."""
    assert doubts(record) == (Doubt(why, generator=True),)


def test_a_window_may_hold_failures_alone() -> None:
    """Failed requests, all of them: that is the service's matter."""
    assert doubts(one(window(0, 0, failed=10))) == ()
