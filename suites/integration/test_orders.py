"""Products and the order service beside them: stock moves in one transaction or not at all."""

import secrets
from decimal import Decimal
from typing import Any

import pytest

from fixtures.api import Caller, ProductApi
from fixtures.crowd import Act, Crowd
from fixtures.polling import eventually
from fixtures.products import Products
from fixtures.transport import Exchange

pytestmark = pytest.mark.needs("writes")

BUYERS = 20


def stock(api: ProductApi, product_id: str) -> Any:
    """The inventory that a product has now."""
    return api.get(product_id).json_object("a product shows its stock").get("inventory")


def key() -> str:
    """An idempotency key that nobody else uses."""
    return f"HT-{secrets.token_hex(12)}"


@pytest.mark.plan("VAL-INT-01", "VAL-INT-02")
def test_order(api: ProductApi, products: Products) -> None:
    """Three of one product and two of another are ordered.

    201 with what they cost, to the cent; and each product's stock is less by as much.
    """
    one = products.make(price=Decimal("0.10"), inventory=10)["product_id"]
    two = products.make(price=Decimal("19.99"), inventory=10)["product_id"]
    ordered = api.order({one: 3, two: 2})
    ordered.must_answer(201, "an order answers 201")
    body = ordered.json_object("an order answers 201")
    ordered.must(
        isinstance(body.get("order_id"), str) and bool(body["order_id"]),
        "an order answers 201",
        expected="order_id: text",
        actual=body,
    )
    ordered.must_hold({"total": Decimal("40.28")}, body, "an order says what it costs")
    ordered.must(
        [stock(api, one), stock(api, two)] == [7, 8],
        "an order takes the stock",
        expected=[7, 8],
        actual=[stock(api, one), stock(api, two)],
    )


@pytest.mark.plan("VAL-INT-05")
def test_order_short(api: ProductApi, products: Products) -> None:
    """Two products are ordered of which one is short, in either order.

    409, and the stock of neither changes.
    """
    much = products.make(inventory=10)["product_id"]
    few = products.make(inventory=1)["product_id"]
    for lines in ({much: 3, few: 2}, {few: 2, much: 3}):
        api.order(lines).must_answer(409, "an order that is short is 409")
        unchanged(api, {much: 10, few: 1})


@pytest.mark.plan("VAL-INT-05")
def test_order_unknown(api: ProductApi, products: Products) -> None:
    """A product is ordered together with one that does not exist: 404, and no stock changes."""
    real = products.make(inventory=10)["product_id"]
    unknown = f"{real}{secrets.token_hex(4)}"
    for lines in ({real: 3, unknown: 1}, {unknown: 1, real: 3}):
        api.order(lines).must_answer(404, "an order of an unknown product is 404")
        unchanged(api, {real: 10})


def unchanged(api: ProductApi, stocks: dict[str, int]) -> None:
    """Each product has the stock that it had."""
    for product_id, before in stocks.items():
        read = api.get(product_id)
        read.must_hold(
            {"inventory": before},
            read.json_object("a failed order changes nothing"),
            "a failed order changes nothing",
        )


@pytest.mark.plan("VAL-INT-05")
@pytest.mark.severity("blocker")
def test_order_concurrency(api: ProductApi, products: Products, crowd: Crowd) -> None:
    """Twenty buyers order one piece each of a product of which there are seven, all at once.

    Seven get it, thirteen are told that it is short, and nothing is left.
    """
    product_id = products.make(inventory=7)["product_id"]

    def buy(one: ProductApi) -> Exchange:
        return one.order({product_id: 1})

    answers = crowd.act([buy] * BUYERS)
    statuses = sorted(answer.status for answer in answers)
    sold, left = statuses.count(201), stock(api, product_id)
    answers[0].must(
        sold <= 7 and left == 7 - sold,
        "concurrent orders never oversell",
        expected="as many orders as the stock went down by, at most 7",
        actual=f"{sold} orders, {left} left of 7",
    )
    answers[0].must(
        statuses == [201] * 7 + [409] * 13,
        "concurrent orders sell what there is",
        expected="7 times 201 and 13 times 409",
        actual=statuses,
    )


@pytest.mark.plan("VAL-INT-03")
def test_order_availability(api: ProductApi, products: Products) -> None:
    """The last pieces of a product are ordered, and then it is stocked again.

    It is out of stock at once and in stock again, by its id and in the lists.
    """
    category = products.category(secrets.token_hex(4))
    product_id = products.make(category=category, inventory=2)["product_id"]

    def listed(availability: str) -> bool:
        items = api.listed({"category": category, "availability": availability})
        return any(item.get("product_id") == product_id for item in items)

    def follows(expected: str, other: str) -> None:
        read = api.get(product_id)
        read.must_hold(
            {"availability": expected},
            read.json_object("availability follows the stock"),
            "availability follows the stock",
        )
        seen = eventually(
            lambda: (listed(expected), listed(other)), until=lambda pair: pair == (True, False)
        )
        read.must(
            seen == (True, False),
            "availability follows the stock",
            expected=f"in the list of {expected} and not of {other}",
            actual=f"in {expected}: {seen[0]}, in {other}: {seen[1]}",
        )

    follows("in_stock", "out_of_stock")
    api.order({product_id: 2}).must_answer(201, "an order answers 201")
    follows("out_of_stock", "in_stock")
    api.update(product_id, {"inventory": 5}).must_answer(200, "availability follows the stock")
    follows("in_stock", "out_of_stock")


@pytest.mark.plan("VAL-INT-01")
def test_order_idempotency(api: ProductApi, products: Products, crowd: Crowd) -> None:
    """An order is sent again with its key: alike, at the same moment, altered, by someone else.

    The same order comes back and takes stock once; an altered one is 422; a key is its caller's.
    """
    product_id = products.make(inventory=50)["product_id"]
    once = key()
    first = api.order({product_id: 3}, key=once)
    first.must_answer(201, "a repeated key gives the same order")
    order = first.json_object("a repeated key gives the same order").get("order_id")
    again = api.order({product_id: 3}, key=once)
    again.must_answer(201, "a repeated key gives the same order")
    again.must_hold(
        {"order_id": order},
        again.json_object("a repeated key gives the same order"),
        "a repeated key gives the same order",
    )
    took(api, again, product_id, 47)

    api.order({product_id: 4}, key=once).must_answer(422, "the same key with another body is 422")
    took(api, again, product_id, 47)

    other = api.order({product_id: 3}, key=once, role="editor")
    other.must_answer(201, "a key belongs to its caller")
    other.must(
        other.json_object("a key belongs to its caller").get("order_id") != order,
        "a key belongs to its caller",
        expected="another order for another caller",
        actual=order,
    )
    took(api, other, product_id, 44)

    def ordering(same: str, role: Caller) -> Act:
        return lambda one: one.order({product_id: 1}, key=same, role=role)

    answers = crowd.act([ordering(key_of_all, "admin") for key_of_all in [key()] * 5])
    orders = {
        answer.json_object("a repeated key gives the same order").get("order_id")
        for answer in answers
        if answer.status == 201
    }
    # One that comes while the first is under way may be told to wait (409 or 503).
    answers[0].must(
        len(orders) == 1 and {answer.status for answer in answers} <= {201, 409, 503},
        "a repeated key gives the same order",
        expected="one order for five requests with one key at the same moment",
        actual=[answer.status for answer in answers],
    )
    took(api, answers[0], product_id, 43)


def took(api: ProductApi, exchange: Exchange, product_id: str, left: int) -> None:
    """The product has so much stock left."""
    now = stock(api, product_id)
    exchange.must(
        now == left, "a repeated key takes stock once", expected=f"{left} left", actual=now
    )
