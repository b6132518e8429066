"""What a list request asks for: filters, order, page."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation

import msgspec

from reference_service.handlers.problem import FieldError, Problem
from reference_service.handlers.product import Product

SORTS = ("price", "-price", "name", "-name", "created_at", "-created_at")
AVAILABILITIES = ("in_stock", "out_of_stock")
PARAMETERS = (
    "category",
    "min_price",
    "max_price",
    "availability",
    "q",
    "sort",
    "limit",
    "cursor",
)
DEFAULT_LIMIT = 20
DEFAULT_RECOMMENDATIONS = 5
MAX_RECOMMENDATIONS = 20
MAX_LIMIT = 100
MAX_TEXT = 255


class Selection(msgspec.Struct, frozen=True, kw_only=True):
    """The filters of a list, all of which hold for each product in it, and its order."""

    category: str | None = None
    min_price: Decimal | None = None
    max_price: Decimal | None = None
    availability: str | None = None
    q: str | None = None
    sort: str | None = None

    def matches(self, product: Product) -> bool:
        """Whether `product` belongs in the list."""
        if self.category is not None and not f"{product.category}/".startswith(f"{self.category}/"):
            return False
        if self.min_price is not None and product.price < self.min_price:
            return False
        if self.max_price is not None and product.price > self.max_price:
            return False
        if self.availability is not None and product.availability != self.availability:
            return False
        if self.q is None:
            return True
        sought = self.q.casefold()
        return sought in product.name.casefold() or sought in product.description.casefold()


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """Which part of the list: at most `limit` products, from where `cursor` left off."""

    limit: int = DEFAULT_LIMIT
    cursor: str | None = None


def read(parameters: Mapping[str, Sequence[str]]) -> tuple[Selection, Page]:
    """The query string's meaning; Problem 400 names the first parameter that is wrong."""
    single = _single(parameters, PARAMETERS)
    for name in ("category", "q"):
        if len(single.get(name, "")) > MAX_TEXT:
            raise _bad(name, f"Longer than {MAX_TEXT} characters.")
    selection = Selection(
        category=_category(single.get("category")),
        min_price=_price("min_price", single.get("min_price")),
        max_price=_price("max_price", single.get("max_price")),
        availability=_one_of("availability", single.get("availability"), AVAILABILITIES),
        q=single.get("q"),
        sort=_one_of("sort", single.get("sort"), SORTS),
    )
    limit = _limit(single.get("limit"), default=DEFAULT_LIMIT, most=MAX_LIMIT)
    return selection, Page(limit=limit, cursor=single.get("cursor"))


def recommendation_limit(parameters: Mapping[str, Sequence[str]]) -> int:
    """How many recommendations are wanted; Problem 400 as for lists."""
    text = _single(parameters, ("limit",)).get("limit")
    return _limit(text, default=DEFAULT_RECOMMENDATIONS, most=MAX_RECOMMENDATIONS)


def no_parameters(parameters: Mapping[str, Sequence[str]]) -> None:
    """Problem 400 for any parameter."""
    _single(parameters, ())


def _single(parameters: Mapping[str, Sequence[str]], known: Sequence[str]) -> dict[str, str]:
    """Each parameter's one value; Problem 400 for others, and for what is given twice."""
    single: dict[str, str] = {}
    for name, values in parameters.items():
        if name not in known:
            raise _bad(name, f"No such parameter; there are {', '.join(known) or 'none'}.")
        if len(values) != 1:
            raise _bad(name, "Given more than once.")
        if not values[0] or len(values[0]) > 2000:
            raise _bad(name, "Empty or too long.")
        single[name] = values[0]
    return single


def _bad(name: str, detail: str) -> Problem:
    return Problem(
        400,
        f"The parameter {name[:40]!r} is not valid.",
        errors=(FieldError(where=name[:40], detail=detail),),
    )


def _category(text: str | None) -> str | None:
    if text is not None and not all(text.split("/")):
        raise _bad("category", "Expected names with one / between them.")
    return text


def _price(name: str, text: str | None) -> Decimal | None:
    if text is None:
        return None
    try:
        number = Decimal(text) if re.fullmatch(r"[0-9.eE+-]{1,400}", text) else None
    except InvalidOperation:
        number = None
    if number is None or number < 0:
        raise _bad(name, "Expected a number of 0 or more.")
    return number


def _one_of(name: str, text: str | None, valid: tuple[str, ...]) -> str | None:
    if text is not None and text not in valid:
        raise _bad(name, f"Expected one of {', '.join(valid)}.")
    return text


def _limit(text: str | None, *, default: int, most: int) -> int:
    if text is None:
        return default
    if not re.fullmatch(r"[0-9]{1,6}", text) or not 1 <= int(text) <= most:
        raise _bad("limit", f"Expected a whole number, 1 to {most}.")
    return int(text)
