"""Faults in what the catalog keeps and finds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

import msgspec

from reference_service.faults.fault import Fault
from reference_service.faults.wrapping import PassingCatalog, altered, catalog
from reference_service.handlers.catalog import Catalog
from reference_service.handlers.problem import Problem
from reference_service.handlers.product import (
    Entry,
    Product,
    StoredImage,
    availability,
)


class LosesDescription(PassingCatalog):
    def add(self, entry: Entry) -> None:
        self.inner.add(altered(entry, description=""))


class PriceOffByACent(PassingCatalog):
    def add(self, entry: Entry) -> None:
        self.inner.add(altered(entry, price=entry.product.price + Decimal("0.01")))


class AcceptsKnownSku(PassingCatalog):
    def add(self, entry: Entry) -> None:
        try:
            self.inner.add(entry)
        except Problem as problem:
            if problem.status != 409:
                raise
            # Kept under a sku of its own, so that removing either leaves the other whole.
            sku = f"{entry.product.sku[:40]}-{entry.product.product_id[:8]}"
            self.inner.add(altered(entry, sku=sku))


class DropsUnsent(PassingCatalog):
    """An update writes the fields that were not sent as if they were empty."""

    def change(
        self, product_id: str, changes: Mapping[str, object], *, if_match: str | None
    ) -> Entry:
        empty: dict[str, object] = {"description": "", "inventory": 0, "image_url": None}
        return self.inner.change(product_id, {**empty, **changes}, if_match=if_match)


class ForgetsUpdates(PassingCatalog):
    """An update is answered as if it were stored."""

    def change(
        self, product_id: str, changes: Mapping[str, object], *, if_match: str | None
    ) -> Entry:
        entry = self.inner.get(product_id)
        if entry is None:
            return self.inner.change(product_id, changes, if_match=if_match)
        fields = dict(changes)
        if isinstance(inventory := fields.get("inventory"), int):
            fields["availability"] = availability(inventory)
        return altered(entry, **fields)


class ReadsStale(PassingCatalog):
    """A get after an update finds the product as it was before."""

    def __init__(self, inner: Catalog) -> None:
        super().__init__(inner)
        self._before: dict[str, Entry] = {}

    def change(
        self, product_id: str, changes: Mapping[str, object], *, if_match: str | None
    ) -> Entry:
        before = self.inner.get(product_id)
        after = self.inner.change(product_id, changes, if_match=if_match)
        if before is not None:
            self._before[product_id] = before
        return after

    def get(self, product_id: str) -> Entry | None:
        entry = self.inner.get(product_id)
        return None if entry is None else self._before.get(product_id, entry)


class FindsUnknown(PassingCatalog):
    """An id that never was is found; one that was deleted is not."""

    def __init__(self, inner: Catalog) -> None:
        super().__init__(inner)
        self._removed: set[str] = set()

    def remove(self, product_id: str, *, if_match: str | None) -> Entry:
        entry = self.inner.remove(product_id, if_match=if_match)
        self._removed.add(product_id)
        return entry

    def get(self, product_id: str) -> Entry | None:
        entry = self.inner.get(product_id)
        if entry is not None or product_id in self._removed:
            return entry
        return Entry(
            product=Product(
                product_id=product_id,
                name="Product",
                description="",
                category="Products",
                price=Decimal(1),
                currency="USD",
                inventory=0,
                availability="out_of_stock",
                sku="PRODUCT",
                image_url=None,
                variants=[],
                created_at="2026-01-01T00:00:00.000000Z",
                updated_at="2026-01-01T00:00:00.000000Z",
            ),
            version=1,
        )


class KeepsRemoved(PassingCatalog):
    def remove(self, product_id: str, *, if_match: str | None) -> Entry:
        entry = self.inner.get(product_id)
        if entry is None:
            return self.inner.remove(product_id, if_match=if_match)
        return msgspec.structs.replace(entry, image=None)


class ForgetsImages(PassingCatalog):
    def set_image(
        self, product_id: str, image: StoredImage | None, image_url: str | None
    ) -> StoredImage | None:
        return None


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
        "loses-description",
        "smoke.create_product",
        "a created product is read back",
        "A product is stored without its description.",
        LosesDescription,
    ),
    _fault(
        "price-off-by-a-cent",
        "smoke.create_product",
        "a created product is read back",
        "A product is stored with its price a cent too high; the answer shows the right one.",
        PriceOffByACent,
    ),
    _fault(
        "duplicate-sku",
        "smoke.create_product",
        "a second product with the same sku is refused",
        "A second product with the same sku is accepted.",
        AcceptsKnownSku,
    ),
    _fault(
        "unknown-id-200",
        "smoke.get_product",
        "an unknown id is 404",
        "An id that never was is answered with a product.",
        FindsUnknown,
    ),
    _fault(
        "update-drops-unsent",
        "smoke.update_product",
        "update keeps what was not sent",
        "An update empties the fields that were not sent.",
        DropsUnsent,
    ),
    _fault(
        "update-not-stored",
        "smoke.update_product",
        "an update is read back",
        "An update is answered, but not stored.",
        ForgetsUpdates,
    ),
    _fault(
        "stale-read",
        "smoke.update_product",
        "an update is read back",
        "A get shows a product as it was before its last update.",
        ReadsStale,
    ),
    _fault(
        "delete-not-deleted",
        "smoke.delete_product",
        "a deleted product is gone from get",
        "A delete is answered, and the product stays.",
        KeepsRemoved,
    ),
    _fault(
        "upload-forgets",
        "smoke.upload_image",
        "an image's record is read back",
        "An uploaded image is stored, and no record of it kept.",
        ForgetsImages,
    ),
)
