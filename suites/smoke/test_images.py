"""Smoke tests 9 and 10 of the plan: an image is uploaded, and delivered."""

import re

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

    shown = api.get(made["product_id"])
    product = shown.json_object("the product shows its image")
    shown.must_hold({"image_url": body["image_url"]}, product, "the product shows its image")

    other = products.make()["product_id"]
    api.upload_image(other, NO_IMAGE).must_answer(415, "what is no image is refused")
    api.image(other).must_answer(404, "what is no image is refused")


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
    # At least twice, even where the first is a hit: what a cache keeps is to be seen, too.
    while len(marks) < 2 or (len(marks) < FETCHES and not any(map(is_hit, marks))):
        fetched = images_host.fetch(image_url)
        fetched.must_answer(200, "image answers 200")
        fetched.must(
            fetched.body == jpeg.content,
            "image comes back byte for byte",
            expected=f"the {len(jpeg.content)} bytes that were uploaded",
            actual=f"{len(fetched.body)} bytes, {difference(jpeg.content, fetched.body)}",
        )
        fetched.must(
            fetched.headers.get("Content-Type", "").split(";")[0].strip().lower() == "image/jpeg",
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
        any(map(is_hit, marks)),
        "a repeated fetch is a hit",
        expected=f"X-Cache begins with Hit within {FETCHES} fetches",
        actual=marks,
    )
    head = images_host.fetch(image_url, method="HEAD")
    head.must_answer(200, "image answers HEAD alike")
    for name in ("Content-Type", "Cache-Control"):
        head.must(
            head.headers.get(name) == fetched.headers.get(name),
            "image answers HEAD alike",
            expected=f"{name}: {fetched.headers.get(name)}",
            actual=head.headers.get(name),
        )


def difference(sent: bytes, came: bytes) -> str:
    """Where two byte strings part, for a message."""
    first = next(
        (i for i, pair in enumerate(zip(sent, came, strict=False)) if pair[0] != pair[1]), None
    )
    return "one is the beginning of the other" if first is None else f"other from byte {first} on"


def is_hit(mark: str) -> bool:
    """Whether an X-Cache header says that a cache answered."""
    return re.match(r"(refresh)?hit\b", mark.strip(), re.IGNORECASE) is not None


def may_be_cached(cache_control: str) -> bool:
    """Whether a Cache-Control header (RFC 9111, section 5.2) lets a cache keep the answer."""
    found = re.findall(r'([\w-]+)\s*(?:=\s*("[^"]*"|[^\s,]*))?', cache_control)
    directives = {name.lower(): value.strip('"') for name, value in found}
    if directives.get("no-cache") == "" or directives.keys() & {"no-store", "private"}:
        return False
    ages = (directives.get("max-age", ""), directives.get("s-maxage", ""))
    return any(age.isdigit() and int(age) > 0 for age in ages)
