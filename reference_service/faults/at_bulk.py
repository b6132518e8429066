"""Faults in what becomes of many products in one call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import msgspec
from aws_lambda_powertools.event_handler import Response

from reference_service.faults.fault import Fault, faults
from reference_service.faults.wrapping import (
    PassingCatalog,
    answer,
    around,
    body,
    both,
    catalog,
    content_of,
    status,
    with_body,
)
from reference_service.handlers import body as bodies
from reference_service.handlers.create import new_entry
from reference_service.handlers.problem import Problem
from reference_service.handlers.product import Entry, NewProduct
from reference_service.handlers.service import Call, Handler, Service

Results = list[dict[str, Any]]


def _results(response: Response[Any]) -> Results:
    found: Results = msgspec.json.decode(response.body or "{}").get("results", [])
    return found


def _items(call: Call) -> list[Any]:
    content = content_of(call)
    items = content.get("items") if isinstance(content, dict) else None
    return items if isinstance(items, list) else []


def _fits(item: Any) -> bool:
    try:
        bodies.fit_item(dict(item), NewProduct)
    except (Problem, TypeError, ValueError):
        return False
    return True


def _stops_at_bad(healthy: Handler, call: Call, service: Service) -> Response[Any]:
    """From the first bad item on, every item counts as bad."""
    items = _items(call)
    good = [_fits(item) for item in items]
    if all(good):
        return healthy(call, service)
    end = good.index(False)
    rest = [{"sku": item.get("sku")} if isinstance(item, dict) else item for item in items[end:]]
    return healthy(with_body(call, lambda _: {"items": items[:end] + rest}), service)


def _keeps_bad_prices(healthy: Handler, call: Call, service: Service) -> Response[Any]:
    """A product whose price is below nothing is kept for nothing, and answered as bad."""
    for item in _items(call):
        price = item.get("price") if isinstance(item, dict) else None
        if isinstance(price, int | Decimal) and price < 0 and _fits({**item, "price": 0}):
            new = bodies.fit_item({**item, "price": 0}, NewProduct)
            service.catalog.add_all([new_entry(new, service.clock())])
    return healthy(call, service)


def _from_one(answered: dict[str, Any]) -> None:
    for result in answered["results"]:
        result["index"] += 1


def _refuses_many(healthy: Handler, call: Call, service: Service) -> Response[Any]:
    if len(_items(call)) > 500:
        raise Problem(413, "There have to be 1 to 500 items.")
    return healthy(call, service)


def _overwrites_known(healthy: Handler, call: Call, service: Service) -> Response[Any]:
    """What is answered 409 has changed the price of the product that has the sku."""
    response = healthy(call, service)
    items = _items(call)
    for result in _results(response):
        item = items[result["index"]]
        if result["status"] == 409 and "product_id" in result and _fits(item):
            price = bodies.fit_item(dict(item), NewProduct).price
            service.catalog.change(result["product_id"], {"price": price}, if_match=None)
    return response


def _second_counts(answered: dict[str, Any]) -> None:
    """An item whose sku came before in the same call is answered as if it were added."""
    added: dict[str, str] = {}
    for result in answered["results"]:
        if result["status"] == 201:
            added[result["sku"]] = result["product_id"]
        elif result["status"] == 409 and result["sku"] in added:
            result["status"] = 201
            result["product_id"] = added[result["sku"]]
            del result["error"]


def _adds_stock_again(healthy: Handler, call: Call, service: Service) -> Response[Any]:
    """Where nothing else is new, the stock that is sent is added to what there is."""
    known = service.catalog.get_many(list(_owners(call, service).values()))
    response = healthy(call, service)
    items = _items(call)
    for result in _results(response):
        before = known.get(result.get("product_id", ""))
        sent = items[result["index"]]
        if before is not None and result["status"] == 200 and _same(before, sent):
            more = before.product.inventory + int(sent["inventory"])
            service.catalog.change(result["product_id"], {"inventory": more}, if_match=None)
    return response


def _owners(call: Call, service: Service) -> dict[str, str]:
    skus = {str(item["sku"]) for item in _items(call) if _fits(item)}
    return service.catalog.owners(sorted(skus))


def _same(before: Entry, sent: Mapping[str, Any]) -> bool:
    product = before.product
    pairs = (product.name, product.inventory), (sent.get("name"), sent.get("inventory"))
    return pairs[0] == pairs[1]


class LosesHundredths(PassingCatalog):
    """Of many products at once, each hundredth is answered as added and thrown away."""

    def add_all(self, entries: Sequence[Entry]) -> list[Problem | None]:
        kept = [entry for place, entry in enumerate(entries, start=1) if place % 100]
        outcomes = iter(self.inner.add_all(kept))
        return [next(outcomes) if place % 100 else None for place in range(1, len(entries) + 1)]


class EmptiesUnsent(PassingCatalog):
    def change_all(
        self, changes: Sequence[tuple[Entry, Mapping[str, object]]]
    ) -> list[Problem | None]:
        empty: dict[str, object] = {"image_url": None, "description": ""}
        return self.inner.change_all([(entry, {**empty, **fields}) for entry, fields in changes])


def _added_as_updated(answered: dict[str, Any]) -> None:
    for result in answered["results"]:
        if result["status"] == 201:
            result["status"] = 200


_import = faults("handler", "catalog.bulk_import")
_known = faults("handler", "catalog.bulk_known_sku")

FAULTS: tuple[Fault, ...] = (
    _import(
        "bulk-always-207",
        "bulk of good items is 200",
        "An import of good items is answered 207.",
        both(answer("bulk_add", status(207)), answer("bulk_put", status(207))),
    ),
    _import(
        "bulk-never-207",
        "bulk with bad items is 207",
        "An import with bad items is answered 200.",
        both(answer("bulk_add", status(200)), answer("bulk_put", status(200))),
    ),
    _import(
        "bulk-counts-from-one",
        "each item has its result",
        "The results of an import are counted from one.",
        answer("bulk_add", body(_from_one)),
    ),
    _import(
        "bulk-stops-at-bad-item",
        "a bad item loses no good one",
        "What comes behind a bad item is not looked at.",
        both(around("bulk_add", _stops_at_bad), around("bulk_put", _stops_at_bad)),
    ),
    _import(
        "bulk-keeps-bad-price",
        "a bad item is not stored",
        "An item whose price is below zero is answered as bad, and stored for nothing.",
        around("bulk_add", _keeps_bad_prices),
    ),
    faults("handler", "catalog.bulk_thousand")(
        "bulk-takes-five-hundred",
        "a thousand items are imported",
        "An import of more than 500 items is refused.",
        around("bulk_add", _refuses_many),
    ),
    faults("catalog", "catalog.bulk_thousand")(
        "bulk-loses-each-hundredth",
        "each of a thousand is read back",
        "Each hundredth item of an import is answered as added, and is not.",
        catalog(LosesHundredths),
    ),
    _known(
        "bulk-known-sku-overwritten",
        "a known sku changes nothing",
        "An item that is answered 409 has changed the price of the product with its sku.",
        around("bulk_add", _overwrites_known),
    ),
    _known(
        "bulk-same-sku-twice",
        "a known sku is 409 for its item",
        "An item with the sku of an earlier one is answered as added.",
        answer("bulk_add", body(_second_counts)),
    ),
    faults("catalog", "catalog.bulk_update")(
        "bulk-put-empties-unsent",
        "PUT updates by sku",
        "An update by sku empties the fields that were not sent.",
        catalog(EmptiesUnsent),
    ),
    faults("handler", "catalog.bulk_update")(
        "bulk-put-added-as-updated",
        "PUT adds what is new",
        "A product that is added by PUT is answered as updated.",
        answer("bulk_put", body(_added_as_updated)),
    ),
    faults("handler", "catalog.bulk_update")(
        "repeated-put-adds-stock",
        "a repeated PUT changes nothing",
        "The same PUT again adds its stock to what there is.",
        around("bulk_put", _adds_stock_again),
    ),
)
