"""Faults in categories, in what is recommended, and in variants."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from aws_lambda_powertools.event_handler import Response

from reference_service.faults.at_lists import Found
from reference_service.faults.at_search import Filters
from reference_service.faults.at_writes import Changes
from reference_service.faults.fault import Fault, faults
from reference_service.faults.wrapping import (
    PassingCatalog,
    altered,
    around,
    both,
    catalog,
    sent,
)
from reference_service.handlers.catalog import Catalog
from reference_service.handlers.cursor import Position
from reference_service.handlers.product import Entry, Variant
from reference_service.handlers.selection import Selection
from reference_service.handlers.service import Call, Handler, Service, json_response

Node = dict[str, Any]


class ByPrefix(PassingCatalog):
    """A list by category holds every category that begins alike."""

    def page(self, selection: Selection, *, after: Position | None, limit: int) -> Found:
        entries, position = self.inner.page(selection, after=after, limit=limit)
        if selection.category is not None and position is None:
            for category in sorted(self.inner.categories()):
                if self._begins_alike(category, selection.category):
                    alike = msgspec.structs.replace(selection, category=category)
                    entries += self.inner.page(alike, after=None, limit=limit)[0]
        return entries[:limit], position

    def _begins_alike(self, category: str, wanted: str) -> bool:
        return category.startswith(wanted) and not f"{category}/".startswith(f"{wanted}/")


def _one_level_down(selection: Selection, entry: Entry) -> bool:
    if selection.category is None:
        return True
    return entry.product.category.removeprefix(selection.category).count("/") <= 1


def _nodes(nodes: list[Node]) -> list[Node]:
    """The nodes and all below them."""
    return [each for node in nodes for each in (node, *_nodes(node["children"]))]


def _hierarchy(edit: Callable[[list[Node], set[str]], list[Node]]) -> Any:
    def act(healthy: Handler, call: Call, service: Service) -> Response[Any]:
        roots = msgspec.json.decode(healthy(call, service).body or "{}")["categories"]
        return json_response(200, {"categories": edit(roots, service.catalog.categories())})

    return around("categories", act)


def _without_empty(nodes: list[Node], used: set[str]) -> list[Node]:
    """Leaves out what has no product of its own, and puts what is below it in its place."""
    left: list[Node] = []
    for node in nodes:
        children = _without_empty(node["children"], used)
        left += [{**node, "children": children}] if node["path"] in used else children
    return left


def _flat(roots: list[Node], _: set[str]) -> list[Node]:
    return [
        {**root, "children": [{**node, "children": []} for node in _nodes(root["children"])]}
        for root in roots
    ]


def _recommending(
    others: Callable[[Entry, Service], list[Entry]],
) -> Any:
    """Recommends others before what should be recommended."""

    def act(healthy: Handler, call: Call, service: Service) -> Response[Any]:
        response = healthy(call, service)
        entry = service.catalog.get(call.product_id)
        if entry is None:
            return response
        shown = msgspec.json.decode(response.body or "{}", type=dict[str, list[Any]])["items"]
        added = [other.product for other in others(entry, service)]
        # As many as there were: none is more than was asked for.
        return json_response(200, {"items": [*added, *shown][: len(shown)]})

    return around("recommend", act)


def _itself(entry: Entry, _: Service) -> list[Entry]:
    return [entry]


def _sold_out(entry: Entry, service: Service) -> list[Entry]:
    near = Selection(category=entry.product.category, availability="out_of_stock")
    return service.catalog.page(near, after=None, limit=1)[0]


def _of_another_top(entry: Entry, service: Service) -> list[Entry]:
    top = entry.product.category.partition("/")[0]
    tops = sorted({each.partition("/")[0] for each in service.catalog.categories()} - {top})
    alike = [each for each in tops if each.startswith(top)]
    beside = Selection(category=(alike or tops or [top])[0], availability="in_stock")
    return service.catalog.page(beside, after=None, limit=1)[0]


class LeaksVariants(PassingCatalog):
    """A product is shown with a variant of the product that was made before it."""

    def __init__(self, inner: Catalog) -> None:
        super().__init__(inner)
        self._before: dict[str, Variant] = {}
        self._last: Variant | None = None

    def add(self, entry: Entry) -> None:
        self.inner.add(entry)
        if self._last is not None and entry.product.variants:
            self._before[entry.product.product_id] = self._last
        self._last = entry.product.variants[-1] if entry.product.variants else None

    def get(self, product_id: str) -> Entry | None:
        entry = self.inner.get(product_id)
        if entry is None or product_id not in self._before:
            return entry
        return altered(entry, variants=[*entry.product.variants, self._before[product_id]])


class LosesAttributes(PassingCatalog):
    def add(self, entry: Entry) -> None:
        plain = [msgspec.structs.replace(each, attributes={}) for each in entry.product.variants]
        self.inner.add(altered(entry, variants=plain))


def _variants_of(_: Entry, changes: dict[str, object]) -> dict[str, object]:
    return {"variants": [], **changes}


def _one_of_each_sku(content: Any) -> Any:
    variants = content.get("variants") if isinstance(content, dict) else None
    if not isinstance(variants, list) or not all(isinstance(each, Mapping) for each in variants):
        return content
    first: dict[str, Any] = {}
    for variant in variants:
        first.setdefault(repr(variant.get("sku")), variant)
    return {**content, "variants": list(first.values())}


_category = faults("catalog", "catalog.category_hierarchy")
_tree = faults("handler", "catalog.category_hierarchy")
_recommend = faults("handler", "catalog.recommendations")
_variants = faults("catalog", "catalog.variants")

FAULTS: tuple[Fault, ...] = (
    _category(
        "category-by-prefix",
        "a category holds nothing that only begins alike",
        "A list by category holds the categories whose names begin alike.",
        catalog(ByPrefix),
    ),
    _category(
        "category-one-level-down",
        "a parent holds its descendants",
        "A list by category ends one level below it.",
        catalog(lambda inner: Filters(inner, keeps=_one_level_down)),
    ),
    _tree(
        "hierarchy-without-empty-parents",
        "the hierarchy names every category once",
        "A category that has no product of its own is not in the hierarchy.",
        _hierarchy(_without_empty),
    ),
    _tree(
        "hierarchy-flattened",
        "a child stands under its parent",
        "Everything below a root stands right under it.",
        _hierarchy(_flat),
    ),
    _recommend(
        "product-recommends-itself",
        "recommendations are other products",
        "A product is recommended to those who look at it.",
        _recommending(_itself),
    ),
    _recommend(
        "sold-out-recommended",
        "recommendations exist and are in stock",
        "A product that is sold out is recommended.",
        _recommending(_sold_out),
    ),
    _recommend(
        "other-category-recommended",
        "recommendations are of the same top category",
        "A product of a category that begins alike is recommended.",
        _recommending(_of_another_top),
    ),
    _variants(
        "variant-leaks",
        "variants stay with their product",
        "A product is shown with a variant of the one made before it.",
        catalog(LeaksVariants),
    ),
    _variants(
        "variant-loses-attributes",
        "variants come back as they were sent",
        "Variants are stored without their attributes.",
        catalog(LosesAttributes),
    ),
    _variants(
        "update-drops-variants",
        "an update without variants keeps them",
        "An update without variants takes them away.",
        catalog(lambda inner: Changes(inner, _variants_of)),
    ),
    faults("handler", "catalog.variants")(
        "variants-of-one-sku-merged",
        "a bad variant is 400",
        "Of two variants with one sku the second is dropped, and the rest accepted.",
        both(sent("create", _one_of_each_sku), sent("update", _one_of_each_sku)),
    ),
)
