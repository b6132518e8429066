"""Smoke tests 9 and 10 of the plan: an image is uploaded, and delivered."""

import pytest

from fixtures.api import ProductApi
from fixtures.images import Image, ImagesHost
from fixtures.products import Products

FETCHES = 5  # of five fetches of an image one at least is a hit (the contract)
NO_IMAGE = Image("test-image.jpg", b"<html><script>alert(1)</script></html>", "image/jpeg")


@pytest.mark.plan("SIT-SMOKE-09")
@pytest.mark.needs("writes")
def test_upload_image(
    api: ProductApi, products: Products, images_host: ImagesHost, jpeg: Image
) -> None:
    """A JPEG is uploaded to a product, and then something that only has its name.

    201 with the image's URL on the images host, read back from the product's image record;
    what is no image is refused with 415.
    """
    made = products.make()
    uploaded = api.upload_image(made["product_id"], jpeg)
    uploaded.must_answer(201, "upload answers 201")
    body = uploaded.json_object("upload names the image")
    uploaded.must(
        images_host.delivers(body.get("image_url")),
        "upload names the image",
        expected=f"image_url under {images_host.url}/",
        actual=body,
    )

    record = api.image(made["product_id"])
    record.must_answer(200, "an image's record is read back")
    read = record.json_object("an image's record is read back")
    record.must(
        read.get("image_url") == body["image_url"],
        "an image's record is read back",
        expected=body["image_url"],
        actual=read,
    )

    other = products.make()
    api.upload_image(other["product_id"], NO_IMAGE).must_answer(415, "what is no image is refused")


@pytest.mark.plan("SIT-SMOKE-10")
@pytest.mark.needs("writes")
def test_image_delivery(
    api: ProductApi, products: Products, images_host: ImagesHost, jpeg: Image
) -> None:
    """An uploaded image is fetched from the images host, again and again.

    It comes back byte for byte, as what it is, may be cached, and soon comes from the cache.
    """
    made = products.make()
    uploaded = api.upload_image(made["product_id"], jpeg)
    uploaded.must(
        200 <= uploaded.status < 300,
        "there is an image to deliver",
        expected="the upload answers 2xx",
        actual=uploaded.status,
    )
    image_url = uploaded.json_object("there is an image to deliver").get("image_url")

    marks: list[str] = []
    while len(marks) < FETCHES and not any("hit" in mark.lower() for mark in marks):
        fetched = images_host.fetch(image_url)
        fetched.must_answer(200, "image answers 200")
        fetched.must(
            fetched.body == jpeg.content,
            "image comes back byte for byte",
            expected=f"the {len(jpeg.content)} bytes that were uploaded",
            actual=f"{len(fetched.body)} bytes, {difference(jpeg.content, fetched.body)}",
        )
        fetched.must(
            fetched.headers.get("Content-Type", "").split(";")[0] == "image/jpeg",
            "image has its content type",
            expected="image/jpeg",
            actual=fetched.headers.get("Content-Type"),
        )
        fetched.must(
            may_be_cached(fetched.headers.get("Cache-Control", "")),
            "image has caching headers",
            expected="Cache-Control with a max-age above 0",
            actual=fetched.headers.get("Cache-Control"),
        )
        marks.append(fetched.headers.get("X-Cache", ""))
    fetched.must(
        "hit" in marks[-1].lower(),
        "a repeated fetch is a hit",
        expected=f"X-Cache says hit within {FETCHES} fetches",
        actual=marks,
    )


def difference(sent: bytes, came: bytes) -> str:
    """Where two byte strings part, for a message."""
    first = next(
        (i for i, pair in enumerate(zip(sent, came, strict=False)) if pair[0] != pair[1]), None
    )
    return "one is the beginning of the other" if first is None else f"other from byte {first} on"


def may_be_cached(cache_control: str) -> bool:
    """Whether a Cache-Control header lets a cache keep the answer for a while."""
    directives = {part.strip().lower() for part in cache_control.split(",")}
    ages = [part.removeprefix("max-age=") for part in directives if part.startswith("max-age=")]
    forbidden = directives & {"no-store", "no-cache", "private"}
    return not forbidden and any(age.isdigit() and int(age) > 0 for age in ages)
