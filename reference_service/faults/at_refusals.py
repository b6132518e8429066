"""Faults in what is refused, and in how that is said."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec
from aws_lambda_powertools.event_handler import Response

from reference_service.faults.fault import Fault, faults
from reference_service.faults.wrapping import (
    around,
    asked,
    both,
    content_of,
    function,
    sent,
    with_query,
)
from reference_service.handlers.app import Function
from reference_service.handlers.create import new_entry
from reference_service.handlers.problem import Problem
from reference_service.handlers.product import NewProduct
from reference_service.handlers.service import Call, Handler, Service

Answer = dict[str, Any]
Event = dict[str, Any]


def _price_as_text(content: Any) -> Any:
    if isinstance(content, dict) and isinstance(price := content.get("price"), str):
        try:
            return {**content, "price": Decimal(price)}
        except InvalidOperation:
            return content
    return content


def _keeps_what_it_refuses(healthy: Handler, call: Call, service: Service) -> Response[Any]:
    try:
        return healthy(call, service)
    except Problem as problem:
        content = content_of(call)
        if problem.status == 400 and isinstance(content, dict):
            _keep(content, service)
        raise


def _keep(content: dict[str, Any], service: Service) -> None:
    rest = {"name": "Refused", "price": Decimal(1), "currency": "USD"}
    named = {name: content.get(name) for name in ("category", "sku")}
    try:
        draft = msgspec.convert({**rest, **named}, NewProduct)
        service.catalog.add(new_entry(draft, service.clock()))
    except (msgspec.ValidationError, Problem):
        return


def _takes_any_limit(healthy: Handler, call: Call, service: Service) -> Response[Any]:
    limit = asked(call, "limit") or ""

    def most(query: dict[str, list[str]]) -> None:
        query["limit"] = ["100"]

    too_high = limit.isascii() and limit.isdigit() and int(limit) > 100
    return healthy(with_query(call, most) if too_high else call, service)


def _removes_any_image(healthy: Handler, call: Call, service: Service) -> Response[Any]:
    try:
        return healthy(call, service)
    except Problem as problem:
        if problem.status != 404:
            raise
        return Response(status_code=204)


def _fails_on_empty_range(healthy: Handler, call: Call, service: Service) -> Response[Any]:
    low, high = asked(call, "min_price"), asked(call, "max_price")
    response = healthy(call, service)
    if low is not None and high is not None and Decimal(low) > Decimal(high):
        raise Problem(500, "Something went wrong here.")
    return response


def _last(edit: Callable[[Event, Answer], Answer]) -> Callable[[Function], Function]:
    """Edits what the function answers, at the very end."""

    def wrap(healthy: Function) -> Function:
        return lambda event, context: edit(event, healthy(event, context))

    return wrap


def _problem(answer: Answer, edit: Callable[[dict[str, Any]], None]) -> Answer:
    """The answer with its problem document edited in place."""
    if answer["statusCode"] < 400 or not answer.get("body"):
        return answer
    document = msgspec.json.decode(answer["body"])
    edit(document)
    return {**answer, "body": msgspec.json.encode(document).decode()}


def _header(answer: Answer, name: str, value: str | None) -> Answer:
    headers = {
        known: values
        for known, values in answer["multiValueHeaders"].items()
        if known.lower() != name.lower()
    }
    if value is not None:
        headers[name] = [value]
    return {**answer, "multiValueHeaders": headers}


def _method_as_path(_: Event, answer: Answer) -> Answer:
    if answer["statusCode"] != 405:
        return answer
    answer = _header({**answer, "statusCode": 404}, "Allow", None)
    return _problem(answer, lambda document: document.update(status=404, title="Not Found"))


def _allows_everything(_: Event, answer: Answer) -> Answer:
    if answer["statusCode"] != 405:
        return answer
    return _header(answer, "Allow", "DELETE, GET, PATCH, POST, PUT")


def _tells_the_inside(_: Event, answer: Answer) -> Answer:
    def edit(document: dict[str, Any]) -> None:
        if document["status"] == 404:
            document["detail"] += " (botocore: GetItem on arn:aws:dynamodb:eu-west-1)"

    return _problem(answer, edit)


def _as_plain_json(_: Event, answer: Answer) -> Answer:
    return _header(answer, "Content-Type", "application/json") if _is_error(answer) else answer


def _is_error(answer: Answer) -> bool:
    return bool(answer["statusCode"] >= 400)


def _asks_for_nothing(_: Event, answer: Answer) -> Answer:
    return _header(answer, "WWW-Authenticate", None)


def _does_not_say_when(_: Event, answer: Answer) -> Answer:
    return _header(answer, "Retry-After", None) if answer["statusCode"] == 429 else answer


def _form_as_json(healthy: Function) -> Function:
    def answering(event: Event, context: Any) -> Answer:
        headers = event["headers"]
        if headers.get("content-type") == "application/x-www-form-urlencoded":
            headers = {**headers, "content-type": "application/json"}
            many = {**event["multiValueHeaders"], "content-type": ["application/json"]}
            event = {**event, "headers": headers, "multiValueHeaders": many}
        return healthy(event, context)

    return answering


def _cuts_bodies(healthy: Function) -> Function:
    most = 200 * 1024

    def answering(event: Event, context: Any) -> Answer:
        body = event["body"]
        if body and not event["isBase64Encoded"] and len(body) > most:
            event = {**event, "body": body[:most]}
        return healthy(event, context)

    return answering


_body = faults("handler", "integration.invalid_body")
_problems = faults("function", "integration.problem_details")
_method = faults("function", "integration.unsupported_method")

FAULTS: tuple[Fault, ...] = (
    _body(
        "price-as-text-accepted",
        "an invalid body is 400",
        "A price that is sent as text is read as the number in it.",
        both(sent("create", _price_as_text), sent("update", _price_as_text)),
    ),
    _body(
        "refused-create-kept",
        "a refused create leaves nothing",
        "A create that is answered 400 has made a product nevertheless.",
        around("create", _keeps_what_it_refuses),
    ),
    faults("handler", "integration.invalid_parameter")(
        "limit-too-high-accepted",
        "a bad parameter is 400",
        "A limit above 100 is taken for 100.",
        around("list", _takes_any_limit),
    ),
    faults("handler", "integration.unknown_id")(
        "unknown-image-deleted",
        "an unknown id is 404",
        "An image that is not there can be deleted.",
        around("image_remove", _removes_any_image),
    ),
    _method(
        "unsupported-method-404",
        "an unsupported method is 405",
        "A method that an address does not have is answered 404.",
        function(_last(_method_as_path)),
    ),
    _method(
        "allow-names-everything",
        "405 names what is allowed",
        "Allow names every method, the one just refused too.",
        function(_last(_allows_everything)),
    ),
    faults("function", "integration.unsupported_media_type")(
        "form-taken-for-json",
        "another media type is 415",
        "A body that says it is a form is read as JSON.",
        function(_form_as_json),
    ),
    faults("function", "integration.too_large_body")(
        "large-body-cut-off",
        "too large a body is 413",
        "What is beyond the largest body is cut off, and the rest read.",
        function(_cuts_bodies),
    ),
    _problems(
        "problem-tells-the-inside",
        "an error tells nothing of the inside",
        "A 404 names the call that found nothing.",
        function(_last(_tells_the_inside)),
    ),
    _problems(
        "problem-as-plain-json",
        "an error is a problem document",
        "Errors are sent as application/json.",
        function(_last(_as_plain_json)),
    ),
    faults("function", "integration.authentication")(
        "401-without-challenge",
        "401 says how to authenticate",
        "A 401 has no WWW-Authenticate.",
        function(_last(_asks_for_nothing)),
    ),
    faults("function", "integration.rate_limiting")(
        "429-without-retry-after",
        "429 says when to come back",
        "A 429 has no Retry-After.",
        function(_last(_does_not_say_when)),
    ),
    faults("handler", "integration.contract_fuzzing")(
        "empty-price-range-500",
        "no generated call breaks the contract",
        "A list from a higher price to a lower one fails, where it has but nothing in it.",
        around("list", _fails_on_empty_range),
    ),
)
