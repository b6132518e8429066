"""What the shortcuts through moto and botocore replace, as it comes with them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from inspect import getattr_static, unwrap
from typing import Any

import pytest
from botocore.parsers import BaseJSONParser
from moto.core import responses as all_responses
from moto.core.serialize import BaseJSONSerializer, ResponseSerializer
from moto.dynamodb import responses
from moto.dynamodb.models import DynamoDBBackend, utilities
from moto.dynamodb.models.dynamo_type import DynamoType, Item
from moto.dynamodb.models.table import Table

REPLACED: tuple[tuple[Any, str], ...] = (
    (BaseJSONParser, "_handle_map"),
    (BaseJSONSerializer, "_serialize_body"),
    (BaseJSONSerializer, "_serialize_type_map"),
    (DynamoDBBackend, "transact_write_items"),
    (DynamoType, "size"),
    (Item, "__init__"),
    (Item, "__new__"),
    (Item, "size"),
    (ResponseSerializer, "_serialize_type_structure"),
    (Table, "query"),
    (all_responses, "method_names_from_class"),
    (all_responses.BaseResponse, "_enrich_response"),
    (responses, "dynamo_to_dict"),
    (utilities, "dynamo_to_dict"),
)


@contextmanager
def stock() -> Iterator[None]:
    """Nothing is replaced, whatever another test has installed; puts back what was, after."""
    with pytest.MonkeyPatch.context() as patch:
        for place, name in REPLACED:
            came: Any = unwrap(getattr(place, name))
            static = isinstance(getattr_static(place, name), staticmethod)
            patch.setattr(place, name, staticmethod(came) if static else came)
        yield


def in_place() -> list[Any]:
    """What stands now at each place that a shortcut replaces."""
    return [getattr(place, name) for place, name in REPLACED]
