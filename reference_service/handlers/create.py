"""POST /products"""

from __future__ import annotations

import uuid
from typing import Any

from aws_lambda_powertools.event_handler import Response

from reference_service.handlers import body
from reference_service.handlers.product import (
    Entry,
    NewProduct,
    Product,
    availability,
    timestamp,
)
from reference_service.handlers.service import Call, Service, product_response


def create(call: Call, service: Service) -> Response[Any]:
    """Adds a product: 201 with its address; 409 if its sku is taken."""
    sent = body.read(call.event, NewProduct)
    now = timestamp(service.clock())
    product = Product(
        product_id=str(uuid.uuid4()),
        name=sent.name,
        description=sent.description,
        category=sent.category,
        price=sent.price,
        currency=sent.currency,
        inventory=sent.inventory,
        availability=availability(sent.inventory),
        sku=sent.sku,
        image_url=sent.image_url,
        variants=sent.variants,
        created_at=now,
        updated_at=now,
    )
    entry = Entry(product=product, version=1)
    service.catalog.add(entry)
    return product_response(201, entry, {"Location": f"/v1.0/products/{product.product_id}"})
