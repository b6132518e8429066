"""What payloads are judged by: lists taken at their word, times, and what answers tell."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from fixtures.contract.answers import contract
from fixtures.security.exposure import inside_in, secrets_in
from fixtures.security.ground import Ground
from fixtures.security.honest_lists import strangers
from fixtures.security.payloads import CLASSES, Payload, of_class
from fixtures.security.places import Place, places
from fixtures.security.placing import fits
from fixtures.security.sign_test import difference, sign_test, takes_longer
from fixtures.security.target import Target
from fixtures.security.tricks import spellings
from fixtures.transport import Exchange

OWN = {"name": "Ownabc lamp", "category": "C-1", "description": "d", "availability": "in_stock"}
OTHER = {"name": "Other chair", "category": "C-2", "description": "d", "availability": "in_stock"}


def query(name: str) -> Place:
    """A parameter of the list."""
    return next(
        place for place in places(contract()) if place.where == f"GET /products query {name}"
    )


def listing(*items: object) -> Exchange:
    """The answer that such a list is."""
    return Exchange(
        method="GET",
        url="http://localhost/v1.0/products",
        request_headers={},
        request_body=b"",
        status=200,
        headers={"Content-Type": "application/json"},
        body=msgspec.json.encode({"items": items, "next_cursor": None}),
        elapsed_s=0.0,
        curl="curl",
        mask=lambda text: text,
    )


@pytest.fixture
def ground() -> Ground:
    """Ground without a service."""
    nothing: Any = None
    target = Target("p2", "Other chair", {}, ())
    return Ground(
        own={**OWN, "product_id": "p1"},
        mark="Ownabc",
        worked={},
        other=target,
        other_mark="Other",
        key="k",
        targets=nothing,
        api=nothing,
    )


@pytest.mark.parametrize(
    ("name", "text", "items", "wrong"),
    [
        ("min_price", "1 OR 1=1", [OWN], False),  # ignored: the other filters hold
        ("min_price", "1 OR 1=1", [OWN, OTHER], True),
        ("q", "' OR '1'='1", [], False),
        ("q", "' OR '1'='1", [OWN], True),  # it holds no such text
        ("q", "lamp", [OWN], False),
        ("category", "C-1", [OWN], False),
        ("category", "x' OR 1=1", [OWN], True),
        ("availability", "in_stock", [OWN], False),
        ("availability", "in_stock' OR 1=1", [OWN], True),
    ],
)
def test_a_list_is_taken_at_its_word(
    ground: Ground, name: str, text: str, items: list[object], wrong: bool
) -> None:
    """What its filters do not select is there by injection."""
    payload = Payload(class_="sql", text=text)
    assert bool(strangers(query(name), payload, listing(*items), ground)) is wrong


def test_every_class_goes_everywhere() -> None:
    """Each place of the contract gets a payload of each class."""
    for name in CLASSES:
        for place in places():
            assert any(fits(place, payload) for payload in of_class(name)), (name, place.where)


def test_markers_are_not_in_what_is_sent() -> None:
    """An echo of a payload proves nothing."""
    import re

    for name in CLASSES:
        for payload in of_class(name):
            if payload.marker:
                assert not re.search(payload.marker, payload.said("value"))


@pytest.mark.parametrize(("longer", "pairs", "p"), [(0, 0, 1), (3, 3, 1 / 8), (2, 3, 1 / 2)])
def test_the_sign_test_is_exact(longer: int, pairs: int, p: float) -> None:
    """The upper tail of a fair coin."""
    assert sign_test(longer, pairs) == p


def test_a_difference_says_itself() -> None:
    """Count, median and chance."""
    assert str(difference([0.002, 0.003, -0.001])) == (
        "2 of 3 took longer, by 2.0 ms in the median (p = 0.5)"
    )


def noisy(order: random.Random, more: float) -> Callable[[], float]:
    """Times as a busy machine has them: skewed, with spikes."""
    return lambda: order.expovariate(200) + (0.3 if order.random() < 0.05 else 0) + more


def test_noise_is_no_difference() -> None:
    """Four hundred comparisons of the same thing: none is reported."""
    order = random.Random(7)  # noqa: S311
    same = noisy(order, 0)
    for _ in range(400):
        assert takes_longer(same, same, pairs=40, least_s=0.0, chance=1e-3, order=order) is None


def test_a_real_difference_is_found() -> None:
    """Twenty milliseconds show through the same noise every time."""
    order = random.Random(7)  # noqa: S311
    for _ in range(50):
        seen = takes_longer(
            noisy(order, 0.02), noisy(order, 0), pairs=40, least_s=0.002, chance=1e-4, order=order
        )
        assert seen is not None


@pytest.mark.parametrize(
    "text",
    [
        "id AKIA" + "IOSFODNN7EXAMPLE",
        "-----BEGIN RSA " + "PRIVATE KEY-----",
        "postgres://app:" + "hunter22@db:5432/x",
        '{"password": "correct-' + 'horse"}',
        "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0." + "c2lnbmF0dXJl",
    ],
)
def test_secrets_are_seen(text: str) -> None:
    """By their form; what is shown is not the whole of it."""
    (told,) = list(secrets_in(text))
    assert len(told.shown) <= 13


@pytest.mark.parametrize(
    "text",
    [
        '{"status": "ok", "dependencies": {"secretsmanager": "ok", "api_key": "ok"}}',
        '{"detail": "The password of the caller is not looked at."}',
        "https://images.example.com/a/b@2x.png",
        "AKIAnot16",
    ],
)
def test_no_secret_is_none(text: str) -> None:
    """Words alone are no secret."""
    assert list(secrets_in(text)) == []


@pytest.mark.parametrize(
    ("text", "tells"),
    [
        ('File "/var/task/list.py", line 7, in page', True),
        ("ValidationException: Invalid FilterExpression", True),
        ("arn:aws:dynamodb:eu-west-1:123456789012:table/products", True),
        ("The parameter 'sort' is not valid.", False),
        ("There is no such product. Try again in a line or two.", False),
    ],
)
def test_the_inside_is_known_by_its_words(text: str, tells: bool) -> None:
    """What languages, frameworks and AWS say of themselves."""
    assert bool(list(inside_in(text))) is tells


def test_spellings_are_others() -> None:
    """None is the path itself, and no two are the same."""
    path = "/products/p1"
    spelt = [spelling.path for spelling in spellings(path)]
    assert path not in spelt
    assert len(set(spelt)) == len(spelt)
