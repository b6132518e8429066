"""Faults in what becomes of uploads that mean harm."""

from __future__ import annotations

import base64
import io
import json
import re
import threading
import uuid
from collections.abc import Callable
from typing import Any

import msgspec
from aws_lambda_powertools.event_handler import Response

from reference_service.faults.fault import Fault, Wrapper, faults
from reference_service.faults.meeting import Meeting
from reference_service.faults.wrapping import around, parts
from reference_service.handlers.body import raw_body
from reference_service.handlers.image_kind import ImageKind
from reference_service.handlers.problem import Problem
from reference_service.handlers.service import Call, Handler, Service
from reference_service.local.stack import Composition

_Kinds = Callable[[bytes], ImageKind]
_Pictures = Callable[[bytes, ImageKind], bytes]
_MIB = 1024 * 1024


def _kinds(wrap: Callable[[_Kinds], _Kinds]) -> Wrapper:
    """Tells the kind of an upload in another way."""
    return lambda composition: parts(composition, image_kind=wrap(composition.service.image_kind))


def _pictures(wrap: Callable[[_Pictures], _Pictures]) -> Wrapper:
    """Takes something else of an upload."""
    return lambda composition: parts(
        composition, picture_only=wrap(composition.service.picture_only)
    )


def _take_svg(composition: Composition) -> Composition:
    """An SVG is an image, too."""
    kind, picture = composition.service.image_kind, composition.service.picture_only

    def told(data: bytes) -> ImageKind:
        if b"<svg" in data:
            return ImageKind(content_type="image/svg+xml", ending="svg")
        return kind(data)

    def kept(data: bytes, of: ImageKind) -> bytes:
        return data if of.ending == "svg" else picture(data, of)

    return parts(composition, image_kind=told, picture_only=kept)


def _unlimited(healthy: _Kinds) -> _Kinds:
    """Decodes first, and never asks how much that will be."""

    def told(data: bytes) -> ImageKind:
        try:
            return healthy(data)
        except Problem as problem:
            if problem.status != 413:
                raise
            from PIL import Image

            Image.MAX_IMAGE_PIXELS = None
            with Image.open(io.BytesIO(data), formats=("PNG",)) as image:
                image.load()
            return ImageKind(content_type="image/png", ending="png")

    return told


def _trips(healthy: _Kinds) -> _Kinds:
    """What a decoder trips over is nobody's to catch."""

    def told(data: bytes) -> ImageKind:
        try:
            return healthy(data)
        except Problem as problem:
            raise RuntimeError("cannot decode") from problem

    return told


def _with_the_rest(healthy: _Pictures) -> _Pictures:
    """Metadata go, and what comes after the picture stays."""

    def kept(data: bytes, kind: ImageKind) -> bytes:
        picture = healthy(data, kind)
        return data if data.startswith(picture) else picture

    return kept


def _with_the_place(healthy: _Pictures) -> _Pictures:
    """A JPEG keeps where it was taken, and nothing else of its EXIF data."""

    def kept(data: bytes, kind: ImageKind) -> bytes:
        picture = healthy(data, kind)
        if kind.ending != "jpg":
            return picture
        from PIL import Image

        with Image.open(io.BytesIO(data), formats=("JPEG",)) as image:
            place = image.getexif().get_ifd(0x8825)
        if not place:
            return picture
        exif = Image.Exif()
        exif.get_ifd(0x8825).update(place)
        content = exif.tobytes()
        segment = b"\xff\xe1" + (len(content) + 2).to_bytes(2, "big") + content
        return picture[:2] + segment + picture[2:]

    return kept


def _store_first(healthy: Handler, call: Call, service: Service) -> Response[Any]:
    """Keeps whatever comes, and looks at it afterwards."""
    key = f"products/{call.product_id}/{uuid.uuid4().hex}.upload"
    service.images.put(key, raw_body(call.event, limit=20 * _MIB), "application/octet-stream")
    return healthy(call, service)


def _refuse_large(healthy: Handler, call: Call, service: Service) -> Response[Any]:
    if len(raw_body(call.event, limit=20 * _MIB)) > 3 * _MIB:
        raise Problem(413, "The image is larger than 3 MiB.")
    return healthy(call, service)


def _any_field(healthy: Handler, call: Call, service: Service) -> Response[Any]:
    """The file is taken from whatever field it is in."""
    data = raw_body(call.event, limit=20 * _MIB)
    if b'name="image"' in data:
        return healthy(call, service)
    body = base64.b64encode(data.replace(b'name="file"', b'name="image"')).decode()
    event = type(call.event)({**call.event.raw_event, "body": body, "isBase64Encoded": True})
    return healthy(msgspec.structs.replace(call, event=event), service)


def _named_as_uploaded(healthy: Handler, call: Call, service: Service) -> Response[Any]:
    """An image is shown under the name that its file came with."""
    answer = healthy(call, service)
    name = re.search(rb'filename="([^"]*)"', raw_body(call.event, limit=20 * _MIB))
    if answer.status_code == 201 and name:
        shown = json.loads(answer.body or "{}")
        folder = shown["image_url"].rpartition("/")[0]
        shown["image_url"] = f"{folder}/{name[1].decode('utf-8', 'replace')}"
        answer.body = json.dumps(shown)
    return answer


class _OneAtATime:
    """Whoever comes while another upload is under way makes it fail."""

    def __init__(self) -> None:
        self._busy = threading.Lock()
        self._meeting = Meeting()

    def __call__(self, healthy: Handler, call: Call, service: Service) -> Response[Any]:
        self._meeting.wait("uploads")
        if not self._busy.acquire(blocking=False):
            raise RuntimeError("the decoder is in use")
        try:
            self._meeting.wait("decoding")
            return healthy(call, service)
        finally:
            self._busy.release()


_hostile = faults("image store", "security.hostile_uploads")
_metadata = faults("image store", "security.image_metadata")
_forms = faults("handler", "security.form_tricks")

FAULTS: tuple[Fault, ...] = (
    _hostile(
        "svg-accepted",
        "what is no image is refused",
        "An SVG counts as an image.",
        _take_svg,
    ),
    _hostile(
        "broken-image-fails",
        "no upload makes the service fail",
        "What cannot be decoded is answered 500.",
        _kinds(_trips),
    ),
    faults("handler", "security.hostile_uploads")(
        "refused-upload-stored",
        "what is refused is not stored",
        "Uploads are stored before they are looked at.",
        around("image_upload", _store_first),
    ),
    faults("image store", "security.image_bombs")(
        "bomb-decoded",
        "a bomb is refused before it goes off",
        "An image is decoded however many pixels it has.",
        _kinds(_unlimited),
    ),
    faults("handler", "security.upload_limits")(
        "upload-limit-too-low",
        "the limits of uploads stand where they are promised",
        "An image of more than 3 MiB is refused.",
        around("image_upload", _refuse_large),
    ),
    _metadata(
        "exif-kept",
        "metadata is taken out of images",
        "Images are delivered as they came, metadata included.",
        _pictures(lambda _: lambda data, kind: data),
    ),
    _metadata(
        "place-kept",
        "metadata is taken out of images",
        "A JPEG keeps where it was taken.",
        _pictures(_with_the_place),
    ),
    faults("image store", "security.bytes_beyond_an_image")(
        "bytes-after-image-kept",
        "nothing is delivered beside the picture",
        "What follows an image is delivered with it.",
        _pictures(_with_the_rest),
    ),
    _forms(
        "file-in-any-field",
        "a form that is not the contract's is refused",
        "A file is taken from any field of the form.",
        around("image_upload", _any_field),
    ),
    _forms(
        "file-name-kept",
        "a file's name leads nowhere",
        "An image's address ends with the name that its file had.",
        around("image_upload", _named_as_uploaded),
    ),
    faults("handler", "security.uploads_at_once")(
        "uploads-trip-each-other",
        "no upload makes the service fail",
        "An upload fails while another is under way.",
        around("image_upload", _OneAtATime()),
    ),
)
