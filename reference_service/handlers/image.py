"""POST, GET and DELETE /products/{product_id}/image"""

from __future__ import annotations

import uuid
from typing import Any

from aws_lambda_powertools.event_handler import Response

from reference_service.handlers.problem import Problem, not_found
from reference_service.handlers.product import StoredImage
from reference_service.handlers.service import Call, Service, json_response


def upload(call: Call, service: Service) -> Response[Any]:
    """Keeps the product's picture, told by its content, under an address of its own."""
    from reference_service.handlers.upload_form import uploaded_image

    if service.catalog.get(call.product_id) is None:
        raise not_found()
    data = uploaded_image(call.event)
    kind = service.image_kind(data)
    data = service.picture_only(data, kind)
    image = StoredImage(
        # Never an address that was used before: caches may keep what they have.
        key=f"products/{call.product_id}/{uuid.uuid4().hex}.{kind.ending}",
        content_type=kind.content_type,
        size=len(data),
    )
    service.images.put(image.key, data, image.content_type)
    try:
        before = service.catalog.set_image(call.product_id, image, _address(service, image))
    except Problem:
        # The product went away meanwhile: nothing may be left that no record names.
        service.images.delete(image.key)
        raise
    if before is not None:
        service.images.delete(before.key)
    return json_response(
        201,
        _shown(service, image),
        {"Location": f"/v1.0/products/{call.product_id}/image"},
    )


def show(call: Call, service: Service) -> Response[Any]:
    """Where the uploaded image is delivered, and what it is."""
    return json_response(200, _shown(service, _current(call, service)))


def remove(call: Call, service: Service) -> Response[Any]:
    """Takes the uploaded image away; the images host refuses it within a minute."""
    _current(call, service)
    before = service.catalog.set_image(call.product_id, None, None)
    if before is not None:
        service.images.delete(before.key)
    return Response(status_code=204, headers={"Cache-Control": "no-store"})


def _current(call: Call, service: Service) -> StoredImage:
    entry = service.catalog.get(call.product_id)
    if entry is None:
        raise not_found()
    if entry.image is None:
        raise Problem(404, "The product has no uploaded image.")
    return entry.image


def _address(service: Service, image: StoredImage) -> str:
    return f"{service.settings.images_url}/{image.key}"


def _shown(service: Service, image: StoredImage) -> dict[str, object]:
    return {
        "image_url": _address(service, image),
        "content_type": image.content_type,
        "size": image.size,
    }
