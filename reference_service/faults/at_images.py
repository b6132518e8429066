"""Faults in what becomes of images, and of their records."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from reference_service.faults.fault import Fault, faults
from reference_service.faults.wrapping import (
    PassingCatalog,
    PassingImages,
    altered,
    catalog,
    images,
    parts,
)
from reference_service.handlers.catalog import Catalog
from reference_service.handlers.image_kind import ImageKind
from reference_service.handlers.problem import Problem
from reference_service.handlers.product import Entry, StoredImage
from reference_service.local.stack import Composition


class CutsOff(PassingImages):
    """An image is stored without its last byte."""

    def put(self, key: str, data: bytes, content_type: str) -> None:
        self.inner.put(key, data[:-1], content_type)


class StoresNothing(PassingImages):
    def put(self, key: str, data: bytes, content_type: str) -> None:
        """An upload is thrown away."""


def _or_as_it_is(composition: Composition) -> Callable[[bytes, ImageKind], bytes]:
    """The picture alone, and what is none as it came."""
    picture = composition.service.picture_only

    def kept(data: bytes, kind: ImageKind) -> bytes:
        try:
            return picture(data, kind)
        except Problem:
            return data

    return kept


def _accept_anything(composition: Composition) -> Composition:
    healthy = composition.service.image_kind

    def anything(data: bytes) -> ImageKind:
        try:
            return healthy(data)
        except Problem:
            return ImageKind(content_type="image/jpeg", ending="jpg")

    return parts(composition, image_kind=anything, picture_only=_or_as_it_is(composition))


class DeletesNothing(PassingImages):
    def delete(self, key: str) -> None:
        """A deleted image stays where it is."""


class KeepsFirstImage(PassingCatalog):
    """A second image is stored, and the record stays that of the first."""

    def set_image(
        self, product_id: str, image: StoredImage | None, image_url: str | None
    ) -> StoredImage | None:
        entry = self.inner.get(product_id)
        if image is not None and entry is not None and entry.image is not None:
            return None
        return self.inner.set_image(product_id, image, image_url)


class KeepsAddress(PassingCatalog):
    """A product goes on showing the address of its deleted image."""

    def set_image(
        self, product_id: str, image: StoredImage | None, image_url: str | None
    ) -> StoredImage | None:
        entry = self.inner.get(product_id)
        if image is None and entry is not None:
            image_url = entry.product.image_url
        return self.inner.set_image(product_id, image, image_url)


class RemovesProductAlone(PassingCatalog):
    def remove(self, product_id: str, *, if_match: str | None) -> Entry:
        entry = self.inner.remove(product_id, if_match=if_match)
        return msgspec.structs.replace(entry, image=None)


class RenamesInMemory(PassingCatalog):
    """A new name is kept by whoever answers, and not in the database."""

    def __init__(self, inner: Catalog) -> None:
        super().__init__(inner)
        self._names: dict[str, object] = {}

    def change(
        self, product_id: str, changes: Mapping[str, object], *, if_match: str | None
    ) -> Entry:
        rest = {name: value for name, value in changes.items() if name != "name"}
        entry = self.inner.change(product_id, rest, if_match=if_match)
        if "name" in changes:
            self._names[product_id] = changes["name"]
        return self._named(entry)

    def get(self, product_id: str) -> Entry | None:
        entry = self.inner.get(product_id)
        return None if entry is None else self._named(entry)

    def _named(self, entry: Entry) -> Entry:
        name = self._names.get(entry.product.product_id, entry.product.name)
        return altered(entry, name=name)


def _refuse_webp(composition: Composition) -> Composition:
    healthy = composition.service.image_kind

    def without_webp(data: bytes) -> ImageKind:
        kind = healthy(data)
        if kind.ending == "webp":
            raise Problem(415, "The upload is no JPEG or PNG image.")
        return kind

    return parts(composition, image_kind=without_webp)


_FIRST_BYTES = {
    b"\xff\xd8\xff": ImageKind(content_type="image/jpeg", ending="jpg"),
    b"\x89PNG\r\n\x1a\n": ImageKind(content_type="image/png", ending="png"),
}


def _look_at_first_bytes(composition: Composition) -> Composition:
    healthy = composition.service.image_kind

    def by_first_bytes(data: bytes) -> ImageKind:
        for beginning, kind in _FIRST_BYTES.items():
            if data.startswith(beginning):
                return kind
        return healthy(data)

    return parts(composition, image_kind=by_first_bytes, picture_only=_or_as_it_is(composition))


_life = faults("image store", "integration.image_lifecycle")
_formats = faults("image store", "integration.image_formats")
_database = faults("catalog", "integration.database_integrity")

FAULTS: tuple[Fault, ...] = (
    _life(
        "second-image-not-recorded",
        "a new image has a new address",
        "A second image is stored, and the first one's address shown.",
        catalog(KeepsFirstImage),
    ),
    _life(
        "deleted-image-still-delivered",
        "a deleted image is refused",
        "A deleted image has no record, and is delivered for ever.",
        images(DeletesNothing),
    ),
    _life(
        "deleted-image-still-shown",
        "a deleted image's record is gone",
        "A product shows the address of its deleted image.",
        catalog(KeepsAddress),
    ),
    _formats(
        "webp-refused",
        "JPEG, PNG and WebP are taken",
        "A WebP image is refused.",
        _refuse_webp,
    ),
    _formats(
        "image-told-by-first-bytes",
        "content counts and not the name",
        "What begins like an image is taken for one.",
        _look_at_first_bytes,
    ),
    _database(
        "deleted-product-leaves-image",
        "no image is without its product",
        "A deleted product's image stays in the bucket.",
        catalog(RemovesProductAlone),
    ),
    _database(
        "names-kept-in-memory",
        "DynamoDB holds what the API says",
        "A new name is shown, and not stored.",
        catalog(RenamesInMemory),
    ),
    Fault(
        name="upload-accepts-anything",
        seam="image store",
        check="smoke.upload_image",
        reason="what is no image is refused",
        description="Whatever is uploaded is accepted as an image.",
        install=_accept_anything,
    ),
    Fault(
        name="image-cut-off",
        seam="image store",
        check="smoke.image_delivery",
        reason="image comes back byte for byte",
        description="An image is stored without its last byte.",
        install=images(CutsOff),
    ),
    Fault(
        name="image-lost",
        seam="image store",
        check="smoke.image_delivery",
        reason="image answers 200",
        description="An upload is answered, and the image thrown away.",
        install=images(StoresNothing),
    ),
)
