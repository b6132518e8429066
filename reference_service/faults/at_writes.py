"""Faults in what creating, updating and deleting keep."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec

from reference_service.faults.fault import Fault, faults
from reference_service.faults.wrapping import PassingCatalog, altered, catalog
from reference_service.handlers.catalog import Catalog
from reference_service.handlers.problem import Problem, sku_taken
from reference_service.handlers.product import Entry
from reference_service.local.stack import Composition


class TimesWithoutZone(PassingCatalog):
    def add(self, entry: Entry) -> None:
        now = entry.product.created_at.removesuffix("Z")
        self.inner.add(altered(entry, created_at=now, updated_at=now))


class NewIsInStock(PassingCatalog):
    def add(self, entry: Entry) -> None:
        self.inner.add(altered(entry, availability="in_stock"))


class Rewrites(PassingCatalog):
    """Rewrites some fields on their way in."""

    def __init__(self, inner: Catalog, fields: dict[str, Callable[[Any], Any]]) -> None:
        super().__init__(inner)
        self._fields = fields

    def add(self, entry: Entry) -> None:
        product = msgspec.structs.asdict(entry.product)
        sent = {name: product[name] for name in self._fields}
        self.inner.add(altered(entry, **self._rewritten(sent)))

    def change(
        self, product_id: str, changes: Mapping[str, object], *, if_match: str | None
    ) -> Entry:
        return self.inner.change(product_id, self._rewritten(changes), if_match=if_match)

    def _rewritten(self, fields: Mapping[str, object]) -> dict[str, object]:
        return {
            name: self._fields[name](value) if name in self._fields else value
            for name, value in fields.items()
        }


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _through_float(price: Decimal) -> Decimal:
    """Cents by way of a binary fraction, in which 19.99 times 100 is a little less than 1999."""
    return Decimal(math.floor(float(price) * 100)) / 100


class Changes(PassingCatalog):
    """Edits what an update writes, knowing the product as it was."""

    def __init__(
        self, inner: Catalog, edit: Callable[[Entry, dict[str, object]], dict[str, object]]
    ) -> None:
        super().__init__(inner)
        self._edit = edit

    def change(
        self, product_id: str, changes: Mapping[str, object], *, if_match: str | None
    ) -> Entry:
        before = self.inner.get(product_id)
        edited = dict(changes) if before is None else self._edit(before, dict(changes))
        return self.inner.change(product_id, edited, if_match=if_match)


def _created_again(_: Entry, changes: dict[str, object]) -> dict[str, object]:
    moment = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return {**changes, "created_at": moment}


def _described_by_name(_: Entry, changes: dict[str, object]) -> dict[str, object]:
    return {"description": changes["name"], **changes} if "name" in changes else changes


class IgnoresIfMatch(PassingCatalog):
    def change(
        self, product_id: str, changes: Mapping[str, object], *, if_match: str | None
    ) -> Entry:
        return self.inner.change(product_id, changes, if_match=None)


class RefusesEachIfMatch(PassingCatalog):
    def change(
        self, product_id: str, changes: Mapping[str, object], *, if_match: str | None
    ) -> Entry:
        stale = None if if_match is None else '"0"'
        return self.inner.change(product_id, changes, if_match=stale)


class RefusesHalf(PassingCatalog):
    """A refused update has changed the stock by the time that it is refused."""

    def change(
        self, product_id: str, changes: Mapping[str, object], *, if_match: str | None
    ) -> Entry:
        try:
            return self.inner.change(product_id, changes, if_match=if_match)
        except Problem as problem:
            if problem.status == 412 and "inventory" in changes:
                stock = {"inventory": changes["inventory"]}
                self.inner.change(product_id, stock, if_match=None)
            raise


class RemovesWhateverVersion(PassingCatalog):
    def remove(self, product_id: str, *, if_match: str | None) -> Entry:
        return self.inner.remove(product_id, if_match=None)


class RemovesAgain(PassingCatalog):
    """What was removed once can be removed for ever."""

    def __init__(self, inner: Catalog) -> None:
        super().__init__(inner)
        self._removed: dict[str, Entry] = {}

    def remove(self, product_id: str, *, if_match: str | None) -> Entry:
        if product_id in self._removed:
            return self._removed[product_id]
        entry = self.inner.remove(product_id, if_match=if_match)
        self._removed[product_id] = msgspec.structs.replace(entry, image=None)
        return entry


class KeepsSkus(PassingCatalog):
    """The sku of a removed product stays taken."""

    def __init__(self, inner: Catalog) -> None:
        super().__init__(inner)
        self._taken: set[str] = set()

    def add(self, entry: Entry) -> None:
        if entry.product.sku in self._taken:
            raise sku_taken(entry.product.sku)
        self.inner.add(entry)

    def remove(self, product_id: str, *, if_match: str | None) -> Entry:
        entry = self.inner.remove(product_id, if_match=if_match)
        self._taken.add(entry.product.sku)
        return entry


def _backwards(composition: Composition) -> Composition:
    healthy = composition.service.clock
    back = timedelta(0)

    def clock() -> datetime:
        nonlocal back
        back += timedelta(seconds=30)
        return healthy() - back

    return msgspec.structs.replace(composition, service=composition.recompose(clock=clock))


_create = faults("catalog", "integration.create_handler")
_update = faults("catalog", "integration.update_handler")
_delete = faults("catalog", "integration.delete_handler")

FAULTS: tuple[Fault, ...] = (
    _create(
        "created-at-without-zone",
        "times have a zone",
        "The times of a new product do not say their zone.",
        catalog(TimesWithoutZone),
    ),
    _create(
        "new-product-in-stock",
        "availability follows inventory",
        "A new product is in stock, however little there is of it.",
        catalog(NewIsInStock),
    ),
    _create(
        "unicode-normalised",
        "text comes back as it was sent",
        "Letters and their marks are made one character.",
        catalog(lambda inner: Rewrites(inner, {"name": _composed, "description": _composed})),
    ),
    faults("catalog", "integration.exact_prices")(
        "price-through-float",
        "a price is read back exactly",
        "A price is made whole cents by way of a binary fraction.",
        catalog(lambda inner: Rewrites(inner, {"price": _through_float})),
    ),
    _update(
        "update-renews-created-at",
        "an update keeps created_at and moves updated_at",
        "An update sets created_at as well.",
        catalog(lambda inner: Changes(inner, _created_again)),
    ),
    faults("clock", "integration.update_handler")(
        "clock-runs-backwards",
        "an update keeps created_at and moves updated_at",
        "Each time that is written is before the last one.",
        _backwards,
    ),
    _update(
        "update-describes-by-name",
        "a field is changed alone",
        "A new name is written over the description too.",
        catalog(lambda inner: Changes(inner, _described_by_name)),
    ),
    _update(
        "if-match-ignored",
        "a stale If-Match is 412",
        "An update is made whatever its If-Match says.",
        catalog(IgnoresIfMatch),
    ),
    _update(
        "if-match-never-matches",
        "a matching If-Match is accepted",
        "An update with If-Match is always refused.",
        catalog(RefusesEachIfMatch),
    ),
    _update(
        "refused-update-changes-stock",
        "a refused update changes nothing",
        "An update that is refused with 412 has set the stock.",
        catalog(RefusesHalf),
    ),
    _delete(
        "delete-ignores-if-match",
        "a stale If-Match keeps the product",
        "A product is deleted whatever If-Match says.",
        catalog(RemovesWhateverVersion),
    ),
    _delete(
        "second-delete-answers-204",
        "a second delete is 404",
        "A product that is gone can be deleted again.",
        catalog(RemovesAgain),
    ),
    _delete(
        "deleted-sku-stays-taken",
        "a deleted product's sku is free",
        "The sku of a deleted product cannot be used again.",
        catalog(KeepsSkus),
    ),
)
