"""Requests as a shop's: products made, shown with their images, changed, listed and removed."""

from __future__ import annotations

import contextlib
import threading

import requests

from fixtures.images import make_image
from tests.reference_service.running import new_product
from tests.whole_plan.stack import Stack

CLIENTS = 4
LOOKS = 5  # at a product, and at a page of images with it
IMAGES = 4
TIMEOUT_S = 10


class Traffic:
    """Goes on from a few clients until it is left."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._url = f"{stack.service.ready['base_url']}/v1.0/products"
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._shop) for _ in range(CLIENTS)]
        self._headers = {"Authorization": f"Bearer {stack.token('admin')}"}

    def __enter__(self) -> None:
        for thread in self._threads:
            thread.start()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _shop(self) -> None:
        session = requests.Session()
        session.trust_env = False
        session.headers.update(self._headers)
        images = requests.Session()
        images.trust_env = False
        picture = make_image("PNG")
        files = {"image": (picture.filename, picture.content, picture.content_type)}
        while not self._over.is_set():
            with contextlib.suppress(requests.RequestException, KeyError, ValueError):
                made = session.post(self._url, json=new_product(), timeout=TIMEOUT_S).json()
                one = f"{self._url}/{made['product_id']}"
                shown = session.post(f"{one}/image", files=files, timeout=TIMEOUT_S).json()
                for _ in range(LOOKS):
                    session.get(one, timeout=TIMEOUT_S)
                    for _ in range(IMAGES):
                        images.get(shown["image_url"], timeout=TIMEOUT_S)
                session.put(one, json={"price": 10}, timeout=TIMEOUT_S)
                session.get(self._url, params={"limit": "5"}, timeout=TIMEOUT_S)
                session.delete(one, timeout=TIMEOUT_S)
