"""What faults of AWS resources are made of: one answer or one resource changed."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import msgspec

from reference_service.faults.fault import Wrapper
from reference_service.local import own_answers, tampering
from reference_service.local.protection import Resources

Spoil = Callable[[Resources], None]


def spoiling(spoil: Spoil) -> Wrapper:
    """Something else in AWS than the template says."""
    return lambda composition: msgspec.structs.replace(composition, resources=spoil)


def table_told(change: Callable[[dict[str, Any]], None]) -> Spoil:
    """What AWS tells of the products table, changed."""

    def spoil(resources: Resources) -> None:
        from moto.dynamodb.models.table import Table

        name = resources.template.properties("ProductsTable")["TableName"]

        def make(inner: Any) -> Any:
            def describe(self: Any, base_key: str = "TableDescription") -> Any:
                told = inner(self, base_key)
                if self.name == name:
                    told = copy.deepcopy(told)
                    change(told[base_key])
                return told

            return describe

        tampering.replace(Table, "describe", make)

    return spoil


def function_told(**changed: Any) -> Spoil:
    """What AWS tells of the function's configuration, changed."""

    def spoil(_: Resources) -> None:
        from moto.awslambda.models import LambdaFunction

        def make(inner: Any) -> Any:
            def told(self: Any, *args: Any, **given: Any) -> Any:
                return {**inner(self, *args, **given), **changed}

            return told

        tampering.replace(LambdaFunction, "get_configuration", make)

    return spoil


def offering(**changed: Any) -> Spoil:
    """One of the answers that stand beside moto."""

    def spoil(_: Resources) -> None:
        for name, value in changed.items():
            setattr(own_answers.offered(), name, value)

    return spoil
