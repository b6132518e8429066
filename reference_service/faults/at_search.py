"""Faults in what filters and searches select."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from reference_service.faults.at_lists import Found
from reference_service.faults.fault import Fault, faults
from reference_service.faults.wrapping import PassingCatalog, catalog
from reference_service.handlers.catalog import Catalog
from reference_service.handlers.cursor import Position
from reference_service.handlers.product import Entry
from reference_service.handlers.selection import Selection


class Filters(PassingCatalog):
    """Other filters than those asked for, and fewer products than they select.

    `loosened` gives the selection that is asked of the catalog, `keeps` says of each product
    that it finds whether it stays in the list for the selection that was asked for.
    """

    def __init__(
        self,
        inner: Catalog,
        *,
        loosened: Callable[[Selection], Selection] = lambda selection: selection,
        keeps: Callable[[Selection, Entry], bool] = lambda _, entry: True,
    ) -> None:
        super().__init__(inner)
        self._loosened = loosened
        self._keeps = keeps

    def page(self, selection: Selection, *, after: Position | None, limit: int) -> Found:
        loosened = self._loosened(selection)
        entries, position = self.inner.page(loosened, after=after, limit=limit)
        return [entry for entry in entries if self._keeps(selection, entry)], position


def _name_only(selection: Selection, entry: Entry) -> bool:
    return selection.q is None or selection.q.casefold() in entry.product.name.casefold()


def _same_case(selection: Selection, entry: Entry) -> bool:
    product = entry.product
    return selection.q is None or selection.q in product.name or selection.q in product.description


def _search_alone(selection: Selection) -> Selection:
    return selection if selection.q is None else Selection(q=selection.q, sort=selection.sort)


def _price_alone(selection: Selection) -> Selection:
    """Beside a price, whether there is any in stock is not looked at."""
    if selection.min_price is None and selection.max_price is None:
        return selection
    return msgspec.structs.replace(selection, availability=None)


def _any_availability_in_category(selection: Selection) -> Selection:
    if selection.category is None:
        return selection
    return msgspec.structs.replace(selection, availability=None)


def _price_unread(selection: Selection) -> Selection:
    return msgspec.structs.replace(selection, min_price=None, max_price=None)


def _price_as_text(selection: Selection, entry: Entry) -> bool:
    price = format(entry.product.price)
    low, high = selection.min_price, selection.max_price
    return (low is None or price >= format(low)) and (high is None or price <= format(high))


class AddsNeighbours(PassingCatalog):
    """Beside what a search finds stands what else is of the categories of its finds."""

    def page(self, selection: Selection, *, after: Position | None, limit: int) -> Found:
        entries, position = self.inner.page(selection, after=after, limit=limit)
        if selection.q is not None and position is None:
            for category in sorted({entry.product.category for entry in entries}):
                beside = Selection(category=category)
                near, _ = self.inner.page(beside, after=None, limit=limit)
                known = {entry.product.product_id for entry in entries}
                room = limit - len(entries)
                entries += [each for each in near if each.product.product_id not in known][:room]
        return entries, position


class FirstAvailability(PassingCatalog):
    """Lists know the availability that a product was made with."""

    def __init__(self, inner: Catalog) -> None:
        super().__init__(inner)
        self._first: dict[str, str] = {}

    def add(self, entry: Entry) -> None:
        self.inner.add(entry)
        self._first[entry.product.product_id] = entry.product.availability

    def page(self, selection: Selection, *, after: Position | None, limit: int) -> Found:
        wanted = selection.availability
        loosened = msgspec.structs.replace(selection, availability=None)
        entries, position = self.inner.page(loosened, after=after, limit=limit)
        if wanted is not None:
            entries = [entry for entry in entries if self._known(entry) == wanted]
        return entries, position

    def _known(self, entry: Entry) -> str:
        return self._first.get(entry.product.product_id, entry.product.availability)


_search = faults("catalog", "integration.search")
_list = faults("catalog", "integration.availability_list")
_model = faults("catalog", "catalog.search_model")

FAULTS: tuple[Fault, ...] = (
    _search(
        "search-in-names-only",
        "search finds text in the description",
        "A search does not look into descriptions.",
        catalog(lambda inner: Filters(inner, keeps=_name_only)),
    ),
    _search(
        "search-heeds-case",
        "search ignores case",
        "A search finds text only as it is written.",
        catalog(lambda inner: Filters(inner, keeps=_same_case)),
    ),
    _search(
        "search-forgets-filters",
        "search combines with a filter",
        "With a search, the other filters are not looked at.",
        catalog(lambda inner: Filters(inner, loosened=_search_alone)),
    ),
    _search(
        "search-adds-neighbours",
        "search finds nothing else",
        "A search finds what stands beside its finds, too.",
        catalog(AddsNeighbours),
    ),
    _list(
        "availability-unread-in-category",
        "availability list holds only what has it",
        "In a list by category the availability is not looked at.",
        catalog(lambda inner: Filters(inner, loosened=_any_availability_in_category)),
    ),
    _list(
        "availability-list-not-updated",
        "availability list follows an update",
        "A list by availability knows the one that a product was made with.",
        catalog(FirstAvailability),
    ),
    _model(
        "second-filter-ignored",
        "a list is what its filters select",
        "Where a price is asked for, availability is not looked at.",
        catalog(lambda inner: Filters(inner, loosened=_price_alone)),
    ),
    _model(
        "price-filter-as-text",
        "a list is what its filters select",
        "A list by price compares prices letter by letter.",
        catalog(lambda inner: Filters(inner, loosened=_price_unread, keeps=_price_as_text)),
    ),
)
