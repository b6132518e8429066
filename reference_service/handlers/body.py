"""Reads and checks a JSON body; a number keeps every digit that was sent."""

from __future__ import annotations

import base64
import binascii
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from reference_service.handlers.problem import FieldError, Problem
from reference_service.handlers.product import MAX_PRICE, PRICE_PLACES, plain

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent

MAX_JSON_BYTES = 256 * 1024
# A Lambda event holds 6 MB, the body in it with its quotes escaped.
MAX_BULK_BYTES = 4 * 1024 * 1024

Model = TypeVar("Model")


def raw_body(event: APIGatewayProxyEvent, *, limit: int) -> bytes:
    """The body as bytes; 413 above `limit` bytes, 400 where base64 is broken."""
    text = event.body or ""
    if event.is_base64_encoded:
        try:
            data = base64.b64decode(text, validate=True)
        except binascii.Error as error:
            raise Problem(400, "The body could not be read.") from error
    else:
        # A lone surrogate is what a gateway makes of bytes that are no UTF-8.
        data = text.encode("utf-8", "surrogatepass")
    if len(data) > limit:
        raise Problem(413, f"The body is larger than {limit} bytes.")
    return data


def media_type(event: APIGatewayProxyEvent) -> str:
    """The media type of the body, lower case, without its parameters."""
    return (event.headers.get("content-type") or "").partition(";")[0].strip().lower()


def _number(text: str) -> int | Decimal:
    value = Decimal(text)
    # JSON knows one kind of number: 3.0 is the integer 3.
    if value == 0:
        return 0
    if abs(value.adjusted()) < 18 and value == value.to_integral_value():
        return int(value)
    return value


_DECODER = msgspec.json.Decoder(float_hook=_number)


def read(event: APIGatewayProxyEvent, model: type[Model]) -> Model:
    """The body as a `model`; 415, 413 or 400 with the reason otherwise."""
    return fit(read_object(event, limit=MAX_JSON_BYTES), model)


def read_object(event: APIGatewayProxyEvent, *, limit: int) -> dict[str, Any]:
    """The body as a JSON object of at most `limit` bytes; 415, 413 or 400 otherwise."""
    kind = media_type(event)
    if kind != "application/json" and not (
        kind.startswith("application/") and kind.endswith("+json")
    ):
        raise Problem(415, "The body has to be application/json.")
    data = raw_body(event, limit=limit)
    try:
        sent = _DECODER.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, InvalidOperation) as error:
        raise Problem(400, "The body is not well-formed JSON.") from error
    if not isinstance(sent, dict):
        raise Problem(400, "The body has to be a JSON object.")
    return sent


def fit(sent: dict[str, Any], model: type[Model]) -> Model:
    """What was sent as a `model`, its prices made plain; 400 with the reason otherwise."""
    _check_prices(sent)
    try:
        return msgspec.convert(sent, model)
    except msgspec.ValidationError as error:
        detail, where = _explain(str(error))
        raise Problem(
            400, "The body does not fit.", errors=(FieldError(where=where, detail=detail),)
        ) from error


def fit_item(sent: object, model: type[Model]) -> Model:
    """One item of a body as a `model`; 400 too for one that is larger than a whole body may be."""
    if not isinstance(sent, dict):
        raise Problem(400, "An item has to be a JSON object.")
    fitting = fit(sent, model)
    if len(msgspec.json.encode(sent)) > MAX_JSON_BYTES:
        raise Problem(400, f"The item is larger than {MAX_JSON_BYTES} bytes.")
    return fitting


def _explain(message: str) -> tuple[str, str]:
    """msgspec's message apart: what is wrong, and where as a JSON pointer."""
    detail, _, path = message.partition(" - at `")
    pointer = path.rstrip("`").removeprefix("$").replace(".", "/")
    return detail, pointer.replace("[", "/").replace("]", "") or "/"


def _check_prices(sent: dict[str, Any]) -> None:
    """Normalises every price in place; 400 for one that is no number or does not fit."""
    places: list[tuple[str, dict[str, Any]]] = [("/price", sent)]
    variants = sent.get("variants")
    if isinstance(variants, list):
        places += [
            (f"/variants/{index}/price", variant)
            for index, variant in enumerate(variants)
            if isinstance(variant, dict)
        ]
    for where, holder in places:
        if "price" in holder:
            holder["price"] = _price(holder["price"], where)


def _price(value: object, where: str) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise _misfit(where, "Expected a number")
    number = Decimal(value)
    if number < 0 or number > MAX_PRICE:
        raise _misfit(where, f"Expected 0 to {MAX_PRICE}")
    number = plain(number) if abs(number.adjusted()) < 40 else number
    exponent = number.as_tuple().exponent
    if not isinstance(exponent, int) or -exponent > PRICE_PLACES:
        raise _misfit(where, f"Expected at most {PRICE_PLACES} decimal places")
    return number


def _misfit(where: str, detail: str) -> Problem:
    return Problem(400, "The body does not fit.", errors=(FieldError(where=where, detail=detail),))
