"""A real browser for pages that stand on disk, in which every request is written down."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from fixtures.security.browser import FLAGS, find_program

LOCAL = ("file:", "data:", "blob:", "about:")


@contextmanager
def browser() -> Iterator[Browser]:
    """The machine's Chromium, without which nothing here is known to work."""
    assert find_program(), "no Chromium on this machine: apt-get install chromium"
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=find_program(), args=FLAGS.split())
        try:
            yield started
        finally:
            started.close()


class Reading:
    """One page as somebody reads it."""

    def __init__(self, browser: Browser, **context: Any) -> None:
        self._context = browser.new_context(
            **{"viewport": {"width": 1200, "height": 900}} | context
        )
        self.page: Page = self._context.new_page()
        self.requests: list[str] = []
        self.problems: list[str] = []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda message: self.problems.append(message.text))
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))

    def open(self, file: Path, fragment: str = "") -> Page:
        """The page, loaded from disk."""
        self.page.goto(file.resolve().as_uri() + fragment, wait_until="load")
        return self.page

    def close(self) -> None:
        """Close it."""
        self._context.close()

    @property
    def outside(self) -> list[str]:
        """Requests that would have left this machine's disk."""
        return [url for url in self.requests if not url.startswith(LOCAL)]
