"""Faults that show on a product's way through the catalog."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import msgspec

from reference_service.faults.at_lists import Found
from reference_service.faults.at_orders import PassingOrders, Wanted, order_of
from reference_service.faults.fault import Fault, faults
from reference_service.faults.wrapping import PassingCatalog, both, catalog, orders
from reference_service.handlers.catalog import Catalog
from reference_service.handlers.cursor import Position
from reference_service.handlers.order_book import Memory, Order, OrderBook
from reference_service.handlers.product import Entry
from reference_service.handlers.selection import Selection
from reference_service.local.stack import Composition


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


class FormerPrices(PassingCatalog):
    """A product is listed by each price that it ever had."""

    def __init__(self, inner: Catalog) -> None:
        super().__init__(inner)
        self._prices: dict[str, set[Decimal]] = {}

    def change(
        self, product_id: str, changes: Mapping[str, object], *, if_match: str | None
    ) -> Entry:
        before = self.inner.get(product_id)
        after = self.inner.change(product_id, changes, if_match=if_match)
        if before is not None:
            self._prices.setdefault(product_id, set()).add(before.product.price)
        return after

    def remove(self, product_id: str, *, if_match: str | None) -> Entry:
        entry = self.inner.remove(product_id, if_match=if_match)
        self._prices.pop(product_id, None)
        return entry

    def page(self, selection: Selection, *, after: Position | None, limit: int) -> Found:
        entries, position = self.inner.page(selection, after=after, limit=limit)
        if position is not None:
            return entries, position
        shown = {entry.product.product_id for entry in entries}
        others = self.inner.get_many([each for each in self._prices if each not in shown])
        return entries + [
            entry for entry in others.values() if self._once_matched(selection, entry)
        ], None

    def _once_matched(self, selection: Selection, entry: Entry) -> bool:
        return any(
            selection.matches(msgspec.structs.replace(entry.product, price=price))
            for price in self._prices[entry.product.product_id]
        )


_orders = faults("orders", "integration.catalog_workflow")
_catalog = faults("catalog", "integration.catalog_workflow")

FAULTS: tuple[Fault, ...] = (
    _orders(
        "order-at-first-price",
        "workflow: it is sold at its new price",
        "An order costs what its products cost when they were made.",
        _price_of_creation,
    ),
    _orders(
        "deleted-product-sold",
        "the workflow ends as it should",
        "A product that was deleted can be ordered.",
        _sells_removed,
    ),
    _catalog(
        "old-price-still-listed",
        "workflow: it is not found by its old price",
        "A product is found by a price that it had before.",
        catalog(FormerPrices),
    ),
)
