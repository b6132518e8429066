"""Faults in how an order is known again."""

from __future__ import annotations

import msgspec

from reference_service.faults.at_orders import PassingOrders, Wanted
from reference_service.faults.fault import Fault, faults
from reference_service.faults.wrapping import orders
from reference_service.handlers.catalog import Catalog
from reference_service.handlers.order_book import Memory, Order, OrderBook


class ForgetsKeys(PassingOrders):
    def place(self, wanted: Wanted, *, memory: Memory | None) -> Order:
        return self.inner.place(wanted, memory=None)


class TakesAgain(PassingOrders):
    """An order that is known again is answered as it was, and takes its stock again."""

    def __init__(self, inner: OrderBook, products: Catalog) -> None:
        super().__init__(inner, products)
        self._placed: set[str] = set()

    def place(self, wanted: Wanted, *, memory: Memory | None) -> Order:
        order = self.inner.place(wanted, memory=memory)
        if order.order_id in self._placed:
            self.inner.place(wanted, memory=None)
        self._placed.add(order.order_id)
        return order


class SeesNoBody(PassingOrders):
    def place(self, wanted: Wanted, *, memory: Memory | None) -> Order:
        same = memory and msgspec.structs.replace(memory, body="any")
        return self.inner.place(wanted, memory=same)


class SeesNoCaller(PassingOrders):
    def place(self, wanted: Wanted, *, memory: Memory | None) -> Order:
        shared = memory and msgspec.structs.replace(memory, caller="anyone")
        return self.inner.place(wanted, memory=shared)


_fault = faults("orders", "integration.order_idempotency")

FAULTS: tuple[Fault, ...] = (
    _fault(
        "idempotency-key-forgotten",
        "a repeated key gives the same order",
        "An order that is sent again is another order.",
        orders(ForgetsKeys),
    ),
    _fault(
        "repeated-order-takes-stock-again",
        "a repeated key takes stock once",
        "An order that is sent again is the same order, and takes its stock again.",
        orders(TakesAgain),
    ),
    _fault(
        "idempotency-key-for-any-body",
        "the same key with another body is 422",
        "Another order with a known key is answered with the first one.",
        orders(SeesNoBody),
    ),
    _fault(
        "idempotency-key-shared",
        "a key belongs to its caller",
        "A key that one caller has used is known for all others too.",
        orders(SeesNoCaller),
    ),
)
