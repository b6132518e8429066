"""Faults that only show when requests come at the same moment."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping

import msgspec

from reference_service.faults.at_orders import PassingOrders, Wanted, order_of
from reference_service.faults.fault import Fault, faults
from reference_service.faults.meeting import Meeting
from reference_service.faults.wrapping import PassingCatalog, catalog, orders
from reference_service.handlers.catalog import Catalog
from reference_service.handlers.order_book import Memory, Order, OrderBook
from reference_service.handlers.problem import Problem
from reference_service.handlers.product import Entry


class WritesWhatItRead(PassingCatalog):
    """An update writes the whole product as it was read, with its changes."""

    def __init__(self, inner: Catalog) -> None:
        super().__init__(inner)
        self._meeting = Meeting()

    def change(
        self, product_id: str, changes: Mapping[str, object], *, if_match: str | None
    ) -> Entry:
        before = self.inner.get(product_id)
        if before is None or if_match is not None:
            return self.inner.change(product_id, changes, if_match=if_match)
        self._meeting.wait(product_id)
        kept = ("name", "description", "category", "price", "currency", "inventory")
        product = msgspec.structs.asdict(before.product)
        whole = {name: product[name] for name in kept}
        return self.inner.change(product_id, {**whole, **changes}, if_match=None)


class ChecksThenWrites(PassingCatalog):
    """If-Match is compared first, and what was compared written later."""

    def __init__(self, inner: Catalog) -> None:
        super().__init__(inner)
        self._meeting = Meeting()

    def change(
        self, product_id: str, changes: Mapping[str, object], *, if_match: str | None
    ) -> Entry:
        before = self.inner.get(product_id)
        if before is None or if_match != before.etag:
            return self.inner.change(product_id, changes, if_match=if_match)
        self._meeting.wait(product_id)
        return self.inner.change(product_id, changes, if_match=None)


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


class LooksFirst(PassingOrders):
    """A key is looked for first, and kept when its order has been placed."""

    def __init__(self, inner: OrderBook, products: Catalog) -> None:
        super().__init__(inner, products)
        self._meeting = Meeting()
        self._kept: dict[tuple[str, str], tuple[str, Order]] = {}

    def place(self, wanted: Wanted, *, memory: Memory | None) -> Order:
        if memory is None:
            return self.inner.place(wanted, memory=None)
        key = (memory.caller, memory.key)
        if key in self._kept:
            body, order = self._kept[key]
            if body != memory.body:
                raise Problem(422, "This Idempotency-Key was used with another body.")
            return order
        self._meeting.wait(repr(key))
        order = self.inner.place(wanted, memory=None)
        self._kept[key] = (memory.body, order)
        return order


_at_once = faults("catalog", "integration.concurrent_updates")
_concurrency = faults("orders", "integration.order_concurrency")
_keys = faults("orders", "integration.order_idempotency")

FAULTS: tuple[Fault, ...] = (
    _at_once(
        "update-loses-concurrent-one",
        "updates of different fields both survive",
        "An update writes back all fields as it has read them.",
        catalog(WritesWhatItRead),
    ),
    _at_once(
        "if-match-checked-too-early",
        "of updates with the same If-Match one wins",
        "Between comparing If-Match and writing there is time for another update.",
        catalog(ChecksThenWrites),
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
    _keys(
        "idempotency-key-checked-too-early",
        "a repeated key gives the same order",
        "Between looking for a key and keeping it there is time for the same order.",
        orders(LooksFirst),
    ),
)
