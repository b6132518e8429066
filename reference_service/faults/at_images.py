"""Faults in what becomes of an upload."""

from __future__ import annotations

from reference_service.faults.fault import Fault
from reference_service.faults.wrapping import PassingImages, images, parts
from reference_service.handlers.image_kind import ImageKind
from reference_service.handlers.problem import Problem
from reference_service.local.stack import Composition


class CutsOff(PassingImages):
    """An image is stored without its last byte."""

    def put(self, key: str, data: bytes, content_type: str) -> None:
        self.inner.put(key, data[:-1], content_type)


class StoresNothing(PassingImages):
    def put(self, key: str, data: bytes, content_type: str) -> None:
        """An upload is thrown away."""


def _accept_anything(composition: Composition) -> Composition:
    healthy = composition.service.image_kind

    def anything(data: bytes) -> ImageKind:
        try:
            return healthy(data)
        except Problem:
            return ImageKind(content_type="image/jpeg", ending="jpg")

    return parts(composition, image_kind=anything)


FAULTS = (
    Fault(
        name="upload-accepts-anything",
        seam="image store",
        check="smoke.upload_image",
        reason="what is no image is refused",
        description="Whatever is uploaded is accepted as an image.",
        install=_accept_anything,
    ),
    Fault(
        name="image-cut-off",
        seam="image store",
        check="smoke.image_delivery",
        reason="image comes back byte for byte",
        description="An image is stored without its last byte.",
        install=images(CutsOff),
    ),
    Fault(
        name="image-lost",
        seam="image store",
        check="smoke.image_delivery",
        reason="image answers 200",
        description="An upload is answered, and the image thrown away.",
        install=images(StoresNothing),
    ),
)
