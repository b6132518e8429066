"""The API: one function an operation of the contract."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from flask import Flask, Response, g, request
from werkzeug.exceptions import MethodNotAllowed

from tests.other_service import forms, pages
from tests.other_service.catalog import Catalog, Product
from tests.other_service.desk import ROOT, Desk
from tests.other_service.gallery import Gallery
from tests.other_service.pictures import pictures
from tests.other_service.printing import answer, problem, product_shown, when
from tests.other_service.refusal import Refused

BODY = 6 * 1024 * 1024  # bytes of JSON


def api(app: Flask, desk: Desk, catalog: Catalog, gallery: Gallery) -> None:
    """Put the operations of the contract on ``app``."""
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    app.url_map.merge_slashes = False

    @app.get(f"{ROOT}/products/health")
    def health() -> Response:
        states = {"memory": "ok", "weather": "ok"}
        return answer(
            {
                "dependencies": states,
                "environment": "other",
                "version": "2026.11-b7",
                "status": "ok",
                "uptime": Decimal("12.5"),
            }
        )

    @app.get(f"{ROOT}/products")
    @desk.at_least("reader")
    def list_products() -> Response:
        items, cursor = pages.page(catalog.listed(), request.args)
        shown = [product_shown(one) for one in items]
        return answer({"next_cursor": cursor, "items": shown, "length": len(items)})

    @app.post(f"{ROOT}/products")
    @desk.at_least("editor")
    def create_product() -> Response:
        product = catalog.add(forms.fields(json_body(), needed=forms.NEEDED))
        path = f"{ROOT}/products/{product.product_id}"
        return with_etag(product, 201, Location=desk.located(path))

    @app.get(f"{ROOT}/products/<product_id>")
    @desk.at_least("reader")
    def get_product(product_id: str) -> Response:
        return with_etag(catalog.get(product_id))

    @app.put(f"{ROOT}/products/<product_id>")
    @desk.at_least("editor")
    def update_product(product_id: str) -> Response:
        fields = forms.fields(json_body())
        return with_etag(catalog.change(product_id, fields, request.headers.get("If-Match")))

    @app.delete(f"{ROOT}/products/<product_id>")
    @desk.at_least("admin")
    def delete_product(product_id: str) -> Response:
        gallery.take_down(catalog.remove(product_id, request.headers.get("If-Match")).picture)
        return answer(None, 204)

    _beside(app, desk, catalog)
    pictures(app, desk, catalog, gallery)

    # These addresses are no products, so their other methods are not a product's.
    for name, allowed in (("health", {"GET"}), ("categories", {"GET"}), ("bulk", {"POST", "PUT"})):
        others = {"GET", "PUT", "DELETE"} - allowed
        app.add_url_rule(
            f"{ROOT}/products/{name}", f"no {name}", refusing(allowed), methods=list(others)
        )


def _beside(app: Flask, desk: Desk, catalog: Catalog) -> None:
    @app.route(f"{ROOT}/products/bulk", methods=["POST", "PUT"])
    @desk.at_least("admin")
    def bulk() -> Response:
        sent = json_body()
        items = sent.get("items") if isinstance(sent, dict) else None
        if not isinstance(items, list) or not 1 <= len(items) <= 1000:
            raise Refused(400, "send us 1 to 1000 items")
        results = [bulk_result(catalog, index, item) for index, item in enumerate(items)]
        failed = any(one["status"] >= 400 for one in results)
        return answer({"results": results, "elapsed": Decimal("0.10")}, 207 if failed else 200)

    @app.get(f"{ROOT}/products/categories")
    @desk.at_least("reader")
    def categories() -> Response:
        return answer({"categories": tree({one.category for one in catalog.listed()})})

    @app.get(f"{ROOT}/products/<product_id>/recommendations")
    @desk.at_least("reader")
    def recommendations(product_id: str) -> Response:
        product = catalog.get(product_id)
        limit = forms.limit_parameter(request.args.get("limit", "5"), 20)
        top = product.category.split("/")[0]
        good = [
            product_shown(one)
            for one in catalog.now()
            if one.inventory and one.category.split("/")[0] == top and one is not product
        ]
        return answer({"items": good[::-1][:limit], "because": "we like them"})

    @app.post(f"{ROOT}/orders")
    @desk.at_least("editor")
    def place_order() -> Response:
        key = request.headers.get("Idempotency-Key")
        if key is not None and not (1 <= len(key) <= 200 and key.isascii() and key.isprintable()):
            raise Refused(400, "a key has 1 to 200 printable characters")
        wanted = forms.lines(json_body())
        return answer(catalog.order(g.token, key, wanted, order_shown), 201)


def refusing(allowed: set[str]) -> Callable[[], Response]:
    """An operation that is none."""

    def refuse() -> Response:
        raise MethodNotAllowed(list(allowed))

    return refuse


def json_body() -> Any:
    """The body of a request. Refused when it is too large, or none."""
    if (request.content_length or 0) > BODY:
        raise Refused(413, "that is more than we can carry")
    if request.mimetype != "application/json":
        raise Refused(415, "we read nothing but JSON")
    return forms.decoded(request.get_data())


def with_etag(product: Product, status: int = 200, **headers: str) -> Response:
    """A product and its ETag."""
    return answer(product_shown(product), status, ETag=product.etag, **headers)


def bulk_result(catalog: Catalog, index: int, item: Any) -> dict[str, Any]:
    """What became of one item."""
    result: dict[str, Any] = {"took": Decimal("0.010"), "index": index}
    try:
        fields = forms.fields(item, needed=forms.NEEDED)
        if request.method == "POST":
            status, product = 201, catalog.add(fields)
        else:
            status, product = catalog.put(fields)
    except Refused as refused:
        sku = item.get("sku") if isinstance(item, dict) else None
        named = {"sku": sku} if isinstance(sku, str) else {}
        error = problem(refused, f"{g.request_id}, item {index}")
        return {**result, **named, "status": refused.status, "error": error}
    return {**result, "product_id": product.product_id, "sku": product.sku, "status": status}


def tree(paths: set[str]) -> list[dict[str, Any]]:
    """Categories below one another, in no particular order."""
    nodes: dict[str, dict[str, Any]] = {}
    roots: list[dict[str, Any]] = []
    for path in paths:
        siblings, above = roots, ""
        for name in path.split("/"):
            above = f"{above}/{name}" if above else name
            if above not in nodes:
                nodes[above] = {"children": [], "products": None, "name": name, "path": above}
                siblings.append(nodes[above])
            siblings = nodes[above]["children"]
    return roots


def order_shown(products: dict[str, Product], wanted: dict[str, int]) -> dict[str, Any]:
    """An order of so many of each."""
    lines = [
        {"unit_price": products[one].price, "quantity": many, "product_id": one, "gift": False}
        for one, many in wanted.items()
    ]
    total = sum((products[one].price * many for one, many in wanted.items()), Decimal(0))
    return {
        "created_at": when(datetime.now(UTC)),
        "status": "confirmed",
        "total": total,
        "lines": lines,
        "order_id": f"O{secrets.randbelow(10**12):012d}",
    }
