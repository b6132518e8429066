"""The products table: one item a product, and one lock item for each sku in use.

A lock item carries none of the attributes that the indexes are keyed by, so no
index holds it. Every method may raise botocore's ClientError.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from botocore.exceptions import ClientError

from reference_service.handlers import batch, listing, records
from reference_service.handlers.problem import Problem, not_found, sku_taken
from reference_service.handlers.product import Clock, Entry, StoredImage, timestamp
from reference_service.handlers.transactions import (
    Write,
    collided,
    failed_condition,
    patiently,
    write_each,
)

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

    def owners(self, skus: Sequence[str]) -> dict[str, str]:
        """The ids of the products that have these skus, by sku; no sku may come twice."""
        ...

    def get_many(self, product_ids: Sequence[str]) -> dict[str, Entry]:
        """Those of the products that exist, as last written, by id; no id may come twice."""
        ...

    def add_all(self, entries: Sequence[Entry]) -> list[Problem | None]:
        """Keeps each new product; says for each None, or why not (409 for its sku, 503)."""
        ...

    def change_all(
        self, changes: Sequence[tuple[Entry, Mapping[str, object]]]
    ) -> list[Problem | None]:
        """Writes the given fields of each product, unless it has changed: 409 then, or 503.

        The sku is not among the fields that can change.
        """
        ...

    def categories(self) -> set[str]:
        """The categories that products have."""
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
        (problem,) = self.add_all([entry])
        if problem is not None:
            raise problem

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
            answer = patiently(
                lambda: self._client.update_item(
                    TableName=self._table, ReturnValues="ALL_NEW", **update.arguments()
                )
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
                if failed_condition(error, 1):
                    raise sku_taken(new) from error
                if not collided(error):
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
            answer = patiently(
                lambda: self._client.update_item(
                    TableName=self._table, ReturnValues="ALL_OLD", **update.arguments()
                )
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
                if not collided(error):
                    raise
                continue
            return current
        raise Problem(409, "The product keeps changing; try again.")

    def page(
        self, selection: Selection, *, after: Position | None, limit: int
    ) -> tuple[list[Entry], Position | None]:
        return listing.page(self._client, self._table, selection, after=after, limit=limit)

    def owners(self, skus: Sequence[str]) -> dict[str, str]:
        locks = batch.get(self._client, self._table, [records.lock_key(sku) for sku in skus])
        return dict(records.lock(item) for item in locks)

    def get_many(self, product_ids: Sequence[str]) -> dict[str, Entry]:
        plausible = [records.key(each) for each in product_ids if _PLAUSIBLE_ID.fullmatch(each)]
        found = map(records.entry, batch.get(self._client, self._table, plausible))
        return {entry.product.product_id: entry for entry in found}

    def add_all(self, entries: Sequence[Entry]) -> list[Problem | None]:
        return write_each(
            self._client,
            [
                Write(actions=self._additions(entry), refusal=sku_taken(entry.product.sku))
                for entry in entries
            ],
        )

    def change_all(
        self, changes: Sequence[tuple[Entry, Mapping[str, object]]]
    ) -> list[Problem | None]:
        now = timestamp(self._clock())
        writes = [
            Write(
                actions=(self._replacement(records.changed(entry, fields, now=now)),),
                refusal=Problem(409, "The product keeps changing; try again."),
            )
            for entry, fields in changes
        ]
        return write_each(self._client, writes)

    def categories(self) -> set[str]:
        return listing.categories(self._client, self._table)

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

    def _additions(self, entry: Entry) -> tuple[dict[str, Any], dict[str, Any]]:
        """The two writes that make a product: the lock of its sku, and itself."""
        return (
            {"Put": self._lock_put(entry.product.sku, entry.product.product_id)},
            {
                "Put": {
                    "TableName": self._table,
                    "Item": records.item(entry),
                    "ConditionExpression": "attribute_not_exists(product_id)",
                }
            },
        )

    def _replacement(self, entry: Entry) -> dict[str, Any]:
        """Puts the next version of a product in the place of the one before."""
        return {
            "Put": {
                "TableName": self._table,
                "Item": records.item(entry),
                "ConditionExpression": "version = :before",
                "ExpressionAttributeValues": {":before": {"N": str(entry.version - 1)}},
            }
        }

    def _lock_put(self, sku: str, product_id: str) -> dict[str, Any]:
        return {
            "TableName": self._table,
            "Item": records.lock_item(sku, product_id),
            "ConditionExpression": "attribute_not_exists(product_id)",
        }

    def _transact(self, *actions: Any) -> None:
        self._client.transact_write_items(TransactItems=actions)


def _version(etag: str | None) -> int:
    """The version that an ETag of ours names; -1, which nothing has, for any other."""
    found = re.fullmatch(r'"([0-9]{1,15})"', (etag or "").strip())
    return int(found[1]) if found else -1


def _changed_meanwhile() -> Problem:
    return Problem(412, "The product has changed since that ETag.")
