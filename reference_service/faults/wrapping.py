"""How a fault gets at one part of the composition and leaves the others alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import msgspec
from aws_lambda_powertools.event_handler import Response

from reference_service.faults.fault import Wrapper
from reference_service.handlers.catalog import Catalog
from reference_service.handlers.cursor import Position
from reference_service.handlers.image_store import ImageStore
from reference_service.handlers.problem import Problem
from reference_service.handlers.product import Entry, StoredImage
from reference_service.handlers.selection import Selection
from reference_service.handlers.service import Call, Handler, Service
from reference_service.local.stack import Composition

_decode = msgspec.json.Decoder(float_hook=Decimal).decode
_encode = msgspec.json.Encoder(decimal_format="number").encode

# Sees the call and its healthy answer; gives back what is sent instead.
Spoiler = Callable[[Call, Response[Any]], Response[Any]]


def parts(composition: Composition, **changed: Any) -> Composition:
    """The composition with other parts in its service."""
    service = msgspec.structs.replace(composition.service, **changed)
    return msgspec.structs.replace(composition, service=service)


def answer(operation: str, spoil: Spoiler) -> Wrapper:
    """Spoils the answers of one handler."""

    def install(composition: Composition) -> Composition:
        healthy = composition.service.handlers[operation]

        def spoilt(call: Call, service: Service) -> Response[Any]:
            return spoil(call, healthy(call, service))

        handlers: dict[str, Handler] = {**composition.service.handlers, operation: spoilt}
        return parts(composition, handlers=handlers)

    return install


def status(code: int) -> Spoiler:
    """The same answer under another status."""

    def spoil(_: Call, response: Response[Any]) -> Response[Any]:
        response.status_code = code
        return response

    return spoil


def body(edit: Callable[[dict[str, Any]], None]) -> Spoiler:
    """The same answer with its JSON object edited in place."""

    def spoil(_: Call, response: Response[Any]) -> Response[Any]:
        content = _decode(response.body or "{}")
        edit(content)
        response.body = _encode(content).decode()
        return response

    return spoil


def without_header(name: str) -> Spoiler:
    """The same answer without one of its headers."""

    def spoil(_: Call, response: Response[Any]) -> Response[Any]:
        response.headers.pop(name, None)
        return response

    return spoil


def catalog(wrap: Callable[[Catalog], Catalog]) -> Wrapper:
    """Puts a catalog in front of the catalog."""
    return lambda composition: parts(composition, catalog=wrap(composition.service.catalog))


def images(wrap: Callable[[ImageStore], ImageStore]) -> Wrapper:
    """Puts an image store in front of the image store."""
    return lambda composition: parts(composition, images=wrap(composition.service.images))


class PassingCatalog:
    """A catalog that passes everything on; a fault overrides what it spoils."""

    def __init__(self, inner: Catalog) -> None:
        self.inner = inner

    def add(self, entry: Entry) -> None:
        self.inner.add(entry)

    def get(self, product_id: str) -> Entry | None:
        return self.inner.get(product_id)

    def change(
        self, product_id: str, changes: Mapping[str, object], *, if_match: str | None
    ) -> Entry:
        return self.inner.change(product_id, changes, if_match=if_match)

    def set_image(
        self, product_id: str, image: StoredImage | None, image_url: str | None
    ) -> StoredImage | None:
        return self.inner.set_image(product_id, image, image_url)

    def remove(self, product_id: str, *, if_match: str | None) -> Entry:
        return self.inner.remove(product_id, if_match=if_match)

    def page(
        self, selection: Selection, *, after: Position | None, limit: int
    ) -> tuple[list[Entry], Position | None]:
        return self.inner.page(selection, after=after, limit=limit)

    def owners(self, skus: Sequence[str]) -> dict[str, str]:
        return self.inner.owners(skus)

    def get_many(self, product_ids: Sequence[str]) -> dict[str, Entry]:
        return self.inner.get_many(product_ids)

    def add_all(self, entries: Sequence[Entry]) -> list[Problem | None]:
        return self.inner.add_all(entries)

    def change_all(
        self, changes: Sequence[tuple[Entry, Mapping[str, object]]]
    ) -> list[Problem | None]:
        return self.inner.change_all(changes)

    def categories(self) -> set[str]:
        return self.inner.categories()

    def reachable(self) -> bool:
        return self.inner.reachable()


class PassingImages:
    """An image store that passes everything on; a fault overrides what it spoils."""

    def __init__(self, inner: ImageStore) -> None:
        self.inner = inner

    def put(self, key: str, data: bytes, content_type: str) -> None:
        self.inner.put(key, data, content_type)

    def delete(self, key: str) -> None:
        self.inner.delete(key)

    def reachable(self) -> bool:
        return self.inner.reachable()


def altered(entry: Entry, **fields: Any) -> Entry:
    """The entry with other product fields."""
    return msgspec.structs.replace(entry, product=msgspec.structs.replace(entry.product, **fields))
