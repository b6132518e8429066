"""Restores of tables as DynamoDB makes them, where moto falls short.

moto restores keys, indexes and items; billing and encryption it forgets. It copies a table as it is
now, whatever point in time was asked for. Here a table can be restored to each of the last moments
at which its latest restorable time was told, in whole seconds, as AWS takes them.
"""

from __future__ import annotations

import copy
import math
import time
from datetime import UTC, datetime
from functools import cache, wraps
from typing import TYPE_CHECKING, Any

from reference_service.local.protection import TABLES

if TYPE_CHECKING:
    from reference_service.local.protection import Resources

_MOMENTS = 4  # that are kept of a table


@cache
def install() -> None:
    """Puts it in place, once for the life of the process."""
    from moto.dynamodb.models import DynamoDBBackend
    from moto.dynamodb.models.table import RestoredPITTable, RestoredTable
    from moto.dynamodb.responses import DynamoHandler

    _remember_settings(RestoredTable, lambda given: given["backup"].table)
    _remember_settings(RestoredPITTable, lambda given: given["source"])
    _keep_moments(DynamoDBBackend)
    _restore_moments(DynamoHandler)


def heal(resources: Resources) -> None:
    """Takes away what a rehearsal left, and has bucket and alias as the template says."""
    template = resources.template
    dynamodb, functions = resources.client("dynamodb"), resources.client("lambda")
    known = {template.properties(table)["TableName"] for table in TABLES}
    for name in dynamodb.list_tables()["TableNames"]:
        if name not in known:
            dynamodb.delete_table(TableName=name)
    resources.client("s3").put_bucket_versioning(
        Bucket=resources.bucket,
        VersioningConfiguration=template.properties("ImagesBucket")["VersioningConfiguration"],
    )
    alias = template.properties("LiveAlias")
    functions.update_alias(
        FunctionName=alias["FunctionName"],
        Name=alias["Name"],
        FunctionVersion=alias["FunctionVersion"],
        Description=alias.get("Description", ""),
        RoutingConfig={},
    )


def _remember_settings(restored: Any, source_of: Any) -> None:
    stock = restored.__init__

    @wraps(stock)
    def made(self: Any, *args: Any, **given: Any) -> None:
        stock(self, *args, **given)
        source = source_of(given)
        self.billing_mode = source.billing_mode
        self.sse_specification = copy.deepcopy(source.sse_specification)

    restored.__init__ = made


def _keep_moments(backend: Any) -> None:
    stock = backend.describe_continuous_backups

    @wraps(stock)
    def described(self: Any, table_name: str) -> Any:
        told = stock(self, table_name)
        recovery = told["PointInTimeRecoveryDescription"]
        if recovery["PointInTimeRecoveryStatus"] == "ENABLED":
            recovery["LatestRestorableDateTime"] = now = time.time()
            table = self.get_table(table_name)
            moments = getattr(table, "moments", [])
            table.moments = [*moments, (now, copy.deepcopy(table.items))][-_MOMENTS:]
        return told

    backend.describe_continuous_backups = described


def _seconds(moment: datetime) -> float:
    """Since the epoch; moto reads times as UTC, without saying so."""
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _restore_moments(response: Any) -> None:
    from moto.dynamodb.exceptions import DynamodbException, PointInTimeRecoveryUnavailable

    stock = response.restore_table_to_point_in_time

    @wraps(stock)
    def restored(self: Any) -> Any:
        name, moment = self.body["SourceTableName"], self.body.get("RestoreDateTime")
        table = self.dynamodb_backend.get_table(name)
        recovery = table.continuous_backups["PointInTimeRecoveryDescription"]
        if recovery["PointInTimeRecoveryStatus"] != "ENABLED":
            raise PointInTimeRecoveryUnavailable(name=name)
        kept = getattr(table, "moments", [])
        if moment is not None:
            kept = [one for one in kept if math.floor(one[0]) <= _seconds(moment)]
            if not kept:
                raise DynamodbException(
                    "com.amazonaws.dynamodb.v20120810#InvalidRestoreTimeException",
                    "An invalid restore time was specified.",
                )
        answer = stock(self)
        if moment is not None:
            target = self.dynamodb_backend.get_table(self.body["TargetTableName"])
            target.items = copy.deepcopy(kept[-1][1])
        return answer

    response.restore_table_to_point_in_time = restored
