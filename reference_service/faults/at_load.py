"""Faults in what is answered when much is asked: seldom wrong, or wrong only under load.

Bulk, images sent in and health are left alone: a load is prepared with them.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import msgspec
from starlette.responses import Response as Sent

from reference_service.faults.fault import Fault, faults
from reference_service.faults.schedules import Bucket, Clock, EveryNth, Rush
from reference_service.faults.wrapping import function
from reference_service.handlers.app import Function
from reference_service.handlers.problem import Problem

# tests/reference_service/test_fault_power.py says what these are worth.
ERRORS = 175  # one request to the API in so many fails: 0.5% of all, images among them
RUSH_REQUESTS, RUSH_S = 350, 5.0  # more than 70 a second, which no other layer asks
RUSH_ERRORS = 20
THROTTLED_ABOVE, THROTTLE_BURST = 60.0, 120  # requests a second; at once
LOST_IMAGES = 5

# Whether a request, which it sees, is refused.
Refuses = Callable[[], bool]


def _limited(event: dict[str, Any]) -> bool:
    return not str(event["path"]).rstrip("/").endswith(("/health", "/bulk", "/image"))


def refusing(make: Callable[[], Refuses], problem: Problem) -> Callable[[Function], Function]:
    """Answers with the problem whenever what is made says so."""

    def wrap(healthy: Function) -> Function:
        refuses = make()

        def answering(event: dict[str, Any], context: Any) -> dict[str, Any]:
            if _limited(event) and refuses():
                return _event(problem, event)
            return healthy(event, context)

        return answering

    return wrap


def failing_in_a_rush(clock: Clock = time.monotonic) -> Refuses:
    """Each twentieth request of those that come while more than 70 a second do."""
    rush, chosen = Rush(RUSH_REQUESTS, RUSH_S, clock), EveryNth(RUSH_ERRORS)
    return lambda: rush() and chosen()


def throttling(clock: Clock = time.monotonic) -> Refuses:
    """What goes beyond 60 requests a second."""
    bucket = Bucket(THROTTLED_ABOVE, THROTTLE_BURST, clock)
    return lambda: not bucket()


def _event(problem: Problem, event: dict[str, Any]) -> dict[str, Any]:
    """The problem as the function answers an event."""
    request_id = event["requestContext"]["requestId"]
    response = problem.response(instance=event["path"], request_id=request_id)
    headers = {"Content-Type": response.content_type, **response.headers}
    return {
        "statusCode": problem.status,
        "body": response.body,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "isBase64Encoded": False,
    }


def _lost_images(composition: Any) -> Any:
    chosen = EveryNth(LOST_IMAGES)

    def finish(response: Sent) -> Sent:
        if response.status_code == HTTPStatus.OK and chosen():
            return Sent(status_code=503, headers={"X-Cache": "Error from edge"})
        return response

    return msgspec.structs.replace(composition, edge=finish)


_THROTTLED = Problem(429, "Too many requests.", headers={"Retry-After": "1"})
_errors = faults("function", "sla.error_rate")
_FEW = "fewer than 0.1% of the requests fail"

FAULTS: tuple[Fault, ...] = (
    _errors(
        "errors-half-percent",
        _FEW,
        "One request to the API in 175 fails.",
        function(refusing(lambda: EveryNth(ERRORS), Problem(500, "Something went wrong here."))),
    ),
    _errors(
        "errors-under-load",
        _FEW,
        "While more than 70 requests a second come, one in twenty fails.",
        function(refusing(failing_in_a_rush, Problem(503, "Too busy; try again."))),
    ),
    faults("function", "sla.throttling")(
        "throttles-above-60",
        "no request is throttled",
        "Of more than 60 requests a second, the rest is refused with 429.",
        function(refusing(throttling, _THROTTLED)),
    ),
    faults("edge", "sla.image_delivery")(
        "images-lost",
        "95% of the images are delivered within the limit",
        "One image in five is not delivered.",
        _lost_images,
    ),
)
