"""PUT /products/{product_id}"""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.event_handler import Response

from reference_service.handlers import body
from reference_service.handlers.problem import Problem
from reference_service.handlers.product import ProductChange
from reference_service.handlers.service import Call, Service, product_response


def update(call: Call, service: Service) -> Response[Any]:
    """Changes the fields that are sent and no other; 412 where If-Match is out of date."""
    changes = body.read(call.event, ProductChange).sent()
    if not changes:
        raise Problem(400, "The body holds no field to change.")
    entry = service.catalog.change(call.product_id, changes, if_match=call.if_match)
    return product_response(200, entry)
