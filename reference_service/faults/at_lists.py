"""Faults in what the catalog's lists hold."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import msgspec

from reference_service.faults.fault import Fault
from reference_service.faults.wrapping import PassingCatalog, altered, catalog
from reference_service.handlers.catalog import Catalog
from reference_service.handlers.cursor import Position
from reference_service.handlers.product import Entry
from reference_service.handlers.selection import Selection

Found = tuple[list[Entry], Position | None]


def _by_category(selection: Selection) -> bool:
    return selection.category is not None


def _by_price(selection: Selection) -> bool:
    return selection.min_price is not None or selection.max_price is not None


class ListsRemoved(PassingCatalog):
    """A product that was deleted stays in the lists that it was in."""

    def __init__(self, inner: Catalog) -> None:
        super().__init__(inner)
        self._removed: list[Entry] = []

    def remove(self, product_id: str, *, if_match: str | None) -> Entry:
        entry = self.inner.remove(product_id, if_match=if_match)
        self._removed.append(entry)
        return entry

    def page(self, selection: Selection, *, after: Position | None, limit: int) -> Found:
        entries, position = self.inner.page(selection, after=after, limit=limit)
        if position is None:
            entries += [entry for entry in self._removed if selection.matches(entry.product)]
        return entries, position


class CategoryLeaks(PassingCatalog):
    """A list by category holds one product of another category."""

    def page(self, selection: Selection, *, after: Position | None, limit: int) -> Found:
        entries, position = self.inner.page(selection, after=after, limit=limit)
        if _by_category(selection) and after is None:
            entries += self._stranger(selection)
        return entries, position

    def _stranger(self, selection: Selection) -> list[Entry]:
        everything, _ = self.inner.page(Selection(), after=None, limit=100)
        others = [each for each in everything if not selection.matches(each.product)]
        # Where there is no other category, one product shows another one.
        return others[:1] or [altered(each, category="Leaked") for each in everything[:1]]


class CategoryForgets(PassingCatalog):
    """The newest product of a category is missing from its list."""

    def __init__(self, inner: Catalog) -> None:
        super().__init__(inner)
        self._added: dict[str, Entry] = {}

    def add(self, entry: Entry) -> None:
        self.inner.add(entry)
        self._added[entry.product.product_id] = entry

    def remove(self, product_id: str, *, if_match: str | None) -> Entry:
        self._added.pop(product_id, None)
        return self.inner.remove(product_id, if_match=if_match)

    def page(self, selection: Selection, *, after: Position | None, limit: int) -> Found:
        entries, position = self.inner.page(selection, after=after, limit=limit)
        category = Selection(category=selection.category)
        newest = [name for name, each in self._added.items() if category.matches(each.product)][-1:]
        if _by_category(selection):
            entries = [each for each in entries if each.product.product_id not in newest]
        return entries, position


class ExcludesBoundaries(PassingCatalog):
    """A list by price leaves out what costs exactly its lowest or highest price."""

    def page(self, selection: Selection, *, after: Position | None, limit: int) -> Found:
        entries, position = self.inner.page(selection, after=after, limit=limit)
        bounds = (selection.min_price, selection.max_price)
        return [each for each in entries if each.product.price not in bounds], position


class PriceLeaks(PassingCatalog):
    """A list by price holds one product beyond its range."""

    def page(self, selection: Selection, *, after: Position | None, limit: int) -> Found:
        entries, position = self.inner.page(selection, after=after, limit=limit)
        if _by_price(selection) and after is None:
            beyond = self._beyond(selection)
            entries += [beyond] if beyond else []
        return entries, position

    def _beyond(self, selection: Selection) -> Entry | None:
        everything, _ = self.inner.page(
            Selection(category=selection.category), after=None, limit=100
        )
        unpriced = msgspec.structs.replace(selection, min_price=None, max_price=None)
        for entry in everything:
            if unpriced.matches(entry.product) and not selection.matches(entry.product):
                return entry
        if not everything:
            return None
        # Nothing lies beyond the range: one product shows a price that does.
        high = selection.max_price
        price = high + 1 if high is not None else (selection.min_price or Decimal(0)) - 1
        return altered(everything[0], price=price)


def _fault(
    name: str, check: str, reason: str, description: str, wrap: Callable[[Catalog], Catalog]
) -> Fault:
    return Fault(
        name=name,
        seam="catalog",
        check=check,
        reason=reason,
        description=description,
        install=catalog(wrap),
    )


FAULTS = (
    _fault(
        "delete-leaves-in-list",
        "smoke.delete_product",
        "a deleted product is gone from list",
        "A deleted product stays in the lists.",
        ListsRemoved,
    ),
    _fault(
        "category-leaks",
        "smoke.list_by_category",
        "category list holds only the category",
        "A list by category holds a product of another category.",
        CategoryLeaks,
    ),
    _fault(
        "category-forgets",
        "smoke.list_by_category",
        "category list holds what the run made",
        "A list by category leaves out the newest product.",
        CategoryForgets,
    ),
    _fault(
        "price-filter-leaks",
        "smoke.list_by_price",
        "price list holds only prices in the range",
        "A list by price holds a product beyond its range.",
        PriceLeaks,
    ),
    _fault(
        "price-boundary-exclusive",
        "smoke.list_by_price",
        "price list leaves out nothing that the run made",
        "A list by price leaves out products at exactly its lowest or highest price.",
        ExcludesBoundaries,
    ),
)
