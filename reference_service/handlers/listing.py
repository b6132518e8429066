"""Lists: which index answers, in which order, and where a page ends.

An index keeps one order. Where the list wants that order, it is read from the
cursor on, only as far as the page needs; any other order is made here from all
that the index has for the filters. Either way products are ordered by a value
and then by their id, and the next page starts behind a (value, id), not at a
count: so a list stays complete and free of duplicates while others add and remove.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec

from reference_service.handlers import records
from reference_service.handlers.cursor import Position
from reference_service.handlers.product import MAX_PRICE, PRICE_PLACES, Entry, Product

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from reference_service.handlers.selection import Selection

OrderValue = str | Decimal

_VALUES: dict[str, Callable[[Product], OrderValue]] = {
    "price": lambda product: product.price,
    "name": lambda product: product.name,
    "created_at": lambda product: product.created_at,
    "category_key": lambda product: f"{product.category}/{product.product_id}",
}
# A function's answer has 6 MB at most, in which the body's quotes are escaped.
_MAX_ANSWER_BYTES = 4_000_000
_STEP = Decimal(1).scaleb(-PRICE_PLACES)


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """Which part of which index is read: one partition, and a span of its range key."""

    index: str
    partition: tuple[str, str]
    order: str
    low: OrderValue | None = None
    high: OrderValue | None = None


def choose(selection: Selection) -> Reading:
    """The index that narrows the list most."""
    if selection.category is not None:
        prefix = f"{selection.category}/"
        return Reading(
            index="ProductsByCategory",
            partition=("category_root", selection.category.partition("/")[0]),
            order="category_key",
            low=prefix,
            # "0" is the character after "/": the span is all that begins with the prefix.
            high=f"{selection.category}0",
        )
    priced = selection.min_price is not None or selection.max_price is not None
    if selection.availability is not None and not priced:
        return Reading(
            index="ProductsByAvailability",
            partition=("availability", selection.availability),
            order="created_at",
        )
    # Rounded outward to what a price can be; the filter itself stays exact.
    low = None if selection.min_price is None else min(selection.min_price, MAX_PRICE + 1)
    high = None if selection.max_price is None else min(selection.max_price, MAX_PRICE + 1)
    return Reading(
        index="ProductsByPriceRange",
        partition=("catalog", records.PARTITION),
        order="price",
        low=None if low is None else low.quantize(_STEP, rounding="ROUND_FLOOR"),
        high=None if high is None else high.quantize(_STEP, rounding="ROUND_CEILING"),
    )


def page(
    client: DynamoDBClient,
    table: str,
    selection: Selection,
    *,
    after: Position | None,
    limit: int,
) -> tuple[list[Entry], Position | None]:
    """At most `limit` matching products after a position, and where the next page starts."""
    reading = choose(selection)
    wanted = selection.sort or reading.order
    descending = wanted.startswith("-")
    order = wanted.lstrip("-")

    def place(entry: Entry) -> tuple[OrderValue, str]:
        return _VALUES[order](entry.product), entry.product.product_id

    start = None if after is None else (_value(order, after.value), after.product_id)
    in_index_order = order == reading.order
    found: list[Entry] = []
    scanned = _scan(
        client,
        table,
        reading,
        descending=descending,
        start=start[0] if start is not None and in_index_order else None,
        # One more says that there is a next page, another that the last value ends there.
        batch=limit + 2 if in_index_order else None,
    )
    # A full page is known to be complete once the index has gone past its last value:
    # among equal values an index promises no order.
    for entry in scanned:
        if in_index_order and len(found) > limit and place(entry)[0] != place(found[-1])[0]:
            break
        if selection.matches(entry.product) and _behind(place(entry), start, descending):
            found.append(entry)
    found.sort(key=place, reverse=descending)
    shown = found[: _fitting(found[:limit])]
    if len(shown) == len(found):
        return found, None
    value, product_id = place(shown[-1])
    return shown, Position(value=str(value), product_id=product_id)


def _fitting(entries: list[Entry]) -> int:
    """How many of the entries fit into one answer; the first one always does."""
    size = 0
    for count, entry in enumerate(entries):
        size += len(msgspec.json.encode(entry.product))
        if count and size > _MAX_ANSWER_BYTES:
            return count
    return len(entries)


def categories(client: DynamoDBClient, table: str) -> set[str]:
    """The categories of all products: reads the whole catalog, of each product this alone."""
    found: set[str] = set()
    arguments: dict[str, Any] = {
        "TableName": table,
        "IndexName": "ProductsByPriceRange",
        "KeyConditionExpression": "#catalog = :catalog",
        "ProjectionExpression": "#category",
        "ExpressionAttributeNames": {"#catalog": "catalog", "#category": "category"},
        "ExpressionAttributeValues": {":catalog": {"S": records.PARTITION}},
    }
    while True:
        answer = client.query(**arguments)
        found.update(item["category"]["S"] for item in answer["Items"])
        if "LastEvaluatedKey" not in answer:
            return found
        arguments["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


def _value(order: str, text: str) -> OrderValue:
    return Decimal(text) if order == "price" else text


def _behind(
    place: tuple[OrderValue, str], start: tuple[OrderValue, str] | None, descending: bool
) -> bool:
    if start is None:
        return True
    return place < start if descending else place > start


def _scan(
    client: DynamoDBClient,
    table: str,
    reading: Reading,
    *,
    descending: bool,
    start: OrderValue | None,
    batch: int | None,
) -> Iterator[Entry]:
    """Products of a reading in the order of its index, from the value `start` on."""
    low, high = reading.low, reading.high
    if start is not None and descending:
        high = start
    elif start is not None:
        low = start
    if low is not None and high is not None and low > high:  # type: ignore[operator]
        return
    arguments: dict[str, Any] = {
        "TableName": table,
        "IndexName": reading.index,
        "KeyConditionExpression": "#partition = :partition",
        "ExpressionAttributeNames": {"#partition": reading.partition[0]},
        "ExpressionAttributeValues": {":partition": {"S": reading.partition[1]}},
        "ScanIndexForward": not descending,
    }
    span = _span(low, high)
    if span:
        arguments["KeyConditionExpression"] += f" AND {span}"
        arguments["ExpressionAttributeNames"]["#order"] = reading.order
        for name, value in ((":low", low), (":high", high)):
            if value is not None:
                kind = "N" if isinstance(value, Decimal) else "S"
                arguments["ExpressionAttributeValues"][name] = {kind: format(value)}
    while True:
        if batch is not None:
            arguments["Limit"] = batch
            batch = min(batch * 4, 1000)
        answer = client.query(**arguments)
        for item in answer["Items"]:
            yield records.entry(item)
        if "LastEvaluatedKey" not in answer:
            return
        arguments["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


def _span(low: OrderValue | None, high: OrderValue | None) -> str:
    if low is not None and high is not None:
        return "#order BETWEEN :low AND :high"
    if low is not None:
        return "#order >= :low"
    return "#order <= :high" if high is not None else ""
