"""Many products in one call: each item for itself."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from tests.reference_service.running import Client, RunningService, new_product, unique


@pytest.fixture(scope="module")
def service() -> Iterator[RunningService]:
    """A service of its own: the thousands made here would slow every list after them."""
    running = RunningService()
    try:
        yield running
    finally:
        running.close()


@pytest.fixture(scope="module")
def admin(service: RunningService) -> Client:
    """An administrator's client of that service."""
    return service.client("admin")


def bulk(client: Client, method: str, items: list[Any]) -> requests.Response:
    return client.request(method, "/products/bulk", json={"items": items})


def statuses(response: requests.Response) -> list[int]:
    results = response.json()["results"]
    assert [result["index"] for result in results] == list(range(len(results)))
    return [result["status"] for result in results]


def test_good_and_bad_items(admin: Client) -> None:
    """Items of every kind of fault between good ones: 207, and each good one is there."""
    category = unique("Mixed")
    good = [new_product(category=category, price=price) for price in (1, 2.5, 3)]
    bad: list[Any] = [{**good[0], "price": "1"}, 5, None, {}, {**good[0], "surprise": 1}]
    items = [bad[0], good[0], bad[1], bad[2], good[1], bad[3], good[2], bad[4]]
    response = bulk(admin, "POST", items)
    assert response.status_code == 207
    assert statuses(response) == [400, 201, 400, 400, 201, 400, 201, 400]
    results = response.json()["results"]
    assert [result["sku"] for result in results][:4] == [good[0]["sku"]] * 2 + [None, None]
    assert results[0]["error"]["errors"] == [{"where": "/price", "detail": "Expected a number"}]
    for result, item in zip((results[1], results[4], results[6]), good, strict=True):
        read = admin.get(f"/products/{result['product_id']}").json()
        assert read | item == read
    assert len(admin.listed(category=category)) == 3


def test_known_skus(admin: Client) -> None:
    """In the store, earlier in the call, and of a bad item before: 409, 409, 201."""
    known = admin.create(price=5)
    fresh, spoilt = new_product(), new_product()
    items = [
        {**new_product(price=9), "sku": known["sku"]},
        fresh,
        {**fresh, "price": 7},
        {**spoilt, "price": -1},
        spoilt,
    ]
    response = bulk(admin, "POST", items)
    assert statuses(response) == [409, 201, 409, 400, 201]
    results = response.json()["results"]
    assert results[0]["product_id"] == known["product_id"]
    assert results[2]["product_id"] == results[1]["product_id"]
    assert admin.get(f"/products/{known['product_id']}").json() == known


def test_put_adds_and_updates(admin: Client) -> None:
    """One known, one new, one new twice: what is sent is replaced, all else kept."""
    known = admin.create(description="Kept", inventory=5, image_url="https://a.example/b.png")
    sent = {"name": "New", "category": "C", "price": 1.5, "currency": "EUR", "sku": known["sku"]}
    twice = new_product(inventory=1)
    items = [sent, new_product(), twice, {**twice, "inventory": 0}]
    response = bulk(admin, "PUT", items)
    assert response.status_code == 200
    assert statuses(response) == [200, 201, 201, 200]
    read = admin.get(f"/products/{known['product_id']}").json()
    assert read == known | sent | {"updated_at": read["updated_at"]}
    assert read["updated_at"] > known["updated_at"]
    second = admin.get(f"/products/{response.json()['results'][2]['product_id']}").json()
    assert (second["inventory"], second["availability"]) == (0, "out_of_stock")
    path = f"/products/{known['product_id']}"
    etag = admin.get(path).headers["ETag"]
    again = bulk(admin, "PUT", items[:2])
    assert statuses(again) == [200, 200]
    assert admin.get(path).headers["ETag"] == etag
    assert [one["product_id"] for one in again.json()["results"]] == [
        one["product_id"] for one in response.json()["results"][:2]
    ]
    (listed,) = admin.listed(category="C", q="new")
    assert listed == read


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"items": []}', 400),
        (b'{"items": {}}', 400),
        (b"[]", 400),
        (b'{"items": [{}], "more": 1}', 400),
        (b'{"items": [' + b"{}," * 1000 + b"{}]}", 400),
        (b'{"items": ["' + b"x" * 5_000_000 + b'"]}', 413),
    ],
)
def test_what_is_no_bulk(admin: Client, body: bytes, status: int) -> None:
    """None, too many, too large: refused as a whole."""
    kind = {"Content-Type": "application/json"}
    assert admin.post("/products/bulk", data=body, headers=kind).status_code == status


def test_a_thousand_items(admin: Client) -> None:
    """A thousand of almost four kilobytes: there within seconds, each in the list."""
    category = unique("Thousand")
    items = [new_product(category=category, description="x" * 3600) for _ in range(1000)]
    started = time.monotonic()
    assert bulk(admin, "POST", items).status_code == 200
    assert time.monotonic() - started < 15
    assert {each["sku"] for each in admin.listed(category=category, limit=100)} == {
        each["sku"] for each in items
    }


def test_large_items(admin: Client) -> None:
    """Forty that no call to DynamoDB and no page takes whole, beside one that is too large."""
    attributes = {f"a{number}": "x" * 190 for number in range(20)}
    variants = [
        {"sku": f"v{number}", "name": "v", "inventory": 1, "attributes": attributes}
        for number in range(70)
    ]
    category = unique("Large")
    for large in (False, True):
        items = [new_product(category=category, variants=variants[:22]) for _ in range(40)]
        if large:
            items[7] = new_product(variants=variants)
        response = bulk(admin, "POST", items)
        assert statuses(response) == ([201] * 7 + [400] + [201] * 32 if large else [201] * 40)
    last = response.json()["results"][-1]["product_id"]
    assert admin.get(f"/products/{last}").json()["variants"] == variants[:22]
    page = admin.get(f"/products?category={category}&limit=100")
    assert len(page.content) < 4_100_000
    assert page.json()["next_cursor"] is not None
    assert len(admin.listed(category=category, limit=100)) == 79


def test_concurrent_imports_of_the_same(service: RunningService) -> None:
    """Four callers import the same hundred, half of them by PUT: each sku comes to be once."""
    category = unique("Same")
    items = [new_product(category=category) for _ in range(100)]
    clients = [service.client("admin") for _ in range(4)]
    with ThreadPoolExecutor(4) as threads:
        answers = list(
            threads.map(
                lambda pair: bulk(pair[1], ("POST", "PUT")[pair[0] % 2], items), enumerate(clients)
            )
        )
    assert len(clients[0].listed(category=category, limit=100)) == 100
    created = [status for answer in answers for status in statuses(answer) if status == 201]
    assert len(created) == 100
    for answer in answers[1::2]:
        assert set(statuses(answer)) <= {200, 201}
