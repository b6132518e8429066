"""The pictures of products, as the API has them; the gallery delivers them."""

from __future__ import annotations

import io
import secrets
from typing import Any

from flask import Flask, Request, Response, request

from tests.other_service.catalog import Catalog, Product
from tests.other_service.desk import ROOT, Desk
from tests.other_service.gallery import LARGEST, Gallery
from tests.other_service.printing import answer
from tests.other_service.refusal import Refused


class InMemory(Request):
    """A request whose files are kept in memory: a broken form leaves none open."""

    def _get_file_stream(self, *_: Any, **__: Any) -> io.BytesIO:
        return io.BytesIO()


def pictures(app: Flask, desk: Desk, catalog: Catalog, gallery: Gallery) -> None:
    """Put the operations on a product's picture on ``app``."""
    app.request_class = InMemory

    @app.post(f"{ROOT}/products/<product_id>/image")
    @desk.at_least("editor")
    def upload_image(product_id: str) -> Response:
        if request.mimetype != "multipart/form-data":
            raise Refused(415, "pictures come in forms")
        if (request.content_length or 0) > LARGEST + 64 * 1024:
            raise Refused(413, "this picture is too big for our door")
        hung = request.files.getlist("image")
        if len(hung) != 1 or len(request.files) != 1:
            raise Refused(400, "one picture at a time")
        content = hung[0].read()
        catalog.get(product_id)
        picture = gallery.hang(f"wall/{secrets.token_urlsafe(6)}/{catalog.number()}", content)
        change = {"picture": picture, "image_url": picture.address}
        before = catalog.get(product_id).picture
        product = catalog.change(product_id, change, None)
        gallery.take_down(before)
        path = f"{ROOT}/products/{product_id}/image"
        return answer(picture_shown(product), 201, Location=desk.located(path))

    @app.get(f"{ROOT}/products/<product_id>/image")
    @desk.at_least("reader")
    def get_image(product_id: str) -> Response:
        return answer(picture_shown(catalog.get(product_id)))

    @app.delete(f"{ROOT}/products/<product_id>/image")
    @desk.at_least("editor")
    def delete_image(product_id: str) -> Response:
        product = catalog.get(product_id)
        picture_shown(product)
        gallery.take_down(product.picture)
        shown = product.picture is not None and product.image_url == product.picture.address
        left = None if shown else product.image_url  # the shop may show another one
        catalog.change(product_id, {"picture": None, "image_url": left}, None)
        return answer(None, 204)


def picture_shown(product: Product) -> dict[str, Any]:
    """The record of a product's picture. Refused when it has none."""
    if product.picture is None:
        raise Refused(404, "there is no picture of it")
    return {
        "size": len(product.picture.content),
        "content_type": product.picture.kind,
        "image_url": product.picture.address,
        "painter": None,
    }
