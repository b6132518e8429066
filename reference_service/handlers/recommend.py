"""GET /products/{product_id}/recommendations"""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.event_handler import Response

from reference_service.handlers.problem import not_found
from reference_service.handlers.product import Product
from reference_service.handlers.selection import Selection, recommendation_limit
from reference_service.handlers.service import Call, Service, json_response


def recommend(call: Call, service: Service) -> Response[Any]:
    """Other products in stock: of the product's own category first, then of its root."""
    limit = recommendation_limit(call.event.multi_value_query_string_parameters or {})
    entry = service.catalog.get(call.product_id)
    if entry is None:
        raise not_found()
    category = entry.product.category
    found: dict[str, Product] = {}
    for nearby in dict.fromkeys((category, category.partition("/")[0])):
        selection = Selection(category=nearby, availability="in_stock")
        # One of them may be the product itself, others may have been found before.
        entries, _ = service.catalog.page(selection, after=None, limit=limit + 1 + len(found))
        found |= {each.product.product_id: each.product for each in entries}
        found.pop(call.product_id, None)
        if len(found) >= limit:
            break
    return json_response(200, {"items": list(found.values())[:limit]})
