"""A picture without what others wrote onto it: drawn again only where there is something."""

from __future__ import annotations

import io

from PIL import Image

from tests.other_service.refusal import Refused

_ENDS = {"JPEG": b"\xff\xd9", "PNG": b"IEND\xaeB`\x82"}
_NOTES = ("exif", "xmp", "comment", "photoshop", "Description", "Comment", "XML:com.adobe.xmp")


def developed(content: bytes) -> bytes:
    """The content as it is, or as it is printed anew. Refused when it goes on after its end."""
    with Image.open(io.BytesIO(content)) as image:
        kind = str(image.format)
        image.load()
        end = _ENDS.get(kind)
        if end is not None and not content.endswith(end):
            raise Refused(415, "there is more in it than a picture")
        if kind == "WEBP" and int.from_bytes(content[4:8], "little") + 8 < len(content):
            raise Refused(415, "there is more in it than a picture")
        noted = any(name in image.info for name in _NOTES) or getattr(image, "text", None)
        if not noted and not image.getexif():
            return content
        printed = io.BytesIO()
        image.info = {}
        bare = Image.new(image.mode, image.size)
        bare.paste(image)
        bare.save(printed, kind, **({"quality": 95} if kind == "JPEG" else {"lossless": True}))
        return printed.getvalue()
