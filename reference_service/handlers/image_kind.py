"""What an upload is, told by decoding it: names and headers can say anything."""

from __future__ import annotations

import io
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING

import msgspec

from reference_service.handlers.problem import Problem

if TYPE_CHECKING:
    from PIL.Image import Image

MAX_PIXELS = 40_000_000


class ImageKind(msgspec.Struct, frozen=True, kw_only=True):
    """A content type and the file ending that goes with it."""

    content_type: str
    ending: str


_KINDS = {
    "JPEG": ImageKind(content_type="image/jpeg", ending="jpg"),
    "PNG": ImageKind(content_type="image/png", ending="png"),
    "WEBP": ImageKind(content_type="image/webp", ending="webp"),
}


def image_kind(data: bytes) -> ImageKind:
    """The kind of a JPEG, PNG or WebP that decodes; Problem 413 or 415 otherwise."""
    try:
        with _open(data) as image:
            if image.width * image.height > MAX_PIXELS:
                raise Problem(413, f"The image has more than {MAX_PIXELS} pixels.")
            image.load()
            return _KINDS[image.format or ""]
    except Problem:
        raise
    # A decoder meets hostile bytes here; whatever it trips over, they are no image.
    except Exception as error:
        raise Problem(415, "The upload is no JPEG, PNG or WebP image.") from error


def _open(data: bytes) -> Image:
    image: Image = _pillow().open(io.BytesIO(data), formats=tuple(_KINDS))
    return image


@cache
def _pillow() -> ModuleType:
    from PIL import Image

    # Pillow's own limit only warns; ours refuses fewer pixels, before they are decoded.
    Image.MAX_IMAGE_PIXELS = None
    return Image
