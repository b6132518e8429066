"""Faults in what is written to DynamoDB and how it is read again."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from reference_service.faults.fault import Fault, faults
from reference_service.faults.wrapping import client

Item = dict[str, Any]
Arguments = dict[str, Any]


class Distorting:
    """A DynamoDB client that changes items on their way in and out.

    `stored` gets what is put, `changed` the arguments of an update, `shown` what is read (None
    hides it), and `removal` may replace a deletion in a transaction by another action.
    """

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def stored(self, item: Item) -> Item:
        return item

    def changed(self, arguments: Arguments) -> Arguments:
        return arguments

    def shown(self, item: Item) -> Item | None:
        return item

    def removal(self, arguments: Arguments) -> dict[str, Arguments]:
        return {"Delete": arguments}

    def transact_write_items(self, *, TransactItems: Any) -> Any:  # noqa: N803 - as boto3 has it
        actions = []
        for action in TransactItems:
            ((kind, arguments),) = action.items()
            if kind == "Put":
                actions.append({kind: {**arguments, "Item": self.stored(arguments["Item"])}})
            elif kind == "Update":
                actions.append({kind: self.changed(arguments)})
            else:
                actions.append(self.removal(arguments))
        return self._inner.transact_write_items(TransactItems=actions)

    def update_item(self, **arguments: Any) -> Any:
        answer = self._inner.update_item(**self.changed(arguments))
        if "Attributes" in answer:
            answer["Attributes"] = self.shown(answer["Attributes"]) or answer["Attributes"]
        return answer

    def get_item(self, **arguments: Any) -> Any:
        answer = self._inner.get_item(**arguments)
        shown = self.shown(answer["Item"]) if "Item" in answer else None
        if shown is None:
            answer.pop("Item", None)
        else:
            answer["Item"] = shown
        return answer

    def batch_get_item(self, **arguments: Any) -> Any:
        answer = self._inner.batch_get_item(**arguments)
        for table, items in answer["Responses"].items():
            answer["Responses"][table] = self._all_shown(items)
        return answer

    def query(self, **arguments: Any) -> Any:
        answer = self._inner.query(**arguments)
        answer["Items"] = self._all_shown(answer["Items"])
        return answer

    def _all_shown(self, items: list[Item]) -> list[Item]:
        return [shown for item in items if (shown := self.shown(item)) is not None]


def _without(arguments: Arguments, *names: str) -> Arguments:
    """An update that does not set these attributes."""
    expression = arguments["UpdateExpression"]
    placed = {**arguments["ExpressionAttributeNames"]}
    values = {**arguments["ExpressionAttributeValues"]}
    for name in names:
        found = re.search(rf",? ?#{name} = (:\w+)", expression)
        if found:
            expression = expression.replace(found[0], "", 1)
            placed.pop(f"#{name}")
            values.pop(found[1])
    return {
        **arguments,
        "UpdateExpression": expression,
        "ExpressionAttributeNames": placed,
        "ExpressionAttributeValues": values,
    }


class KeepsCategoryKeys(Distorting):
    def changed(self, arguments: Arguments) -> Arguments:
        return _without(arguments, "category_root", "category_key")


class IndexesNoCategory(Distorting):
    def stored(self, item: Item) -> Item:
        return {name: value for name, value in item.items() if name != "category_key"}


class KeepsIndexed(Distorting):
    """An update writes the attribute that an index is keyed by beside it, and reads it there."""

    def __init__(self, inner: Any, name: str) -> None:
        super().__init__(inner)
        self._name = name

    def changed(self, arguments: Arguments) -> Arguments:
        if f"#{self._name} = " not in arguments["UpdateExpression"].partition(" ADD ")[0]:
            return arguments
        names = {**arguments["ExpressionAttributeNames"], f"#{self._name}": f"{self._name}_now"}
        return {**arguments, "ExpressionAttributeNames": names}

    def shown(self, item: Item) -> Item | None:
        current = item.get(f"{self._name}_now")
        return item if current is None else {**item, self._name: current}


class IndexesStockOnly(Distorting):
    """What is sold out has no availability, and so no place in its index."""

    def stored(self, item: Item) -> Item:
        if item.get("availability") == {"S": "out_of_stock"}:
            return {name: value for name, value in item.items() if name != "availability"}
        return item

    def changed(self, arguments: Arguments) -> Arguments:
        values = arguments["ExpressionAttributeValues"]
        if values.get(":availability") != {"S": "out_of_stock"}:
            return arguments
        shorter = _without(arguments, "availability")
        return {
            **shorter,
            "UpdateExpression": f"{shorter['UpdateExpression']} REMOVE availability",
        }

    def shown(self, item: Item) -> Item | None:
        return {"availability": {"S": "out_of_stock"}, **item}


class MarksRemoved(Distorting):
    """A deleted product stays in the table under a mark, and is not shown."""

    def removal(self, arguments: Arguments) -> dict[str, Arguments]:
        if arguments["Key"]["product_id"]["S"].startswith("sku#"):
            return {"Delete": arguments}
        values = {**arguments["ExpressionAttributeValues"], ":yes": {"BOOL": True}}
        expression = {"UpdateExpression": "SET removed = :yes", "ExpressionAttributeValues": values}
        return {"Update": {**arguments, **expression}}

    def shown(self, item: Item) -> Item | None:
        return None if "removed" in item else item


class StoresCapitals(Distorting):
    def stored(self, item: Item) -> Item:
        return self._with(item, str.upper)

    def changed(self, arguments: Arguments) -> Arguments:
        values = {**arguments["ExpressionAttributeValues"]}
        for name in (":availability", ":none"):
            if name in values:
                values[name] = {"S": values[name]["S"].upper()}
        return {**arguments, "ExpressionAttributeValues": values}

    def shown(self, item: Item) -> Item | None:
        return self._with(item, str.lower)

    def _with(self, item: Item, case: Callable[[str], str]) -> Item:
        if "availability" not in item:
            return item
        return {**item, "availability": {"S": case(item["availability"]["S"])}}


class TakesForEachPiece(Distorting):
    """An order takes its quantity once for each piece, whether there is enough or not."""

    def changed(self, arguments: Arguments) -> Arguments:
        values = arguments["ExpressionAttributeValues"]
        if ":quantity" not in values:
            return arguments
        quantity = {"N": str(int(values[":quantity"]["N"]) ** 2)}
        return {
            **arguments,
            "ConditionExpression": "#price = :price",
            "ExpressionAttributeValues": {**values, ":quantity": quantity},
        }


class KeepsAvailability(Distorting):
    """The last piece is sold, and the product stays in stock."""

    def changed(self, arguments: Arguments) -> Arguments:
        if ":quantity" not in arguments["ExpressionAttributeValues"]:
            return arguments
        return _without(arguments, "availability")


_category = faults("table", "integration.category_index")
_price = faults("table", "integration.price_index")
_availability = faults("table", "integration.availability_index")
_database = faults("table", "integration.database_integrity")

FAULTS: tuple[Fault, ...] = (
    _category(
        "category-index-not-updated",
        "an update moves the item in the index",
        "A product that changes its category keeps its place in the index.",
        client(KeepsCategoryKeys),
    ),
    _category(
        "category-index-without-item",
        "the item stands in the index",
        "A new product has no place in the index by category.",
        client(IndexesNoCategory),
    ),
    _category(
        "deleted-item-in-index",
        "a deleted item leaves the index",
        "A deleted product stays in the table and its indexes, unseen by the API.",
        client(MarksRemoved),
    ),
    _price(
        "price-index-not-updated",
        "the index has the item's value",
        "A new price is shown, and the index keeps the old one.",
        client(lambda inner: KeepsIndexed(inner, "price")),
    ),
    _availability(
        "availability-index-not-updated",
        "the index has the item's value",
        "A new availability is shown, and the index keeps the old one.",
        client(lambda inner: KeepsIndexed(inner, "availability")),
    ),
    _availability(
        "sold-out-not-indexed",
        "the item stands in the index",
        "A product that is sold out has no place in the index by availability.",
        client(IndexesStockOnly),
    ),
    _database(
        "availability-stored-in-capitals",
        "every item is within the schema",
        "Availability is stored in capitals, and shown as it should be.",
        client(StoresCapitals),
    ),
    _database(
        "order-takes-stock-for-each-piece",
        "no stock is negative",
        "An order of four takes four pieces four times, whatever there is.",
        client(TakesForEachPiece),
    ),
    faults("table", "integration.order_availability")(
        "sold-out-stays-in-stock",
        "availability follows the stock",
        "A product whose last piece was ordered stays in stock.",
        client(KeepsAvailability),
    ),
)
