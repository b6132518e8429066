"""How a fault gets at one part of the composition and leaves the others alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import msgspec
from aws_lambda_powertools.event_handler import Response

from reference_service.faults.fault import Wrapper
from reference_service.handlers.app import Function
from reference_service.handlers.catalog import Catalog
from reference_service.handlers.cursor import Position
from reference_service.handlers.image_store import ImageStore
from reference_service.handlers.order_book import OrderBook
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


def around(operation: str, act: Callable[[Handler, Call, Service], Response[Any]]) -> Wrapper:
    """Acts in the place of one handler, and may ask the healthy one."""

    def install(composition: Composition) -> Composition:
        healthy = composition.service.handlers[operation]

        def spoilt(call: Call, service: Service) -> Response[Any]:
            return act(healthy, call, service)

        handlers: dict[str, Handler] = {**composition.service.handlers, operation: spoilt}
        return parts(composition, handlers=handlers)

    return install


def both(*wrappers: Wrapper) -> Wrapper:
    """One wrapper after another."""

    def install(composition: Composition) -> Composition:
        for wrapper in wrappers:
            composition = wrapper(composition)
        return composition

    return install


def sent(operation: str, edit: Callable[[Any], Any]) -> Wrapper:
    """Changes the JSON that one handler gets to see."""
    return around(operation, lambda healthy, call, service: healthy(with_body(call, edit), service))


def with_body(call: Call, edit: Callable[[Any], Any]) -> Call:
    """The call with its JSON body edited; as it is where there is none."""
    content = content_of(call)
    if content is None:
        return call
    edited = _encode(edit(content)).decode()
    return _with(call, {"body": edited, "isBase64Encoded": False})


def content_of(call: Call) -> Any:
    """The JSON body of a call, None where there is none."""
    try:
        return _decode(call.event.body or "")
    except msgspec.DecodeError:
        return None


def with_query(call: Call, edit: Callable[[dict[str, list[str]]], None]) -> Call:
    """The call with other parameters in its query."""
    query = {name: list(values) for name, values in _query(call).items()}
    edit(query)
    single = {name: values[-1] for name, values in query.items()}
    return _with(
        call,
        {
            "multiValueQueryStringParameters": query or None,
            "queryStringParameters": single or None,
        },
    )


def _query(call: Call) -> Mapping[str, Sequence[str]]:
    return call.event.multi_value_query_string_parameters or {}


def asked(call: Call, name: str) -> str | None:
    """A parameter of the query, None where it is not there."""
    values = _query(call).get(name)
    return values[-1] if values else None


def _with(call: Call, changed: Mapping[str, Any]) -> Call:
    event = type(call.event)({**call.event.raw_event, **changed})
    return msgspec.structs.replace(call, event=event)


def function(wrap: Callable[[Function], Function]) -> Wrapper:
    """Puts a function in front of the function that answers events."""

    def install(composition: Composition) -> Composition:
        return msgspec.structs.replace(composition, function=wrap)

    return install


def client(wrap: Callable[[Any], Any]) -> Wrapper:
    """Composes the service anew over a client in front of DynamoDB's."""

    def install(composition: Composition) -> Composition:
        service = composition.recompose(dynamodb=wrap(composition.clients["dynamodb"]))
        return msgspec.structs.replace(composition, service=service)

    return install


def orders(wrap: Callable[[OrderBook, Catalog], OrderBook]) -> Wrapper:
    """Puts an order book in front of the order book; it may look into the catalog."""

    def install(composition: Composition) -> Composition:
        service = composition.service
        return parts(composition, orders=wrap(service.orders, service.catalog))

    return install


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
