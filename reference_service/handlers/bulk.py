"""POST and PUT /products/bulk: each item for itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from aws_lambda_powertools.event_handler import Response

from reference_service.handlers import body
from reference_service.handlers.create import new_entry
from reference_service.handlers.problem import Problem, sku_taken
from reference_service.handlers.product import Entry, NewProduct, ProductChange
from reference_service.handlers.service import Call, Service, json_response

MAX_ITEMS = 1000
# A sku that comes or goes under us is looked up again this often.
_ATTEMPTS = 3


class Fitting(msgspec.Struct, frozen=True, kw_only=True):
    """An item that is a valid product, and those of its fields that were sent."""

    new: NewProduct
    sent: Mapping[str, object]


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of an item; a `problem` says why nothing did."""

    status: int
    product_id: str | None = None
    problem: Problem | None = None


def add(call: Call, service: Service) -> Response[Any]:
    """Adds each item whose sku is new; 200, or 207 where an item failed."""
    items = _items(call)
    outcomes, fitting = _read(items)
    first: dict[str, int] = {}
    for index, item in fitting.items():
        first.setdefault(item.new.sku, index)
    known = service.catalog.owners(list(first))
    added = _add(service, [fitting[index].new for sku, index in first.items() if sku not in known])
    for index, item in fitting.items():
        sku = item.new.sku
        if sku in added and index == first[sku]:
            outcomes[index] = added[sku]
        else:
            owner = known[sku] if sku in known else added[sku].product_id
            outcomes[index] = Outcome(status=409, product_id=owner, problem=sku_taken(sku))
    return _answer(call, items, outcomes)


def put(call: Call, service: Service) -> Response[Any]:
    """Adds or updates each item by its sku; 200, or 207 where an item failed."""
    items = _items(call)
    outcomes, fitting = _read(items)
    wanted: dict[str, list[int]] = {}
    for index, item in fitting.items():
        wanted.setdefault(item.new.sku, []).append(index)
    for _ in range(_ATTEMPTS):
        done = _upsert(
            service, {sku: [fitting[each] for each in places] for sku, places in wanted.items()}
        )
        for sku, outcome in done.items():
            again = outcome if outcome.problem else msgspec.structs.replace(outcome, status=200)
            outcomes |= dict.fromkeys(wanted[sku], again) | {wanted[sku][0]: outcome}
        wanted = {sku: places for sku, places in wanted.items() if done[sku].status == 409}
        if not wanted:
            break
    return _answer(call, items, outcomes)


def _items(call: Call) -> list[Any]:
    sent = body.read_object(call.event, limit=body.MAX_BULK_BYTES)
    items = sent.get("items")
    if set(sent) != {"items"} or not isinstance(items, list):
        raise Problem(400, "The body has to be an object with the array items.")
    if not 1 <= len(items) <= MAX_ITEMS:
        raise Problem(400, f"There have to be 1 to {MAX_ITEMS} items.")
    return items


def _read(items: Sequence[Any]) -> tuple[dict[int, Outcome], dict[int, Fitting]]:
    """By index: what became of the items that do not fit, and the others."""
    outcomes: dict[int, Outcome] = {}
    fitting: dict[int, Fitting] = {}
    for index, item in enumerate(items):
        try:
            fitting[index] = Fitting(
                new=body.fit_item(item, NewProduct), sent=body.fit_item(item, ProductChange).sent()
            )
        except Problem as problem:
            outcomes[index] = Outcome(status=problem.status, problem=problem)
    return outcomes, fitting


def _add(service: Service, new: Sequence[NewProduct]) -> dict[str, Outcome]:
    """What became of each new product, by its sku."""
    entries = [new_entry(each, service.clock()) for each in new]
    refused = service.catalog.add_all(entries)
    return {
        entry.product.sku: Outcome(status=201, product_id=entry.product.product_id)
        if problem is None
        else Outcome(status=problem.status, problem=problem)
        for entry, problem in zip(entries, refused, strict=True)
    }


def _upsert(service: Service, wanted: Mapping[str, Sequence[Fitting]]) -> dict[str, Outcome]:
    """What became of the items of each sku, all of which it took as one change."""
    owners = service.catalog.owners(list(wanted))
    known = service.catalog.get_many(list(owners.values()))
    outcomes: dict[str, Outcome] = {}
    new: list[NewProduct] = []
    changed: list[tuple[Entry, Mapping[str, object]]] = []
    for sku, items in wanted.items():
        sent = {name: value for item in items for name, value in item.sent.items()}
        entry = known.get(owners.get(sku, ""))
        if entry is None:
            new.append(msgspec.structs.replace(items[0].new, **sent))
            continue
        outcomes[sku] = Outcome(status=200, product_id=entry.product.product_id)
        if msgspec.structs.replace(entry.product, **sent) != entry.product:
            changed.append((entry, sent))
    refused = service.catalog.change_all(changed)
    for (entry, _), problem in zip(changed, refused, strict=True):
        if problem is not None:
            outcomes[entry.product.sku] = Outcome(status=problem.status, problem=problem)
    return outcomes | _add(service, new)


def _answer(call: Call, items: Sequence[Any], outcomes: Mapping[int, Outcome]) -> Response[Any]:
    results = []
    for index, item in enumerate(items):
        outcome = outcomes[index]
        sku = item.get("sku") if isinstance(item, dict) else None
        result: dict[str, object] = {
            "index": index,
            "sku": sku if isinstance(sku, str) else None,
            "status": outcome.status,
        }
        if outcome.product_id is not None:
            result["product_id"] = outcome.product_id
        if outcome.problem is not None:
            result["error"] = outcome.problem.document(
                instance=call.event.path, request_id=call.request_id
            )
        results.append(result)
    failed = any(outcome.problem for outcome in outcomes.values())
    return json_response(207 if failed else 200, {"results": results})
