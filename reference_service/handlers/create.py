"""POST /products"""

from __future__ import annotations

import uuid
from datetime import datetime
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
    entry = new_entry(body.read(call.event, NewProduct), service.clock())
    service.catalog.add(entry)
    location = f"/v1.0/products/{entry.product.product_id}"
    return product_response(201, entry, {"Location": location})


def new_entry(sent: NewProduct, moment: datetime) -> Entry:
    """A new product, with an id of its own, made at `moment`."""
    now = timestamp(moment)
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
    return Entry(product=product, version=1)
