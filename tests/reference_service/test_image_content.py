"""What is kept of an upload: the picture, byte for byte, and nothing beside it."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from fixtures.images import make_image
from fixtures.security.hostile_images import KINDS, Kind, noted, with_script_after
from reference_service.handlers.image_content import picture_only
from reference_service.handlers.image_kind import ImageKind, image_kind
from reference_service.handlers.problem import Problem


def kept(data: bytes) -> bytes:
    return picture_only(data, image_kind(data))


def pixels(data: bytes) -> bytes:
    with Image.open(io.BytesIO(data)) as image:
        return image.tobytes()


def saved(kind: str, **options: object) -> bytes:
    written = io.BytesIO()
    Image.effect_noise((40, 30), 80).convert("RGB").save(written, kind, **options)
    return written.getvalue()


@pytest.mark.parametrize("kind", KINDS)
def test_a_mere_picture_stays_as_it_is(kind: Kind) -> None:
    """Nothing is drawn anew: what carries nothing comes back byte for byte."""
    content = make_image(kind).content
    assert kept(content) == content


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_beside_a_picture_goes(kind: Kind) -> None:
    """Metadata and a page after the end go; the pixels are the same, as is what is kept twice."""
    photograph = noted(kind, "mark-of-its-maker")
    left = kept(photograph.content)
    assert b"mark-of-its-maker" not in left
    assert pixels(left) == pixels(photograph.content)
    assert kept(left) == left
    assert b"script" not in kept(with_script_after(kind, "mark"))


@pytest.mark.parametrize(
    "content",
    [
        saved("JPEG", progressive=True),
        saved("JPEG", subsampling=2, restart_marker_blocks=2),
        saved("JPEG", icc_profile=b"profile" * 2000),
        saved("PNG", icc_profile=b"profile" * 20),
        saved("WEBP", lossless=True),
        saved("WEBP", icc_profile=b"profile" * 21),
    ],
    ids=["progressive", "restarts", "profile", "png profile", "lossless", "webp profile"],
)
def test_what_makes_the_picture_stays(content: bytes) -> None:
    """Scans, restart markers and colour profiles are part of it."""
    assert kept(content) == content


def test_which_way_up_stays() -> None:
    """A JPEG keeps its orientation, and nothing else of its EXIF data."""
    exif = Image.Exif()
    exif[0x0112], exif[0x013B] = 6, "somebody"
    left = kept(saved("JPEG", exif=exif))
    with Image.open(io.BytesIO(left)) as image:
        assert dict(image.getexif()) == {0x0112: 6}
    assert b"somebody" not in left


def test_several_frames_stay() -> None:
    """An animated WebP or PNG keeps its frames."""
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "green", "blue")]
    for kind in ("PNG", "WEBP"):
        written = io.BytesIO()
        frames[0].save(written, kind, save_all=True, append_images=frames[1:])
        with Image.open(io.BytesIO(kept(written.getvalue()))) as image:
            assert getattr(image, "n_frames", 1) == 3


@pytest.mark.parametrize("cut", [-2, 30])
@pytest.mark.parametrize("kind", KINDS)
def test_parts_that_do_not_fit_are_refused(kind: Kind, cut: int) -> None:
    """Whatever a decoder forgives: what ends too early is refused."""
    data = make_image(kind).content
    told = ImageKind(content_type="", ending={"JPEG": "jpg", "PNG": "png", "WEBP": "webp"}[kind])
    with pytest.raises(Problem) as refused:
        picture_only(data[:cut], told)
    assert refused.value.status == 415
