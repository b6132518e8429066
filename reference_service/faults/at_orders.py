"""Faults in how orders are taken."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Mapping
from decimal import Decimal

import msgspec

from reference_service.faults.fault import Fault, faults
from reference_service.faults.meeting import Meeting
from reference_service.faults.wrapping import PassingCatalog, answer, both, catalog, orders, status
from reference_service.handlers.catalog import Catalog
from reference_service.handlers.order_book import Memory, Order, OrderBook, OrderLine
from reference_service.handlers.problem import Problem
from reference_service.handlers.product import Entry
from reference_service.local.stack import Composition

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


class Oversells(PassingOrders):
    """Stock is read first, and what was read less the order written later."""

    def __init__(self, inner: OrderBook, products: Catalog) -> None:
        super().__init__(inner, products)
        self._meeting = Meeting()

    def place(self, wanted: Wanted, *, memory: Memory | None) -> Order:
        found = self.products.get_many(list(wanted))
        short = any(found[name].product.inventory < wanted[name] for name in found)
        if short or len(found) < len(wanted) or memory is not None:
            return self.inner.place(wanted, memory=memory)
        self._meeting.wait(min(wanted))
        for name, pieces in wanted.items():
            left = found[name].product.inventory - pieces
            self.products.change(name, {"inventory": left}, if_match=None)
        return order_of(wanted, found)


class OneAtATime(PassingOrders):
    """While one order of a product is under way, every other one is told that it is short."""

    def __init__(self, inner: OrderBook, products: Catalog) -> None:
        super().__init__(inner, products)
        self._lock = threading.Lock()
        self._under_way: set[str] = set()

    def place(self, wanted: Wanted, *, memory: Memory | None) -> Order:
        with self._lock:
            if self._under_way & set(wanted):
                raise Problem(409, "There is too little stock of a product.")
            self._under_way |= set(wanted)
        try:
            time.sleep(0.3)
            return self.inner.place(wanted, memory=memory)
        finally:
            with self._lock:
                self._under_way -= set(wanted)


class PriceOfCreation(PassingOrders):
    """A product costs what it cost when it was made; `prices` holds that by id."""

    def __init__(self, inner: OrderBook, products: Catalog, prices: Mapping[str, Decimal]) -> None:
        super().__init__(inner, products)
        self._prices = prices

    def place(self, wanted: Wanted, *, memory: Memory | None) -> Order:
        order = self.inner.place(wanted, memory=memory)
        lines = [
            msgspec.structs.replace(
                line, unit_price=self._prices.get(line.product_id, line.unit_price)
            )
            for line in order.lines
        ]
        total = sum((line.quantity * line.unit_price for line in lines), Decimal(0))
        return msgspec.structs.replace(order, lines=lines, total=total)


class RemembersPrices(PassingCatalog):
    def __init__(self, inner: Catalog, prices: dict[str, Decimal]) -> None:
        super().__init__(inner)
        self._prices = prices

    def add(self, entry: Entry) -> None:
        self.inner.add(entry)
        self._prices[entry.product.product_id] = entry.product.price


def _price_of_creation(composition: Composition) -> Composition:
    prices: dict[str, Decimal] = {}
    return both(
        catalog(lambda inner: RemembersPrices(inner, prices)),
        orders(lambda inner, products: PriceOfCreation(inner, products, prices)),
    )(composition)


class SellsRemoved(PassingOrders):
    """A product that is gone can be ordered as it last was; `removed` holds it by id."""

    def __init__(self, inner: OrderBook, products: Catalog, removed: Mapping[str, Entry]) -> None:
        super().__init__(inner, products)
        self._removed = removed

    def place(self, wanted: Wanted, *, memory: Memory | None) -> Order:
        if set(wanted) <= set(self._removed):
            return order_of(wanted, self._removed)
        return self.inner.place(wanted, memory=memory)


class RemembersRemoved(PassingCatalog):
    def __init__(self, inner: Catalog, removed: dict[str, Entry]) -> None:
        super().__init__(inner)
        self._removed = removed

    def remove(self, product_id: str, *, if_match: str | None) -> Entry:
        entry = self.inner.remove(product_id, if_match=if_match)
        self._removed[product_id] = entry
        return entry


def _sells_removed(composition: Composition) -> Composition:
    removed: dict[str, Entry] = {}
    return both(
        catalog(lambda inner: RemembersRemoved(inner, removed)),
        orders(lambda inner, products: SellsRemoved(inner, products, removed)),
    )(composition)


def _faults_of(check: str) -> Callable[..., Fault]:
    return faults("orders", f"integration.{check}")


_order, _short, _unknown = map(_faults_of, ("order", "order_short", "order_unknown"))
_concurrency, _workflow = map(_faults_of, ("order_concurrency", "catalog_workflow"))

FAULTS: tuple[Fault, ...] = (
    _order(
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
    _concurrency(
        "oversell-by-race",
        "concurrent orders never oversell",
        "Between reading the stock and writing it there is time for another order.",
        orders(Oversells),
    ),
    _concurrency(
        "concurrent-orders-refused",
        "concurrent orders sell what there is",
        "Orders that come while another one is under way are told that there is too little.",
        orders(OneAtATime),
    ),
    _workflow(
        "order-at-first-price",
        "workflow: it is sold at its new price",
        "An order costs what its products cost when they were made.",
        _price_of_creation,
    ),
    _workflow(
        "deleted-product-sold",
        "the workflow ends as it should",
        "A product that was deleted can be ordered.",
        _sells_removed,
    ),
)
