"""Backups and restores of the embedded stack, as DynamoDB makes them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.reference_service.running import RunningService

TABLE = "products-local"


@pytest.fixture(scope="module")
def stack() -> Iterator[RunningService]:
    running = RunningService()
    try:
        yield running
    finally:
        assert running.close() == (0, "")


def latest(dynamodb: Any) -> Any:
    """The latest moment that the table can be restored to, in whole seconds."""
    told = dynamodb.describe_continuous_backups(TableName=TABLE)["ContinuousBackupsDescription"]
    return told["PointInTimeRecoveryDescription"]["LatestRestorableDateTime"].replace(microsecond=0)


def price(dynamodb: Any, table: str, product_id: str) -> str | None:
    """What a table holds of a product's price."""
    found = dynamodb.get_item(TableName=table, Key={"product_id": {"S": product_id}}).get("Item")
    return found and str(found["price"]["N"])


@pytest.mark.parametrize("kind", ["backup", "moment"])
def test_a_restored_table_is_its_source_as_it_was(stack: RunningService, kind: str) -> None:
    """Keys, indexes, billing, encryption and items; what came later is not there."""
    dynamodb, admin = stack.aws("dynamodb"), stack.client("admin")
    made = admin.create(price=5)["product_id"]
    name = f"restored-by-{kind}"
    if kind == "backup":
        backup = dynamodb.create_backup(TableName=TABLE, BackupName="before")["BackupDetails"]
        assert admin.put(f"/products/{made}", json={"price": 6}).status_code == 200
        dynamodb.restore_table_from_backup(TargetTableName=name, BackupArn=backup["BackupArn"])
    else:
        moment = latest(dynamodb)
        assert admin.put(f"/products/{made}", json={"price": 6}).status_code == 200
        dynamodb.restore_table_to_point_in_time(
            SourceTableName=TABLE, TargetTableName=name, RestoreDateTime=moment
        )
    assert (price(dynamodb, TABLE, made), price(dynamodb, name, made)) == ("6", "5")
    source, restored = (dynamodb.describe_table(TableName=one)["Table"] for one in (TABLE, name))
    for part in ("KeySchema", "AttributeDefinitions", "BillingModeSummary"):
        assert restored[part] == source[part]
    assert restored["SSEDescription"]["Status"] == source["SSEDescription"]["Status"] == "ENABLED"
    assert [one["IndexName"] for one in restored["GlobalSecondaryIndexes"]] == [
        one["IndexName"] for one in source["GlobalSecondaryIndexes"]
    ]
    assert restored["DeletionProtectionEnabled"] is False


def test_only_a_moment_that_was_kept_can_be_restored(stack: RunningService) -> None:
    """As in AWS: outside of what can be restored, or with recovery off, nothing is."""
    dynamodb = stack.aws("dynamodb")
    moment = latest(dynamodb)
    request = {"SourceTableName": TABLE, "TargetTableName": "never"}
    with pytest.raises(ClientError) as refused:
        dynamodb.restore_table_to_point_in_time(
            **request, RestoreDateTime=moment.replace(year=moment.year - 1)
        )
    assert refused.value.response["Error"]["Code"] == "InvalidRestoreTimeException"
    off = {"PointInTimeRecoveryEnabled": False}
    dynamodb.update_continuous_backups(TableName=TABLE, PointInTimeRecoverySpecification=off)
    with pytest.raises(ClientError) as refused:
        dynamodb.restore_table_to_point_in_time(**request, UseLatestRestorableTime=True)
    assert refused.value.response["Error"]["Code"] == "PointInTimeRecoveryUnavailableException"
    assert "never" not in dynamodb.list_tables()["TableNames"]


def test_the_next_composition_begins_clean(stack: RunningService) -> None:
    """Tables that were restored go, the alias leads where it led, the bucket keeps versions."""
    dynamodb, functions, s3 = (stack.aws(name) for name in ("dynamodb", "lambda", "s3"))
    backup = dynamodb.create_backup(TableName=TABLE, BackupName="another")["BackupDetails"][
        "BackupArn"
    ]
    dynamodb.restore_table_from_backup(TargetTableName="left-behind", BackupArn=backup)
    live = {"FunctionName": "product-handler-local", "Name": "live"}
    functions.update_alias(**live, FunctionVersion="1", Description="switched")
    bucket = {"Bucket": "bbws-product-images-local"}
    s3.put_bucket_versioning(**bucket, VersioningConfiguration={"Status": "Suspended"})
    assert stack.command({"fault": None}) is not None
    assert "left-behind" not in dynamodb.list_tables()["TableNames"]
    alias = functions.get_alias(**live)
    assert (alias["FunctionVersion"], alias["Description"]) == ("2", "")
    assert s3.get_bucket_versioning(**bucket)["Status"] == "Enabled"
