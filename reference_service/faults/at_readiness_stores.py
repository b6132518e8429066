"""Faults in table, backups, bucket and distribution, as AWS tells of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from reference_service.faults.fault import Fault, faults
from reference_service.faults.spoiling import Spoil, offering, spoiling, table_told
from reference_service.local import tampering
from reference_service.local.protection import Resources


def _change_index(number: int, **changed: Any) -> Callable[[dict[str, Any]], None]:
    def change(table: dict[str, Any]) -> None:
        table["GlobalSecondaryIndexes"][number].update(changed)

    return change


def _price_as_text(table: dict[str, Any]) -> None:
    for one in table["AttributeDefinitions"]:
        if one["AttributeName"] == "price":
            one["AttributeType"] = "S"


def _drop_index(table: dict[str, Any]) -> None:
    table["GlobalSecondaryIndexes"].pop()


def _another_key(table: dict[str, Any]) -> None:
    table["KeySchema"] = [{"AttributeName": "availability", "KeyType": "HASH"}]


def _set(**changed: Any) -> Callable[[dict[str, Any]], None]:
    return lambda table: table.update(changed)


def _no_recovery(resources: Resources) -> None:
    resources.client("dynamodb").update_continuous_backups(
        TableName=resources.template.properties("ProductsTable")["TableName"],
        PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": False},
    )


def _old_backup(_: Resources) -> None:
    from moto.dynamodb.models.table import Backup

    old = (datetime.now(UTC) - timedelta(days=2)).timestamp()

    def make(inner: Any) -> property:
        def told(self: Any) -> Any:
            return {**inner.fget(self), "BackupCreationDateTime": old}

        return property(told)

    tampering.replace_property(Backup, "summary", make)


def _no_backup(resources: Resources) -> None:
    client = resources.client("dynamodb")
    for one in client.list_backups()["BackupSummaries"]:
        client.delete_backup(BackupArn=one["BackupArn"])


def _daily(resources: Resources) -> None:
    from moto.backup.models import backup_backends

    backend: Any = backup_backends[resources.template.account][resources.template.region]
    (rule,) = backend.plans[resources.stands.backup_plan].backup_plan["Rules"]
    rule["ScheduleExpression"] = "cron(0 3 * * ? *)"


def _versioning(status: str) -> Spoil:
    def spoil(resources: Resources) -> None:
        resources.client("s3").put_bucket_versioning(
            Bucket=resources.bucket, VersioningConfiguration={"Status": status}
        )

    return spoil


def _one_block_off(resources: Resources) -> None:
    healthy = resources.template.properties("ImagesBucket")["PublicAccessBlockConfiguration"]
    resources.client("s3").put_public_access_block(
        Bucket=resources.bucket,
        PublicAccessBlockConfiguration={**healthy, "IgnorePublicAcls": False},
    )


def _plain_requests(resources: Resources) -> None:
    policy = resources.template.properties("ImagesBucketPolicy")["PolicyDocument"]
    kept = [one for one in policy["Statement"] if one["Effect"] == "Allow"]
    resources.client("s3").put_bucket_policy(
        Bucket=resources.bucket, Policy=json.dumps({**policy, "Statement": kept})
    )


def _no_lifecycle(resources: Resources) -> None:
    resources.client("s3").delete_bucket_lifecycle(Bucket=resources.bucket)


def _no_encryption(resources: Resources) -> None:
    resources.client("s3").delete_bucket_encryption(Bucket=resources.bucket)


def _delivers(**changed: Any) -> Spoil:
    return lambda resources: resources.deliver(**changed)


def _behaves(**changed: Any) -> Spoil:
    def spoil(resources: Resources) -> None:
        behaviour = {**resources.distribution["DefaultCacheBehavior"], **changed}
        resources.deliver(DefaultCacheBehavior=behaviour)

    return spoil


def _without_access(resources: Resources) -> None:
    origins = resources.distribution["Origins"]
    bare = [{**one, "OriginAccessControlId": ""} for one in origins["Items"]]
    resources.deliver(Origins={**origins, "Items": bare})


def _product(sku: str, **attributes: Any) -> Spoil:
    """One more item in the table; taken away when the fault goes."""

    def spoil(_: Resources) -> None:
        from moto.dynamodb.models import DynamoDBBackend

        def make(inner: Any) -> Any:
            def scan(self: Any, *args: Any, **given: Any) -> Any:
                from moto.dynamodb.models.dynamo_type import DynamoType, Item

                items, *rest = inner(self, *args, **given)
                known = {"product_id": {"S": f"spoilt-{sku}"}, "sku": {"S": sku}, **attributes}
                more = [Item(DynamoType(known["product_id"]), None, known) for _ in range(2)]
                return ([*items, *more], *rest)

            return scan

        tampering.replace(DynamoDBBackend, "scan", make)

    return spoil


_schema = faults("resources", "readiness.table_schema")
_protected = faults("resources", "readiness.table_protection")
_backups = faults("resources", "readiness.backups")
_bucket = faults("resources", "readiness.bucket")
_cdn = faults("resources", "readiness.distribution")
_data = faults("resources", "readiness.data")

FAULTS: tuple[Fault, ...] = (
    _schema(
        "index-missing",
        "the plan's indexes are there",
        "The products table lacks one of its indexes.",
        spoiling(table_told(_drop_index)),
    ),
    _schema(
        "index-key-of-another-type",
        "each index has its keys",
        "Prices are texts in the index by price.",
        spoiling(table_told(_price_as_text)),
    ),
    _schema(
        "index-of-keys-only",
        "each index holds the whole product",
        "The index by category holds keys only.",
        spoiling(table_told(_change_index(0, Projection={"ProjectionType": "KEYS_ONLY"}))),
    ),
    _schema(
        "table-with-another-key",
        "the table has its key",
        "The products table is keyed by availability.",
        spoiling(table_told(_another_key)),
    ),
    _schema(
        "table-not-active",
        "the table is active",
        "The products table is being made.",
        spoiling(table_told(_set(TableStatus="CREATING"))),
    ),
    _protected(
        "table-provisioned",
        "the table is on demand",
        "The products table has a fixed capacity.",
        spoiling(table_told(_set(BillingModeSummary={"BillingMode": "PROVISIONED"}))),
    ),
    _protected(
        "table-deletable",
        "the table refuses to be deleted",
        "The products table has no deletion protection.",
        spoiling(table_told(_set(DeletionProtectionEnabled=False))),
    ),
    _protected(
        "table-without-a-key",
        "the table is encrypted with a key",
        "The products table is not encrypted with a key of KMS.",
        spoiling(table_told(lambda table: table.pop("SSEDescription", None))),
    ),
    _protected(
        "no-point-in-time-recovery",
        "the table can be restored to a point in time",
        "Point-in-time recovery of the products table is off.",
        spoiling(_no_recovery),
    ),
    _backups(
        "backup-too-old",
        "the latest backup is young enough",
        "The latest backup of the products table is two days old.",
        spoiling(_old_backup),
    ),
    _backups(
        "no-backup",
        "the latest backup is young enough",
        "The products table was never backed up.",
        spoiling(_no_backup),
    ),
    _backups(
        "backed-up-daily",
        "the table is backed up every hour",
        "The backup plan makes a backup a day.",
        spoiling(_daily),
    ),
    _backups(
        "table-not-selected",
        "the table is backed up every hour",
        "The backup plan selects nothing.",
        spoiling(offering(selected=False)),
    ),
    _bucket(
        "versioning-suspended",
        "the bucket keeps versions",
        "The images bucket no longer keeps versions.",
        spoiling(_versioning("Suspended")),
    ),
    _bucket(
        "one-block-off",
        "public access is blocked in all four ways",
        "One of the four public access blocks is off.",
        spoiling(_one_block_off),
    ),
    _bucket(
        "bucket-takes-plain-requests",
        "the bucket refuses what comes without TLS",
        "The bucket's policy does not demand TLS.",
        spoiling(_plain_requests),
    ),
    _bucket(
        "versions-kept-for-ever",
        "old versions do not stay for ever",
        "The images bucket has no lifecycle.",
        spoiling(_no_lifecycle),
    ),
    _bucket(
        "bucket-without-encryption",
        "the bucket encrypts what it is given",
        "The images bucket has no default encryption.",
        spoiling(_no_encryption),
    ),
    _cdn(
        "distribution-disabled",
        "the distribution is deployed and enabled",
        "The images distribution is switched off.",
        spoiling(_delivers(Enabled=False)),
    ),
    _cdn(
        "distribution-on-plain-http",
        "the distribution speaks HTTPS alone",
        "The images distribution answers plain HTTP.",
        spoiling(_behaves(ViewerProtocolPolicy="allow-all")),
    ),
    _cdn(
        "distribution-asks-as-nobody",
        "the distribution asks the bucket as itself",
        "The distribution has no origin access control.",
        spoiling(_without_access),
    ),
    _data(
        "product-without-price",
        "the data are valid",
        "A product in the table has no price.",
        spoiling(_product("A", name={"S": "n"}, category={"S": "c"}, currency={"S": "USD"})),
    ),
    _data(
        "sku-twice",
        "the data are valid",
        "Two products in the table have the same sku.",
        spoiling(
            _product(
                "B",
                name={"S": "n"},
                category={"S": "c"},
                currency={"S": "USD"},
                price={"N": "1"},
            )
        ),
    ),
)
