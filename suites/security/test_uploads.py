"""Uploads that mean harm (VAL-SEC-09)."""

import io
import secrets
import struct
from collections.abc import Callable

import pytest

from fixtures.api import ProductApi
from fixtures.crowd import Crowd
from fixtures.expectations import Unmet
from fixtures.images import Image, ImagesHost, make_image
from fixtures.security import forms, hostile_images
from fixtures.security.findings import Findings
from fixtures.security.hostile_images import KINDS, MIB
from fixtures.security.uploading import Uploading
from fixtures.transport import Exchange

pytestmark = [pytest.mark.needs("writes"), pytest.mark.active]

WHERE = "POST /v1.0/products/{product_id}/image"


@pytest.mark.plan("VAL-SEC-09")
@pytest.mark.severity("blocker")
def test_hostile_uploads(uploading: Uploading) -> None:
    """Files that are no images are uploaded under the names of some, and images cut in half.

    Each is refused and leaves the image that was there; then an image is taken as ever.
    """
    mark = secrets.token_hex(8)
    for what, content in hostile_images.no_images(mark).items():
        for name, kind in (("photo.jpg", "image/jpeg"), ("photo.svg", "image/svg+xml")):
            uploading.must_refuse(
                "upload-accepted", what, Image(name, content, kind), allowed=(400, 415)
            )
    uploading.must_be_well()


@pytest.mark.plan("VAL-SEC-09")
@pytest.mark.severity("blocker")
def test_image_bombs(uploading: Uploading) -> None:
    """Small files that decode to gigabytes are uploaded, and files that are too large as they are.

    Each is refused as too large; one whose text alone swells may be taken, without the text.
    """
    for what, content in hostile_images.bombs().items():
        uploading.must_refuse(
            "bomb-decoded", what, Image("x.png", content, "image/png"), allowed=(400, 413, 415)
        )
    swollen = hostile_images.swollen_text(secrets.token_hex(8))
    uploading.must_end(uploading.send(Image("x.png", swollen, "image/png")), "a text of 64 MiB")
    uploading.must_be_well()


@pytest.mark.plan("VAL-SEC-09")
def test_upload_limits(uploading: Uploading, findings: Findings) -> None:
    """Images of exactly what is promised are uploaded, of a byte more, and of too much.

    What is promised is taken; a byte more is taken or refused, and nothing between; too much is
    refused.
    """
    promised = {
        "4 MiB": hostile_images.of_size(4 * MIB),
        "40 million pixels": hostile_images.of_pixels(8000, 5000),
    }
    for what, content in promised.items():
        taken = uploading.send(Image("x.png", content, "image/png"))
        uploading.must_end(taken, what)
        if taken.status != 201:
            findings.report(
                "upload-limits",
                where=WHERE,
                evidence=f"{taken.status} for an image of {what}",
                key=what,
                exchange=taken,
            )
    more = uploading.send(Image("x.png", hostile_images.of_size(4 * MIB + 1), "image/png"))
    if more.status not in (201, 413):
        findings.report(
            "upload-limits",
            where=WHERE,
            evidence=f"{more.status} for an image of 4 MiB and a byte",
            key="a byte more",
            exchange=more,
        )
    uploading.look_again()
    too_much = Image("x.png", hostile_images.of_size(10 * MIB + 1), "image/png")
    uploading.must_refuse("upload-limits", "10 MiB and a byte", too_much, allowed=(413,))
    uploading.must_be_well()


@pytest.mark.plan("VAL-SEC-09")
@pytest.mark.severity("blocker")
def test_image_metadata(uploading: Uploading, images_host: ImagesHost, findings: Findings) -> None:
    """Photographs are uploaded that say who took them and where, in every way of their formats.

    What is delivered is the picture, and says nothing.
    """
    for kind in KINDS:
        photograph = hostile_images.noted(kind, secrets.token_hex(8))
        image = Image("x.jpg", photograph.content, "image/jpeg")
        delivered = images_host.fetch(uploading.taken(image, f"a {kind} with metadata"))
        delivered.must_answer(200, "an image is delivered")
        left = _told(delivered.body, photograph)
        if left:
            findings.report(
                "metadata-kept",
                where=f"images host, {kind}",
                evidence=", ".join(left),
                exchange=delivered,
            )


@pytest.mark.plan("VAL-SEC-09")
def test_bytes_beyond_an_image(
    uploading: Uploading, images_host: ImagesHost, findings: Findings
) -> None:
    """Images are uploaded that go on after their end, as a page.

    They are refused, or delivered up to their end.
    """
    for kind in KINDS:
        mark = secrets.token_hex(8)
        content = hostile_images.with_script_after(kind, mark)
        sent = uploading.send(Image("x.html", content, "text/html"))
        uploading.must_end(sent, f"a {kind} that goes on")
        if sent.status != 201:
            continue
        address = sent.json_object("an upload is answered in JSON").get("image_url")
        delivered = images_host.fetch(address)
        if mark.encode() in delivered.body:
            findings.report(
                "beyond-image-kept",
                where=f"images host, {kind}",
                evidence=f"{len(delivered.body)} of {len(content)} bytes, the script among them",
                exchange=delivered,
            )
    uploading.must_be_well()


@pytest.mark.plan("VAL-SEC-09")
def test_form_tricks(uploading: Uploading, findings: Findings) -> None:
    """An image is uploaded in forms that are malformed, ambiguous or endless, and under bad names.

    The forms are refused, or are at least no harm where they are only heavy; the names say
    nothing about where the image is kept.
    """
    for what, form in forms.tricks().items():
        uploading.must_refuse(
            "form-trick-accepted", f"a form {what}", form, allowed=(400, 413, 415)
        )
    for what, form in forms.heavy().items():
        uploading.must_end(uploading.send(form), f"a form {what}")
    for name in forms.NAMES:
        sent = uploading.send(forms.named(name))
        uploading.must_end(sent, f"a file called {name[:40]}")
        shown = sent.body.decode("utf-8", "replace")
        if sent.status == 201 and any(word in shown for word in ("harness", "etc/cron", "..")):
            findings.report(
                "file-name-used",
                where=WHERE,
                evidence=f"a file called {name[:40]!r} is kept at {shown[:200]}",
                key=name,
                exchange=sent,
            )
    uploading.look_again()
    uploading.must_be_well()


@pytest.mark.plan("VAL-SEC-09")
def test_uploads_at_once(
    api: ProductApi,
    crowd: Crowd,
    images_host: ImagesHost,
    uploading: Uploading,
    findings: Findings,
) -> None:
    """Images and files that are none are uploaded to one product at the same moment.

    Images are taken, the others refused, and the product shows one of the images.
    """
    path = uploading.path
    images = [make_image("PNG") for _ in range(4)]
    bad = list(hostile_images.no_images(secrets.token_hex(8)).values())[:4]
    files = [*images, *(Image("x.png", content, "image/png") for content in bad)]

    def post(image: Image) -> Callable[[ProductApi], Exchange]:
        sent = {"image": (image.filename, image.content, image.content_type)}
        return lambda one: one.send("POST", path, files=sent)

    for number, answer in enumerate(crowd.act([post(image) for image in files])):
        uploading.must_end(answer, "an upload among others")
        if number >= len(images) and answer.status == 201:
            findings.report(
                "upload-accepted",
                where=WHERE,
                evidence="a file that is no image, among others",
                key="at once",
                exchange=answer,
            )
    if findings.found:
        return  # what is shown after a failure says no more
    shown = api.send("GET", path)
    shown.must_answer(200, "one of several images is shown")
    address = shown.json_object("one of several images is shown").get("image_url")
    delivered = images_host.fetch(address)
    delivered.must(
        delivered.body in [image.content for image in images],
        "one of several images is shown",
        expected="the bytes of one of the images",
        actual=f"{len(delivered.body)} other bytes",
    )


def _told(content: bytes, photograph: hostile_images.Noted) -> list[str]:
    """What a delivered image still says. Raises Unmet for one that is no longer the picture."""
    from PIL import Image as Picture

    said = ["the mark that was written into it"] if photograph.mark.encode() in content else []
    try:
        with Picture.open(io.BytesIO(content)) as picture:
            picture.load()
            size = picture.size
            if picture.getexif().get_ifd(0x8825):
                said.append("where it was taken (GPS)")
    except (OSError, SyntaxError, ValueError, struct.error) as problem:
        raise Unmet(
            "a picture stays what it is", expected="an image", actual=str(problem)
        ) from None
    if size != photograph.size:
        raise Unmet("a picture stays what it is", expected=photograph.size, actual=size)
    return said
