"""Orders: all of the stock or none of it, once for a key."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest
import requests

from tests.reference_service.running import Client, RunningService, unique


def order(client: Client, *lines: tuple[str, int], key: str | None = None) -> requests.Response:
    body = {"lines": [{"product_id": name, "quantity": pieces} for name, pieces in lines]}
    headers = {} if key is None else {"Idempotency-Key": key}
    return client.post("/orders", json=body, headers=headers)


def made(admin: Client, **fields: Any) -> str:
    return str(admin.create(**fields)["product_id"])


def stock(admin: Client, product_id: str) -> tuple[int, str]:
    product = admin.get(f"/products/{product_id}").json()
    return product["inventory"], product["availability"]


def test_an_order_takes_stock_of_all(service: RunningService, admin: Client) -> None:
    """Two products, one of them in two lines and down to the last piece."""
    one, two = made(admin, price=0.1, inventory=3), made(admin, price=19.99, inventory=9)
    before = admin.get(f"/products/{one}").headers["ETag"]
    response = order(service.client("editor"), (one, 1), (two, 2), (one, 2))
    assert response.status_code == 201
    body = response.json(parse_float=Decimal)
    assert body["total"] == Decimal("40.28")
    assert body["lines"] == [
        {"product_id": one, "quantity": 3, "unit_price": Decimal("0.1")},
        {"product_id": two, "quantity": 2, "unit_price": Decimal("19.99")},
    ]
    assert (body["status"], body["created_at"][-1]) == ("confirmed", "Z")
    assert stock(admin, one) == (0, "out_of_stock")
    assert stock(admin, two) == (7, "in_stock")
    assert admin.get(f"/products/{one}").headers["ETag"] != before


@pytest.mark.parametrize("second", [("short", 409), ("unknown", 404), ("euros", 400)])
def test_a_failed_order_changes_nothing(admin: Client, second: tuple[str, int]) -> None:
    """The second product is short, unknown, or has another currency."""
    kind, status = second
    one, short = made(admin, inventory=3), made(admin, inventory=1)
    euros = made(admin, currency="EUR")
    other = {"short": short, "unknown": unique("x"), "euros": euros}[kind]
    response = order(admin, (one, 2), (other, 2), key=unique("k"))
    assert response.status_code == status
    assert response.headers["Content-Type"] == "application/problem+json"
    assert stock(admin, one) == (3, "in_stock")
    assert stock(admin, short) == (1, "in_stock")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"lines": []},
        {"lines": [{"product_id": "x", "quantity": 1}] * 21},
        {"lines": [{"product_id": "x", "quantity": 0}]},
        {"lines": [{"product_id": "x", "quantity": 1001}]},
        {"lines": [{"product_id": "x", "quantity": 1.5}]},
        {"lines": [{"product_id": "x", "quantity": "1"}]},
        {"lines": [{"product_id": "", "quantity": 1}]},
        {"lines": [{"product_id": "x"}]},
        {"lines": [{"product_id": "x", "quantity": 1, "price": 1}]},
        {"lines": {}},
    ],
    ids=str,
)
def test_what_is_no_order(admin: Client, body: Any) -> None:
    """One thing wrong: 400, before the product is looked for."""
    assert admin.post("/orders", json=body).status_code == 400


@pytest.mark.parametrize("key", ["", "x" * 201, "é", "a\tb"])
def test_what_is_no_key(admin: Client, key: str) -> None:
    """Empty, too long, not of ASCII, not printable."""
    response = admin.post("/orders", json={}, headers={"Idempotency-Key": key.encode()})
    assert response.status_code == 400
    assert "Idempotency-Key" in response.json()["detail"]


def test_a_key_gives_the_same_order(service: RunningService, admin: Client) -> None:
    """Again, with keys of the body in another order, with another body, by another caller."""
    product, key = made(admin, inventory=10), unique("k")
    first = order(admin, (product, 4), key=key)
    assert first.status_code == 201
    assert order(admin, (product, 4), key=key).json() == first.json()
    swapped = b'{"lines": [{"quantity": 4, "product_id": "%s"}]}' % product.encode()
    headers = {"Idempotency-Key": key, "Content-Type": "application/json"}
    assert admin.post("/orders", data=swapped, headers=headers).json() == first.json()
    assert order(admin, (product, 3), key=key).status_code == 422
    assert stock(admin, product)[0] == 6
    other = order(service.client("editor"), (product, 4), key=key)
    assert other.status_code == 201
    assert other.json()["order_id"] != first.json()["order_id"]
    # Known again although it could not be taken any more.
    assert order(admin, (product, 2)).status_code == 201
    assert order(admin, (product, 4), key=key).json() == first.json()
    assert stock(admin, product) == (0, "out_of_stock")


def test_a_refused_order_leaves_its_key_free(admin: Client) -> None:
    """Short at first, then there is enough: the same key and body are an order."""
    product, key = made(admin, inventory=1), unique("k")
    assert order(admin, (product, 2), key=key).status_code == 409
    admin.put(f"/products/{product}", json={"inventory": 2})
    assert order(admin, (product, 2), key=key).status_code == 201


def test_concurrent_orders_with_one_key(service: RunningService) -> None:
    """Ten at once with one key and all of the stock: one order, ten times."""
    admin = service.client("admin")
    product, key = made(admin, inventory=2), unique("k")
    clients = [service.client("admin") for _ in range(10)]
    with ThreadPoolExecutor(10) as threads:
        answers = list(threads.map(lambda one: order(one, (product, 2), key=key), clients))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["order_id"] for answer in answers}) == 1
    assert stock(admin, product)[0] == 0


def test_concurrent_orders_of_two_products(service: RunningService) -> None:
    """Thirty at once of two products in either order: as many as there are, and no more."""
    admin = service.client("admin")
    one, two = made(admin, inventory=12), made(admin, inventory=11)
    clients = [service.client("admin") for _ in range(30)]

    def buy(numbered: tuple[int, Client]) -> int:
        number, client = numbered
        lines = ((one, 1), (two, 1)) if number % 2 else ((two, 1), (one, 1))
        return order(client, *lines).status_code

    with ThreadPoolExecutor(30) as threads:
        statuses = list(threads.map(buy, enumerate(clients)))
    assert sorted(statuses) == [201] * 11 + [409] * 19
    assert (stock(admin, one)[0], stock(admin, two)[0]) == (1, 0)
