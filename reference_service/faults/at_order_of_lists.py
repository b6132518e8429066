"""Faults in how lists are sorted and cut into pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from aws_lambda_powertools.event_handler import Response

from reference_service.faults.at_lists import Found
from reference_service.faults.fault import Fault, faults
from reference_service.faults.wrapping import PassingCatalog, around, asked, catalog, with_query
from reference_service.handlers.catalog import Catalog
from reference_service.handlers.cursor import Position
from reference_service.handlers.problem import Problem
from reference_service.handlers.product import Entry
from reference_service.handlers.selection import Selection
from reference_service.handlers.service import Call, Handler, Service
from reference_service.local.stack import Composition

Arranging = Callable[[Selection, list[Entry]], list[Entry]]


class Arranges(PassingCatalog):
    """Reads a whole list, arranges it anew, and counts its pages off."""

    def __init__(self, inner: Catalog, arrange: Arranging) -> None:
        super().__init__(inner)
        self._arrange = arrange

    def page(self, selection: Selection, *, after: Position | None, limit: int) -> Found:
        start = 0 if after is None else int(after.value)
        listed = self._arrange(selection, self._whole(selection))
        following = start + limit
        position = Position(value=str(following), product_id="")
        return listed[start:following], position if following < len(listed) else None

    def _whole(self, selection: Selection) -> list[Entry]:
        found: list[Entry] = []
        position: Position | None = None
        while True:
            entries, position = self.inner.page(selection, after=position, limit=100)
            found += entries
            if position is None:
                return found


def _sorted(sort: str, key: Callable[[Entry], Any]) -> Callable[[Catalog], Catalog]:
    """Sorts by another key where `sort`, or its reverse, was asked for."""

    def arrange(selection: Selection, listed: list[Entry]) -> list[Entry]:
        if selection.sort not in (sort, f"-{sort}"):
            return listed
        return sorted(listed, key=key, reverse=selection.sort.startswith("-"))

    return lambda inner: Arranges(inner, arrange)


def _never_reversed(selection: Selection, listed: list[Entry]) -> list[Entry]:
    return listed[::-1] if selection.sort == "-price" else listed


def _one_of_each_name(selection: Selection, listed: list[Entry]) -> list[Entry]:
    if selection.sort not in ("name", "-name"):
        return listed
    return list({entry.product.name: entry for entry in listed}.values())


class TurnsTies(Arranges):
    """Products of one name stand the other way round at each call."""

    def __init__(self, inner: Catalog) -> None:
        super().__init__(inner, self._turned)
        self._calls = 0

    def _turned(self, selection: Selection, listed: list[Entry]) -> list[Entry]:
        if selection.sort not in ("name", "-name"):
            return listed
        self._calls += 1
        turned = listed[::-1] if self._calls % 2 else listed
        reverse = selection.sort == "-name"
        return sorted(turned, key=lambda entry: entry.product.name, reverse=reverse)


class LongPages(PassingCatalog):
    def page(self, selection: Selection, *, after: Position | None, limit: int) -> Found:
        return self.inner.page(selection, after=after, limit=limit + 1)


class CutsDescriptions(PassingCatalog):
    """A list shows the beginning of a description."""

    def page(self, selection: Selection, *, after: Position | None, limit: int) -> Found:
        entries, position = self.inner.page(selection, after=after, limit=limit)
        return [self._short(entry) for entry in entries], position

    def _short(self, entry: Entry) -> Entry:
        text = entry.product.description[:20]
        product = msgspec.structs.replace(entry.product, description=text)
        return msgspec.structs.replace(entry, product=product)


class SkipsOne(PassingCatalog):
    """A page starts behind the product that it should start with."""

    def page(self, selection: Selection, *, after: Position | None, limit: int) -> Found:
        entries, position = self.inner.page(selection, after=after, limit=limit)
        if position is not None:
            _, behind = self.inner.page(selection, after=position, limit=1)
            position = behind or position
        return entries, position


class LosesHundredth(PassingCatalog):
    """The hundredth product of a full page is in no page."""

    def page(self, selection: Selection, *, after: Position | None, limit: int) -> Found:
        entries, position = self.inner.page(selection, after=after, limit=limit)
        return entries[:99], position


def _takes_altered_cursors(healthy: Handler, call: Call, service: Service) -> Response[Any]:
    """A list whose cursor cannot be read begins at its beginning."""
    try:
        return healthy(call, service)
    except Problem:
        if asked(call, "cursor") is None:
            raise
        return healthy(with_query(call, _without_cursor), service)


def _without_cursor(query: dict[str, list[str]]) -> None:
    query.pop("cursor")


class AnyList:
    """A cursor that was given out once is taken for every list."""

    def __init__(self) -> None:
        self._given: set[str] = set()

    def __call__(self, healthy: Handler, call: Call, service: Service) -> Response[Any]:
        try:
            response = healthy(call, service)
        except Problem:
            if asked(call, "cursor") not in self._given:
                raise
            response = healthy(with_query(call, _without_cursor), service)
        following = msgspec.json.decode(response.body or "{}").get("next_cursor")
        if following is not None:
            self._given.add(following)
        return response


def _any_list(composition: Composition) -> Composition:
    # What was given out is known anew each time that the fault is installed.
    return around("list", AnyList())(composition)


_list = faults("catalog", "integration.list_handler")
_pages = faults("catalog", "catalog.pagination")
_cursors = faults("handler", "catalog.pagination")
_price = faults("catalog", "catalog.sort_by_price")
_name = faults("catalog", "catalog.sort_by_name")

FAULTS: tuple[Fault, ...] = (
    _list(
        "page-one-too-long",
        "no page is longer than its limit",
        "A page holds one product more than its limit.",
        catalog(LongPages),
    ),
    _list(
        "list-cuts-descriptions",
        "a list shows products as get does",
        "A list shows the beginning of each description.",
        catalog(CutsDescriptions),
    ),
    _pages(
        "cursor-skips-one",
        "every product exactly once",
        "A cursor skips the product that the next page starts with.",
        catalog(SkipsOne),
    ),
    _cursors(
        "altered-cursor-accepted",
        "an altered cursor is 400",
        "A list whose cursor cannot be read starts again.",
        around("list", _takes_altered_cursors),
    ),
    _cursors(
        "cursor-for-any-list",
        "a cursor is for its own filters",
        "The cursor of one list is taken for another one.",
        _any_list,
    ),
    faults("catalog", "catalog.bulk_thousand")(
        "hundredth-of-page-lost",
        "each of a thousand is read back",
        "A page of 100 products holds 99, and the other one is in no page.",
        catalog(LosesHundredth),
    ),
    faults("catalog", "catalog.pagination_under_change")(
        "pages-counted-off",
        "what stays is listed exactly once",
        "A cursor says how many products came before it.",
        catalog(lambda inner: Arranges(inner, lambda _, listed: listed)),
    ),
    _price(
        "price-sorted-as-text",
        "a list is in order",
        "A list by price is sorted letter by letter.",
        catalog(_sorted("price", lambda entry: format(entry.product.price))),
    ),
    _price(
        "price-never-reversed",
        "the reverse is in order",
        "A list from the highest price down begins with the lowest one.",
        catalog(lambda inner: Arranges(inner, _never_reversed)),
    ),
    _name(
        "name-sorted-without-case",
        "a list is in order",
        "A list by name is sorted as if all letters were small.",
        catalog(_sorted("name", lambda entry: entry.product.name.casefold())),
    ),
    _name(
        "ties-turned-at-each-call",
        "ties keep their order",
        "Products of one name stand in another order at each call.",
        catalog(TurnsTies),
    ),
    _name(
        "sorted-list-drops-equals",
        "a sorted list is complete",
        "Of several products of one name, a list by name holds one.",
        catalog(lambda inner: Arranges(inner, _one_of_each_name)),
    ),
    faults("catalog", "catalog.sort_by_created_at")(
        "changed-sorts-as-new",
        "a list is in order",
        "A list by created_at is sorted by the last change.",
        catalog(_sorted("created_at", lambda entry: entry.product.updated_at)),
    ),
)
