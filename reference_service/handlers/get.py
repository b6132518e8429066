"""GET /products/{product_id}"""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.event_handler import Response

from reference_service.handlers.problem import not_found
from reference_service.handlers.service import Call, Service, product_response


def get(call: Call, service: Service) -> Response[Any]:
    """The product as last written, with its ETag."""
    entry = service.catalog.get(call.product_id)
    if entry is None:
        raise not_found()
    return product_response(200, entry)
