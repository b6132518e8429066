"""The images host: delivers what was uploaded, and says now and then that a cache did."""

from __future__ import annotations

import io
import itertools
import threading
import time
from dataclasses import dataclass, field

from flask import Flask, Response, abort
from PIL import Image
from werkzeug.exceptions import HTTPException

from tests.other_service.catalog import Picture
from tests.other_service.developing import developed
from tests.other_service.refusal import Refused

LINGERS_S = 1.0  # a deleted image is still delivered for so long
LARGEST = 10 * 1024 * 1024
PIXELS = 60_000_000
_KINDS = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}


@dataclass
class _Hung:
    picture: Picture
    until: float = float("inf")
    fetches: itertools.count[int] = field(default_factory=lambda: itertools.count(1))


class Gallery:
    """The uploaded images by their path."""

    def __init__(self) -> None:
        self.url = ""  # of the host, once it is there
        self._lock = threading.Lock()
        self._hung: dict[str, _Hung] = {}

    def hang(self, path: str, content: bytes) -> Picture:
        """Keep an image. Refused when it is none, or too large."""
        if len(content) > LARGEST:
            raise Refused(413, "this picture is too big for our walls")
        address = f"{self.url}/{path}"
        kind = _kind(content)
        picture = Picture(path=path, address=address, kind=kind, content=developed(content))
        with self._lock:
            self._hung[path] = _Hung(picture)
        return picture

    def take_down(self, picture: Picture | None) -> None:
        """Deliver it no more, after a while."""
        with self._lock:
            if picture is not None:
                self._hung[picture.path].until = time.monotonic() + LINGERS_S

    def look(self, path: str) -> tuple[Picture, bool] | None:
        """The image, and whether a cache had it: every third time."""
        with self._lock:
            hung = self._hung.get(path)
            if hung is None or time.monotonic() >= hung.until:
                return None
            return hung.picture, next(hung.fetches) % 3 == 0


def _kind(content: bytes) -> str:
    try:
        Image.MAX_IMAGE_PIXELS = None  # we count ourselves
        with Image.open(io.BytesIO(content), formats=tuple(_KINDS)) as image:
            if image.width * image.height > PIXELS:
                raise Refused(413, "we have no wall of this size")
            image.load()
            return _KINDS[image.format or ""]
    except Refused:
        raise
    except Exception:  # noqa: BLE001 - whatever a decoder trips over is no image
        raise Refused(415, "we see no JPEG, PNG or WebP picture in it") from None


def images_host(gallery: Gallery) -> Flask:
    """Its web application; it refuses what is not there with 403."""
    app = Flask("images", static_folder=None)

    @app.errorhandler(HTTPException)
    def sorry(raised: HTTPException) -> Response:
        response = Response("No.", status=raised.code, mimetype="text/plain")
        response.headers["x-content-type-options"] = "nosniff"
        return response

    @app.get("/<path:path>")
    def deliver(path: str) -> Response:
        found = gallery.look(path)
        if found is None:
            abort(403)
        picture, hit = found
        response = Response(picture.content, mimetype=picture.kind)
        response.headers["cache-control"] = "max-age=86400, public"
        response.headers["etag"] = f'W/"{path[-8:]}"'
        response.headers["x-cache"] = "RefreshHit" if hit else "Miss from the attic"
        response.headers["x-content-type-options"] = "nosniff"
        return response

    return app
