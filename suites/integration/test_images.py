"""An image's life: uploaded, delivered, replaced, deleted; and what counts as one."""

import pytest

from fixtures.api import ProductApi
from fixtures.images import Image, ImagesHost, make_image
from fixtures.polling import IMAGE_DELAY_S, eventually
from fixtures.products import Products
from fixtures.transport import Exchange

pytestmark = pytest.mark.needs("writes")

TOO_LARGE = 11 * 1024 * 1024  # bytes; the contract says that above 10 MiB it is too large


@pytest.mark.plan("SIT-INT-08", "VAL-INT-08")
def test_image_lifecycle(api: ProductApi, products: Products, images_host: ImagesHost) -> None:
    """An image is uploaded, replaced by another one and deleted.

    Each is delivered at an address of its own; after the deletion the record is gone at once,
    and the address is refused within the time that caches may take.
    """
    made = products.make()
    first, second = make_image("JPEG"), make_image("PNG")
    addresses = []
    for image in (first, second):
        uploaded = api.upload_image(made["product_id"], image)
        uploaded.must_answer(201, "an upload is delivered")
        address = uploaded.json_object("an upload is delivered").get("image_url")
        delivered = images_host.fetch(address)
        delivered.must_answer(200, "an upload is delivered")
        delivered.must(
            delivered.body == image.content,
            "an upload is delivered",
            expected=f"the {len(image.content)} bytes that were uploaded",
            actual=f"{len(delivered.body)} other bytes",
        )
        addresses.append(address)
    uploaded.must(
        addresses[0] != addresses[1],
        "a new image has a new address",
        expected=f"another address than {addresses[0]}",
        actual=addresses[1],
    )
    record = api.image(made["product_id"])
    record.must_hold(
        {"image_url": addresses[1]},
        record.json_object("a new image has a new address"),
        "a new image has a new address",
    )

    api.delete_image(made["product_id"]).must_answer(204, "a deleted image's record is gone")
    api.image(made["product_id"]).must_answer(404, "a deleted image's record is gone")
    read = api.get(made["product_id"])
    shown = read.json_object("a deleted image's record is gone").get("image_url")
    read.must(
        shown != addresses[1],
        "a deleted image's record is gone",
        expected="a product without that image_url",
        actual=shown,
    )
    refused = eventually(
        lambda: images_host.fetch(addresses[1]),
        until=lambda answer: answer.status in (403, 404, 410),
        within_s=IMAGE_DELAY_S,
    )
    refused.must(
        refused.status in (403, 404, 410),
        "a deleted image is refused",
        expected=f"403, 404 or 410 within {IMAGE_DELAY_S:g} s",
        actual=refused.status,
    )


@pytest.mark.plan("SIT-INT-08")
def test_image_formats(api: ProductApi, products: Products, images_host: ImagesHost) -> None:
    """Images of each format are uploaded under wrong names, and files that are none under right.

    Content counts: what is an image is taken as what it is, all else is 415, and 413 if too large.
    """
    product_id = products.make()["product_id"]
    for name in ("JPEG", "PNG", "WEBP"):
        image = make_image(name)
        misnamed = Image("notes.txt", image.content, "text/plain")
        uploaded = api.upload_image(product_id, misnamed)
        uploaded.must_answer(201, "JPEG, PNG and WebP are taken")
        body = uploaded.json_object("JPEG, PNG and WebP are taken")
        delivered = images_host.fetch(body.get("image_url"))
        kind = delivered.headers.get("Content-Type", "").split(";")[0]
        delivered.must(
            delivered.status == 200 and kind == image.content_type,
            "content counts and not the name",
            expected=f"200, {image.content_type}",
            actual=f"{delivered.status}, {kind}",
        )
    jpeg = make_image("JPEG")
    for content in (
        b"GIF89a" + bytes(50),
        b"\xff\xd8\xff\xe0" + b"<script>alert(1)</script>",
        b"\x89PNG\r\n\x1a\n" + bytes(40),
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        jpeg.content[:20],
        b"",
    ):
        refused = api.upload_image(product_id, Image("photo.jpg", content, "image/jpeg"))
        refused.must(
            refused.status in ((400, 415) if not content else (415,)),
            "content counts and not the name",
            expected="415 for what only looks like an image by name, type or first bytes",
            actual=f"{refused.status} for {content[:24]!r}",
        )
    huge = Image("photo.jpg", jpeg.content + bytes(TOO_LARGE), "image/jpeg")
    _refused_as_too_large(api.upload_image(product_id, huge))


def _refused_as_too_large(answer: Exchange) -> None:
    answer.must_answer(413, "too large an image is 413")
