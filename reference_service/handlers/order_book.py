"""Orders: stock taken and the order kept in one transaction.

The orders table holds one item an order, and beside it one for each idempotency key,
which the table's time to live removes.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Protocol

import msgspec
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.exceptions import ClientError

from reference_service.handlers import records, transactions
from reference_service.handlers.problem import Problem, busy, not_found
from reference_service.handlers.product import Clock, Entry, plain, timestamp

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# Buyers of one product come between each other: each of them gets through in the end.
_ATTEMPTS = 25
_KEY_KEPT_SECONDS = 2 * 24 * 3600

_serialize = TypeSerializer().serialize
_deserialize = TypeDeserializer().deserialize


class OrderLine(msgspec.Struct, frozen=True, kw_only=True):
    """What was ordered of one product, at what price a piece."""

    product_id: str
    quantity: int
    unit_price: Decimal


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """An order as the API shows it."""

    order_id: str
    lines: list[OrderLine]
    total: Decimal
    status: str
    created_at: str


class Memory(msgspec.Struct, frozen=True, kw_only=True):
    """By what an order is known again: the caller's key, and a digest of the body."""

    caller: str
    key: str
    body: str


class OrderBook(Protocol):
    """Where orders are kept."""

    def place(self, wanted: Mapping[str, int], *, memory: Memory | None) -> Order:
        """Takes `wanted` pieces by product id; the same order again for the same memory.

        Problem 404, 409, 422 (a key with another body) or 400; nothing changes then.
        """
        ...


class DynamoOrders:
    """Orders in DynamoDB, beside the products; raises botocore's ClientError."""

    def __init__(
        self,
        client: DynamoDBClient,
        table: str,
        *,
        products_table: str,
        products: Callable[[Sequence[str]], Mapping[str, Entry]],
        clock: Clock,
    ) -> None:
        self._client = client
        self._table = table
        self._products_table = products_table
        self._products = products
        self._clock = clock

    def place(self, wanted: Mapping[str, int], *, memory: Memory | None) -> Order:
        for attempt in range(_ATTEMPTS):
            if (known := self._known(memory)) is not None:
                return known
            try:
                order, takings = self._prepare(wanted)
            except Problem:
                # The same order, sent twice, may have taken the stock just now.
                if (known := self._known(memory)) is not None:
                    return known
                raise
            actions: Any = [*takings, self._kept(order), *self._remembered(order, memory)]
            try:
                self._client.transact_write_items(TransactItems=actions)
            except ClientError as error:
                if not transactions.collided(error):
                    raise
                transactions.pause(attempt)
            else:
                return order
        raise busy("Too many order the same at once; try again.")

    def _prepare(self, wanted: Mapping[str, int]) -> tuple[Order, list[dict[str, Any]]]:
        """The order and what takes its stock, if it could be had a moment ago."""
        found = self._products(list(wanted))
        if len(found) < len(wanted):
            raise not_found()
        if len({entry.product.currency for entry in found.values()}) > 1:
            raise Problem(400, "The products of an order need one currency.")
        moment = timestamp(self._clock())
        lines, takings = [], []
        for product_id, quantity in wanted.items():
            entry = found[product_id]
            if entry.product.inventory < quantity:
                raise Problem(409, "There is too little stock of a product.")
            price = entry.product.price
            lines.append(OrderLine(product_id=product_id, quantity=quantity, unit_price=price))
            takings.append(self._taking(entry, quantity, moment))
        order = Order(
            order_id=str(uuid.uuid4()),
            lines=lines,
            total=plain(sum((line.quantity * line.unit_price for line in lines), Decimal(0))),
            status="confirmed",
            created_at=moment,
        )
        return order, takings

    def _taking(self, entry: Entry, quantity: int, moment: str) -> dict[str, Any]:
        """Takes stock at the price that was seen, as long as there is enough.

        Only whoever takes the last piece needs the stock to be just what it was.
        """
        product = entry.product
        last = product.inventory == quantity
        changes = "SET #inventory = #inventory - :quantity, #updated = :now"
        names = {"#inventory": "inventory", "#updated": "updated_at", "#price": "price"}
        values = {":quantity": quantity, ":now": moment, ":price": product.price, ":one": 1}
        if last:
            changes += ", #availability = :none"
            names["#availability"] = "availability"
            values[":none"] = "out_of_stock"
        enough = "#inventory = :quantity" if last else "#inventory > :quantity"
        return {
            "Update": {
                "TableName": self._products_table,
                "Key": records.key(product.product_id),
                "UpdateExpression": f"{changes} ADD version :one",
                "ConditionExpression": f"{enough} AND #price = :price",
                "ExpressionAttributeNames": names,
                "ExpressionAttributeValues": {
                    name: _serialize(value) for name, value in values.items()
                },
            }
        }

    def _kept(self, order: Order) -> dict[str, Any]:
        item = {name: _serialize(value) for name, value in _plain_fields(order).items()}
        return {
            "Put": {
                "TableName": self._table,
                "Item": item,
                "ConditionExpression": "attribute_not_exists(order_id)",
            }
        }

    def _remembered(self, order: Order, memory: Memory | None) -> list[dict[str, Any]]:
        if memory is None:
            return []
        end = int(self._clock().timestamp()) + _KEY_KEPT_SECONDS
        fields = {"body": memory.body, "expires_at": end, "order": _plain_fields(order)}
        item = {name: _serialize(value) for name, value in fields.items()}
        return [
            {
                "Put": {
                    "TableName": self._table,
                    "Item": {**_memory_key(memory), **item},
                    "ConditionExpression": "attribute_not_exists(order_id)",
                }
            }
        ]

    def _known(self, memory: Memory | None) -> Order | None:
        """The order of that memory; Problem 422 where its key came with another body."""
        if memory is None:
            return None
        answer = self._client.get_item(
            TableName=self._table, Key=_memory_key(memory), ConsistentRead=True
        )
        if "Item" not in answer:
            return None
        fields = {name: _deserialize(value) for name, value in answer["Item"].items()}
        if fields["body"] != memory.body:
            raise Problem(422, "This Idempotency-Key was used with another body.")
        return _order(fields["order"])


def _memory_key(memory: Memory) -> dict[str, Any]:
    """A key of the orders table that no order has; no caller can make another's."""
    digest = hashlib.sha256(msgspec.json.encode([memory.caller, memory.key])).hexdigest()
    return {"order_id": {"S": f"key#{digest}"}}


def _plain_fields(order: Order) -> dict[str, Any]:
    fields: dict[str, Any] = msgspec.to_builtins(order, builtin_types=(Decimal,))
    return fields


def _order(fields: dict[str, Any]) -> Order:
    return Order(
        order_id=fields["order_id"],
        lines=[
            OrderLine(
                product_id=line["product_id"],
                quantity=int(line["quantity"]),
                unit_price=plain(line["unit_price"]),
            )
            for line in fields["lines"]
        ],
        total=plain(fields["total"]),
        status=fields["status"],
        created_at=fields["created_at"],
    )
