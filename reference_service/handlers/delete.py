"""DELETE /products/{product_id}"""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.event_handler import Response

from reference_service.handlers.service import Call, Service


def delete(call: Call, service: Service) -> Response[Any]:
    """Takes the product out, and its uploaded image with it."""
    entry = service.catalog.remove(call.product_id, if_match=call.if_match)
    if entry.image is not None:
        service.images.delete(entry.image.key)
    return Response(status_code=204, headers={"Cache-Control": "no-store"})
