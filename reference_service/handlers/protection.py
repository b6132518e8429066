"""Headers that keep browsers from making more of an answer than it is."""

from __future__ import annotations

from typing import Any

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
}


def protected(answer: dict[str, Any]) -> dict[str, Any]:
    """A function's answer with the headers, where it does not bring its own."""
    headers = answer.setdefault("multiValueHeaders", {})
    present = {name.lower() for name in headers}
    headers |= {name: [value] for name, value in HEADERS.items() if name.lower() not in present}
    return answer
