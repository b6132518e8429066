"""Faults that a scanner sees, and no check of the layer looks for."""

from __future__ import annotations

from typing import Any

from reference_service.faults.fault import Fault, Wrapper, faults
from reference_service.faults.wrapping import function
from reference_service.handlers.app import Function


def _sends_away(healthy: Function) -> Function:
    """A list that is asked for an address goes there."""

    def answering(event: dict[str, Any], context: Any) -> dict[str, Any]:
        answer = healthy(event, context)
        sought = (event["queryStringParameters"] or {}).get("q", "")
        if answer["statusCode"] == 200 and sought.startswith(("http://", "https://")):
            answer["statusCode"], answer["body"] = 302, ""
            answer["multiValueHeaders"] = {"Location": [sought]}
        return answer

    return answering


def _sets_cookie(healthy: Function) -> Function:
    """A cookie that any script reads, and that goes over plain HTTP too."""

    def answering(event: dict[str, Any], context: Any) -> dict[str, Any]:
        answer = healthy(event, context)
        answer["multiValueHeaders"]["Set-Cookie"] = ["visitor=of-today; Path=/"]
        return answer

    return answering


def _fault(name: str, reason: str, description: str, install: Wrapper) -> Fault:
    return faults("function", "security.scan")(name, reason, description, install)


FAULTS: tuple[Fault, ...] = (
    _fault(
        "search-redirects",
        "nobody is sent to another host",
        "A search for an address is answered with a redirect to it.",
        function(_sends_away),
    ),
    _fault(
        "cookie-for-everybody",
        "a cookie is for this service's own answers alone",
        "Each answer sets a cookie without HttpOnly and Secure.",
        function(_sets_cookie),
    ),
)
