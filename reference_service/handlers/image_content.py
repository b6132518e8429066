"""What of an upload is delivered: the picture, byte for byte, and nothing beside it.

Metadata says where and by whom a photograph was taken, and bytes after a picture's end can be
a page or a program. Neither belongs to the picture, so neither is kept.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator

from reference_service.handlers.image_kind import ImageKind
from reference_service.handlers.problem import Problem

_PNG_KEPT = frozenset(
    b"IHDR PLTE IDAT IEND tRNS gAMA cHRM sRGB iCCP cICP sBIT bKGD pHYs acTL fcTL fdAT".split()
)
_WEBP_KEPT = frozenset((b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF", b"ICCP"))
_WEBP_METADATA = 0x0C  # the bits of VP8X that announce EXIF and XMP
_EOI, _SOS, _COM = 0xD9, 0xDA, 0xFE
_ORIENTATION = 0x0112
_JFIF = 16  # bytes of a JFIF segment without a thumbnail


def picture_only(data: bytes, kind: ImageKind) -> bytes:
    """The picture of an image that decodes, without metadata and without what follows it.

    An image that has neither stays as it is. A JPEG keeps which way up it is, its colours and
    its frames; Problem 415 for one whose parts do not fit together.
    """
    parts = {"jpg": _jpeg, "png": _png, "webp": _webp}[kind.ending]
    try:
        return b"".join(parts(data))
    except (IndexError, OSError, ValueError, struct.error) as error:
        raise Problem(415, "The upload is no whole JPEG, PNG or WebP image.") from error


def _jpeg(data: bytes) -> Iterator[bytes]:
    """Segments (ITU-T T.81, annex B), each of its marker, length and content."""
    yield data[:2]
    upright = _orientation(data)
    at = 2
    while True:
        while data[at] == 0xFF and data[at + 1] == 0xFF:
            at += 1  # fill bytes
        if data[at] != 0xFF:
            raise ValueError("no marker")
        marker = data[at + 1]
        if marker == _EOI:
            yield data[at : at + 2]
            return
        end = at + 2 + struct.unpack_from(">H", data, at + 2)[0]
        if upright and marker != 0xE0:
            yield upright
            upright = b""
        if _belongs(marker, data[at + 4 : end]):
            yield data[at:end]
        at = end
        if marker == _SOS:
            end = _scan_end(data, at)
            yield data[at:end]
            at = end


def _belongs(marker: int, content: bytes) -> bool:
    """Whether a segment says how the picture looks: of the applications' own, only three do."""
    if marker == 0xE0:
        return content.startswith(b"JFIF\0") and len(content) + 2 == _JFIF
    if marker == 0xE2:
        return content.startswith(b"ICC_PROFILE\0")
    if marker == 0xEE:
        return content.startswith(b"Adobe")
    return not 0xE0 <= marker <= 0xEF and marker != _COM


def _scan_end(data: bytes, at: int) -> int:
    """Where the coded data that begin at `at` end: at a marker that is no restart."""
    while True:
        at = data.index(b"\xff", at)
        if data[at + 1] not in (0x00, 0xFF, *range(0xD0, 0xD8)):
            return at
        at += 1


def _orientation(data: bytes) -> bytes:
    """A segment that says which way up the picture is and nothing else; empty for as it is."""
    from PIL import Image

    with Image.open(io.BytesIO(data), formats=("JPEG",)) as image:
        turned = image.getexif().get(_ORIENTATION)
    if turned not in range(2, 9):
        return b""
    exif = Image.Exif()
    exif[_ORIENTATION] = turned
    content = exif.tobytes()
    return b"\xff\xe1" + struct.pack(">H", len(content) + 2) + content


def _png(data: bytes) -> Iterator[bytes]:
    """Chunks (PNG, third edition, section 5), each of its length, name, content and checksum."""
    yield data[:8]
    at = 8
    name = b""
    while name != b"IEND":
        length, name = struct.unpack_from(">I4s", data, at)
        end = at + 12 + length
        if end > len(data):
            raise ValueError("cut off")
        if name in _PNG_KEPT:
            yield data[at:end]
        at = end


def _webp(data: bytes) -> Iterator[bytes]:
    """Chunks (RFC 9649, section 2.3), within the size that the beginning states."""
    whole = min(len(data), 8 + struct.unpack_from("<I", data, 4)[0])
    kept = b""
    at = 12
    while at + 8 <= whole:
        name, length = struct.unpack_from("<4sI", data, at)
        end = at + 8 + length + length % 2
        if at + 8 + length > whole:
            raise ValueError("cut off")
        chunk = data[at:end]
        if name == b"VP8X":
            chunk = chunk[:8] + bytes((chunk[8] & ~_WEBP_METADATA,)) + chunk[9:]
        if name in _WEBP_KEPT:
            kept += chunk
        at = end
    yield b"RIFF" + struct.pack("<I", 4 + len(kept)) + b"WEBP" + kept
