"""The products table: one item a product, and one lock item for each sku in use.

A lock item carries none of the attributes that the indexes are keyed by, so no
index holds it. Every method may raise botocore's ClientError.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

from botocore.exceptions import ClientError

from reference_service.handlers import listing, records
from reference_service.handlers.problem import Problem, not_found
from reference_service.handlers.product import Clock, Entry, StoredImage, timestamp

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from reference_service.handlers.cursor import Position
    from reference_service.handlers.selection import Selection

# A product that changes under us is read again this often before we give up.
_ATTEMPTS = 5
_PLAUSIBLE_ID = re.compile(r"[A-Za-z0-9-]{1,64}")
_EXISTS = "attribute_exists(product_id)"


class Catalog(Protocol):
    """Where products are kept. Problem 404, 409 and 412 tell what a request ran into."""

    def add(self, entry: Entry) -> None:
        """Keeps a new product; Problem 409 if its sku is taken."""
        ...

    def get(self, product_id: str) -> Entry | None:
        """The product as last written, or None."""
        ...

    def change(
        self, product_id: str, changes: Mapping[str, object], *, if_match: str | None
    ) -> Entry:
        """Writes the given fields only; Problem 404, 412, or 409 for a sku that is taken."""
        ...

    def set_image(
        self, product_id: str, image: StoredImage | None, image_url: str | None
    ) -> StoredImage | None:
        """Records the uploaded image, or that there is none; hands back the one before."""
        ...

    def remove(self, product_id: str, *, if_match: str | None) -> Entry:
        """Takes the product out and frees its sku; Problem 404 or 412."""
        ...

    def page(
        self, selection: Selection, *, after: Position | None, limit: int
    ) -> tuple[list[Entry], Position | None]:
        """At most `limit` products after a position, and where the next page starts."""
        ...

    def reachable(self) -> bool:
        """Whether the table answers."""
        ...


class DynamoCatalog:
    """The catalog in DynamoDB."""

    def __init__(self, client: DynamoDBClient, table: str, clock: Clock) -> None:
        self._client = client
        self._table = table
        self._clock = clock

    def add(self, entry: Entry) -> None:
        product = entry.product
        try:
            self._transact(
                {"Put": self._lock_put(product.sku, product.product_id)},
                {
                    "Put": {
                        "TableName": self._table,
                        "Item": records.item(entry),
                        "ConditionExpression": "attribute_not_exists(product_id)",
                    }
                },
            )
        except ClientError as error:
            if _failed_condition(error, 0):
                raise _sku_taken(product.sku) from error
            raise

    def get(self, product_id: str) -> Entry | None:
        if not _PLAUSIBLE_ID.fullmatch(product_id):
            return None
        answer = self._client.get_item(
            TableName=self._table, Key=records.key(product_id), ConsistentRead=True
        )
        return records.entry(answer["Item"]) if "Item" in answer else None

    def change(
        self, product_id: str, changes: Mapping[str, object], *, if_match: str | None
    ) -> Entry:
        if "sku" in changes:
            return self._change_sku(product_id, changes, if_match=if_match)
        if not _PLAUSIBLE_ID.fullmatch(product_id):
            raise not_found()
        update = records.Update(product_id, changes, now=timestamp(self._clock()))
        update.require(_EXISTS)
        if if_match not in (None, "*"):
            update.require_version(_version(if_match))
        return self._update(update)

    def _update(self, update: records.Update) -> Entry:
        try:
            answer = self._client.update_item(
                TableName=self._table, ReturnValues="ALL_NEW", **update.arguments()
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            if self.get(update.product_id) is None:
                raise not_found() from error
            raise _changed_meanwhile() from error
        return records.entry(answer["Attributes"])

    def _change_sku(
        self, product_id: str, changes: Mapping[str, object], *, if_match: str | None
    ) -> Entry:
        for _ in range(_ATTEMPTS):
            current = self._matching(product_id, if_match)
            old, new = current.product.sku, str(changes["sku"])
            update = records.Update(product_id, changes, now=timestamp(self._clock()))
            update.require_version(current.version)
            if old == new:
                locks = []
            else:
                locks = [
                    {"Put": self._lock_put(new, product_id)},
                    {"Delete": {"TableName": self._table, "Key": records.lock_key(old)}},
                ]
            try:
                self._transact({"Update": {"TableName": self._table, **update.arguments()}}, *locks)
            except ClientError as error:
                if _failed_condition(error, 1):
                    raise _sku_taken(new) from error
                if not _collided(error):
                    raise
                continue
            # Another writer may have come since: what is shown is what is there.
            return self._matching(product_id, None)
        raise Problem(409, "The product keeps changing; try again.")

    def set_image(
        self, product_id: str, image: StoredImage | None, image_url: str | None
    ) -> StoredImage | None:
        if not _PLAUSIBLE_ID.fullmatch(product_id):
            raise not_found()
        update = records.Update(product_id, {"image_url": image_url}, now=timestamp(self._clock()))
        update.set_image(image)
        update.require(_EXISTS if image else f"{_EXISTS} AND attribute_exists(#image)")
        try:
            answer = self._client.update_item(
                TableName=self._table, ReturnValues="ALL_OLD", **update.arguments()
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            raise not_found() from error
        return records.entry(answer["Attributes"]).image

    def remove(self, product_id: str, *, if_match: str | None) -> Entry:
        for _ in range(_ATTEMPTS):
            current = self._matching(product_id, if_match)
            try:
                self._transact(
                    {
                        "Delete": {
                            "TableName": self._table,
                            "Key": records.key(product_id),
                            "ConditionExpression": "version = :version",
                            "ExpressionAttributeValues": {":version": {"N": str(current.version)}},
                        }
                    },
                    {
                        "Delete": {
                            "TableName": self._table,
                            "Key": records.lock_key(current.product.sku),
                        }
                    },
                )
            except ClientError as error:
                if not _collided(error):
                    raise
                continue
            return current
        raise Problem(409, "The product keeps changing; try again.")

    def page(
        self, selection: Selection, *, after: Position | None, limit: int
    ) -> tuple[list[Entry], Position | None]:
        return listing.page(self._client, self._table, selection, after=after, limit=limit)

    def reachable(self) -> bool:
        self._client.get_item(TableName=self._table, Key=records.key("health"))
        return True

    def _matching(self, product_id: str, if_match: str | None) -> Entry:
        """The product as it is; Problem 404, or 412 where `if_match` is another version."""
        current = self.get(product_id)
        if current is None:
            raise not_found()
        if if_match not in (None, "*") and _version(if_match) != current.version:
            raise _changed_meanwhile()
        return current

    def _lock_put(self, sku: str, product_id: str) -> dict[str, Any]:
        return {
            "TableName": self._table,
            "Item": {**records.lock_key(sku), "owner": {"S": product_id}},
            "ConditionExpression": "attribute_not_exists(product_id)",
        }

    def _transact(self, *actions: Any) -> None:
        self._client.transact_write_items(TransactItems=actions)


def _version(etag: str | None) -> int:
    """The version that an ETag of ours names; -1, which nothing has, for any other."""
    found = re.fullmatch(r'"([0-9]{1,15})"', (etag or "").strip())
    return int(found[1]) if found else -1


def _reasons(error: ClientError) -> list[str]:
    if error.response["Error"]["Code"] != "TransactionCanceledException":
        return []
    reasons: list[dict[str, str]] = error.response.get("CancellationReasons", [])  # type: ignore[assignment]
    return [reason.get("Code", "None") for reason in reasons]


def _failed_condition(error: ClientError, action: int) -> bool:
    reasons = _reasons(error)
    return len(reasons) > action and reasons[action] == "ConditionalCheckFailed"


def _collided(error: ClientError) -> bool:
    """Whether another writer came between, so that the transaction may be tried again."""
    return bool({"ConditionalCheckFailed", "TransactionConflict"} & set(_reasons(error)))


def _sku_taken(sku: str) -> Problem:
    return Problem(409, f"There is a product with the sku {sku} already.")


def _changed_meanwhile() -> Problem:
    return Problem(412, "The product has changed since that ETag.")
