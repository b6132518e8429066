"""Images: upload through the API, delivery through the images host."""

from __future__ import annotations

import io

import pytest
import requests
from PIL import Image

from tests.reference_service.running import Client, RunningService, unique


def picture(kind: str = "PNG", colour: str = "red", size: tuple[int, int] = (32, 32)) -> bytes:
    """A small image of one colour."""
    written = io.BytesIO()
    Image.new("RGB", size, colour).save(written, kind)
    return written.getvalue()


def upload(client: Client, product_id: str, data: bytes, name: str = "x.jpg") -> requests.Response:
    files = {"image": (name, data, "application/octet-stream")}
    return client.post(f"/products/{product_id}/image", files=files)


@pytest.mark.parametrize(
    ("kind", "content_type"),
    [("JPEG", "image/jpeg"), ("PNG", "image/png"), ("WEBP", "image/webp")],
)
def test_an_image_comes_back(admin: Client, kind: str, content_type: str) -> None:
    """Upload under a misleading name; record, product and delivery agree, byte for byte."""
    product_id = admin.create()["product_id"]
    data = picture(kind)
    made = upload(admin, product_id, data, "page.html")
    record = made.json()
    assert made.status_code == 201
    assert (record["content_type"], record["size"]) == (content_type, len(data))
    assert admin.get(made.headers["Location"]).json() == record
    assert admin.get(f"/products/{product_id}").json()["image_url"] == record["image_url"]

    first, second = (requests.get(record["image_url"], timeout=5) for _ in range(2))
    head = requests.head(record["image_url"], timeout=5)
    assert first.content == second.content == data
    assert head.content == b""
    for response in (first, second, head):
        assert response.status_code == 200
        assert response.headers["Content-Type"] == content_type
        assert response.headers["Content-Length"] == str(len(data))
        assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["ETag"]
    marks = [response.headers["X-Cache"] for response in (first, second, head)]
    assert marks == ["Miss from edge", "Hit from edge", "Hit from edge"]


def test_a_new_image_has_a_new_address(admin: Client, service: RunningService) -> None:
    """Upload the same bytes twice; the addresses differ, the old object is gone."""
    product_id = admin.create()["product_id"]
    old = upload(admin, product_id, picture()).json()["image_url"]
    new = upload(admin, product_id, picture()).json()["image_url"]
    assert old != new
    assert requests.get(old, timeout=5).status_code == 403
    assert requests.get(new, timeout=5).status_code == 200


def test_a_deleted_image_is_gone(admin: Client) -> None:
    """Delete the image; its record is 404, the product's image_url null, a second one 404."""
    product_id = admin.create(image_url="https://images.example/a.jpg")["product_id"]
    path = f"/products/{product_id}/image"
    assert admin.get(path).status_code == 404
    assert admin.delete(path).status_code == 404
    address = upload(admin, product_id, picture()).json()["image_url"]
    assert admin.delete(path).status_code == 204
    assert admin.get(path).status_code == 404
    assert admin.delete(path).status_code == 404
    assert admin.get(f"/products/{product_id}").json()["image_url"] is None
    assert requests.get(address, timeout=5).status_code == 403


def test_a_deleted_product_takes_its_image_along(admin: Client, service: RunningService) -> None:
    """Delete the product; nothing of it is left in the bucket."""
    product_id = admin.create()["product_id"]
    address = upload(admin, product_id, picture()).json()["image_url"]
    assert admin.delete(f"/products/{product_id}").status_code == 204
    assert requests.get(address, timeout=5).status_code == 403
    listed = service.aws("s3").list_objects_v2(
        Bucket="bbws-product-images-local", Prefix=f"products/{product_id}/"
    )
    assert listed["KeyCount"] == 0


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no image",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"\x89PNG\r\n\x1a\n" + b"\x00" * 100,
        b"\xff\xd8\xff\xe0" + b"<?php system($_GET[0]); ?>",
        picture("GIF"),
        picture("BMP"),
        picture("TIFF"),
        picture("PNG")[:-30],
        picture("JPEG")[:200],
    ],
)
def test_what_is_no_image_is_415(admin: Client, data: bytes) -> None:
    """Text, scripts, other formats, a header with nothing behind it, images cut short."""
    product_id = admin.create()["product_id"]
    assert upload(admin, product_id, data, "x.png").status_code == 415
    assert admin.get(f"/products/{product_id}/image").status_code == 404


def test_forms_that_hold_no_image(admin: Client) -> None:
    """Another media type is 415; a broken form, another field or two files are 400."""
    path = f"/products/{admin.create()['product_id']}/image"
    assert admin.post(path, data=picture()).status_code == 415
    assert admin.post(path, json={}).status_code == 415
    assert admin.post(path, files={"file": ("x.png", picture())}).status_code == 400
    twice = [("image", ("a.png", picture())), ("image", ("b.png", picture()))]
    assert admin.post(path, files=twice).status_code == 400
    assert admin.post(path, files={"image": (None, "text")}).status_code == 400
    for header in ("multipart/form-data", "multipart/form-data; boundary=x"):
        assert admin.post(path, data=b"x", headers={"Content-Type": header}).status_code == 400


def test_what_is_too_large_is_413(admin: Client) -> None:
    """More bytes than an upload may have, more than the gateway takes, and too many pixels."""
    product_id = admin.create()["product_id"]
    assert upload(admin, product_id, b"x" * (4 * 1024 * 1024 + 1)).status_code == 413
    assert upload(admin, product_id, b"x" * (5 * 1024 * 1024 + 1)).status_code == 413
    assert upload(admin, product_id, b"x" * (12 * 1024 * 1024)).status_code == 413
    many = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(many, "PNG")
    assert upload(admin, product_id, many.getvalue()).status_code == 413


def test_an_image_of_nearly_4_mib_is_taken(admin: Client) -> None:
    """Noise in a PNG just below the promised size."""
    noise = Image.effect_noise((2000, 2000), 100)
    written = io.BytesIO()
    noise.save(written, "PNG")
    data = written.getvalue()
    assert 3_500_000 < len(data) < 4 * 1024 * 1024
    product_id = admin.create()["product_id"]
    assert upload(admin, product_id, data).status_code == 201


def test_no_product_no_image(admin: Client) -> None:
    """Upload, get and delete for an id that is not there: 404."""
    assert upload(admin, unique("none"), picture()).status_code == 404
    assert admin.get(f"/products/{unique('none')}/image").status_code == 404
    assert admin.delete(f"/products/{unique('none')}/image").status_code == 404


@pytest.mark.parametrize("path", ["/", "/products/", "/products/none.png", "/../x", "/other/x"])
def test_the_edge_refuses_what_is_not_there(service: RunningService, path: str) -> None:
    """Paths without an image are 403, other methods 405, and none of it is kept."""
    url = service.ready["images_url"] + path
    assert requests.get(url, timeout=5).status_code == 403
    assert requests.post(url, timeout=5).status_code == 405
