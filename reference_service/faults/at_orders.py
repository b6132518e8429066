"""Faults in how orders are taken."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from decimal import Decimal

import msgspec

from reference_service.faults.fault import Fault, faults
from reference_service.faults.wrapping import answer, orders, status
from reference_service.handlers.catalog import Catalog
from reference_service.handlers.order_book import Memory, Order, OrderBook, OrderLine
from reference_service.handlers.problem import Problem
from reference_service.handlers.product import Entry

Wanted = Mapping[str, int]


class PassingOrders:
    """An order book that passes everything on; a fault overrides what it spoils."""

    def __init__(self, inner: OrderBook, products: Catalog) -> None:
        self.inner = inner
        self.products = products

    def place(self, wanted: Wanted, *, memory: Memory | None) -> Order:
        return self.inner.place(wanted, memory=memory)


def order_of(wanted: Wanted, products: Mapping[str, Entry]) -> Order:
    """An order as it would be answered, of which nothing is kept."""
    lines = [
        OrderLine(product_id=name, quantity=pieces, unit_price=products[name].product.price)
        for name, pieces in wanted.items()
    ]
    return Order(
        order_id=str(uuid.uuid4()),
        lines=lines,
        total=sum((line.quantity * line.unit_price for line in lines), Decimal(0)),
        status="confirmed",
        created_at=max(products[name].product.updated_at for name in wanted),
    )


class TotalsThroughFloat(PassingOrders):
    def place(self, wanted: Wanted, *, memory: Memory | None) -> Order:
        order = self.inner.place(wanted, memory=memory)
        total = sum(line.quantity * float(line.unit_price) for line in order.lines)
        return msgspec.structs.replace(order, total=Decimal(repr(total)))


class TakesOneOfEach(PassingOrders):
    """The stock goes down by one piece of each product, however many are ordered."""

    def place(self, wanted: Wanted, *, memory: Memory | None) -> Order:
        found = self.products.get_many(list(wanted))
        enough = len(found) == len(wanted) and all(
            found[name].product.inventory >= pieces for name, pieces in wanted.items()
        )
        if not enough:
            return self.inner.place(wanted, memory=memory)
        self.inner.place(dict.fromkeys(wanted, 1), memory=memory)
        return order_of(wanted, found)


class ShortTakesFirst(PassingOrders):
    """When a product is short, the first one's stock is taken nevertheless."""

    def place(self, wanted: Wanted, *, memory: Memory | None) -> Order:
        try:
            return self.inner.place(wanted, memory=memory)
        except Problem as problem:
            if problem.status == 409:
                name, pieces = next(iter(wanted.items()))
                _take_if_there(self.inner, {name: pieces})
            raise


def _take_if_there(inner: OrderBook, wanted: Wanted) -> None:
    try:
        inner.place(wanted, memory=None)
    except Problem:
        return


class SellsWhatThereIs(PassingOrders):
    """An order that is short gets what there is, and counts as confirmed."""

    def place(self, wanted: Wanted, *, memory: Memory | None) -> Order:
        found = self.products.get_many(list(wanted))
        if len(found) == len(wanted):
            there = {name: found[name].product.inventory for name in wanted}
            fewer = {name: min(wanted[name], there[name]) for name in wanted if there[name]}
            wanted = fewer or wanted
        return self.inner.place(wanted, memory=memory)


class SkipsUnknown(PassingOrders):
    def place(self, wanted: Wanted, *, memory: Memory | None) -> Order:
        found = self.products.get_many(list(wanted))
        known = {name: pieces for name, pieces in wanted.items() if name in found}
        return self.inner.place(known or wanted, memory=memory)


class UnknownTakesTheRest(PassingOrders):
    """The known products' stock is taken, and then the unknown one found out."""

    def place(self, wanted: Wanted, *, memory: Memory | None) -> Order:
        found = self.products.get_many(list(wanted))
        known = {name: pieces for name, pieces in wanted.items() if name in found}
        if known and len(known) < len(wanted):
            _take_if_there(self.inner, known)
        return self.inner.place(wanted, memory=memory)


_order = faults("orders", "integration.order")
_short = faults("orders", "integration.order_short")
_unknown = faults("orders", "integration.order_unknown")

FAULTS: tuple[Fault, ...] = (
    faults("handler", "integration.order")(
        "order-answers-200",
        "an order answers 201",
        "An order that was taken is answered 200.",
        answer("order", status(200)),
    ),
    _order(
        "order-total-through-float",
        "an order says what it costs",
        "An order's total is summed up in binary fractions.",
        orders(TotalsThroughFloat),
    ),
    _order(
        "order-takes-one-piece",
        "an order takes the stock",
        "An order takes one piece of each product, however many were ordered.",
        orders(TakesOneOfEach),
    ),
    _short(
        "short-order-takes-first",
        "a failed order changes nothing",
        "An order whose second product is short takes the first one's stock.",
        orders(ShortTakesFirst),
    ),
    _short(
        "short-order-in-part",
        "an order that is short is 409",
        "An order that is short is confirmed for what there is.",
        orders(SellsWhatThereIs),
    ),
    _unknown(
        "order-skips-unknown",
        "an order of an unknown product is 404",
        "An order is confirmed without the products that are unknown.",
        orders(SkipsUnknown),
    ),
    _unknown(
        "unknown-order-takes-the-rest",
        "a failed order changes nothing",
        "An order with an unknown product takes the stock of the others.",
        orders(UnknownTakesTheRest),
    ),
)
