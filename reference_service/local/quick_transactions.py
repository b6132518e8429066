"""Spares moto a copy of the whole table for each action of a transaction.

moto copies the table before each action, to put it back if the transaction fails: with
5,000 products, seconds for each write. Here only the items that the transaction names are
copied. Tested against moto as it comes; with any other version than the one tested, and for
a table with a stream, nothing is changed.
"""

from __future__ import annotations

import copy
from functools import cache, wraps
from typing import Any

from reference_service.local.quick_serializer import TESTED_VERSION


@cache
def install() -> None:
    """Puts the shortcut in place, once for the life of the process."""
    import moto
    from moto.dynamodb.models import DynamoDBBackend
    from moto.dynamodb.models.table import Table

    if moto.__version__ != TESTED_VERSION:
        return
    backend: Any = DynamoDBBackend
    table_class: Any = Table
    stock = backend.transact_write_items

    def itself(self: Any, _: dict[int, Any]) -> Any:
        return self

    @wraps(stock)
    def quick(self: Any, transact_items: list[dict[str, Any]]) -> None:
        actions = [action for each in transact_items for action in each.values()]
        tables = [self.tables.get(action.get("TableName")) for action in actions]
        if any(table is not None and table.stream_shard is not None for table in tables):
            stock(self, transact_items)
            return
        kept = [_kept(self, action) for action in actions]
        table_class.__deepcopy__ = itself
        try:
            stock(self, transact_items)
        except BaseException:
            for items, key, before in filter(None, kept):
                _put_back(items, key, before)
            raise
        finally:
            del table_class.__deepcopy__

    backend.transact_write_items = quick


def _kept(backend: Any, action: dict[str, Any]) -> tuple[Any, Any, Any] | None:
    """Where an action's item is, its key, and a copy of it; None where there is no table."""
    table = backend.tables.get(action.get("TableName"))
    if table is None:
        return None
    fields = action.get("Item") or action.get("Key") or {}
    if not {table.hash_key_attr, *filter(None, [table.range_key_attr])} <= fields.keys():
        return None
    first, second = backend.get_keys_value(table, fields)
    items, key = (table.items, first) if second is None else (table.items[first], second)
    return items, key, copy.deepcopy(items[key]) if key in items else None


def _put_back(items: Any, key: Any, before: Any) -> None:
    if before is None:
        items.pop(key, None)
    else:
        items[key] = before
