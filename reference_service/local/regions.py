"""The second region of an environment that has one: replicas of the table and of the bucket.

moto keeps no replicas of a table; here the table tells of them as DynamoDB does.
"""

from __future__ import annotations

from functools import cache, wraps
from typing import TYPE_CHECKING, Any, cast

import msgspec

if TYPE_CHECKING:
    from reference_service.local.protection import Resources
    from reference_service.local.template import Template

COPY = "-copy"  # after a bucket's name: the bucket that it is copied to
RULE = "all"


class Lag(msgspec.Struct):
    """How far behind the copies are; a fault changes it."""

    table_ms: float = 800.0
    bucket_s: float = 5.0


lag = Lag()
# Table name -> what its description says of replicas.
replicas: dict[str, list[dict[str, Any]]] = {}


@cache
def install() -> None:
    """Has tables tell of their replicas."""
    from moto.dynamodb.models.table import Table

    table = cast("Any", Table)
    inner = table.describe

    @wraps(inner)
    def describe(self: Any, base_key: str = "TableDescription") -> Any:
        told = inner(self, base_key)
        if self.name in replicas:
            told[base_key]["Replicas"] = replicas[self.name]
            told[base_key]["GlobalTableVersion"] = "2019.11.21"
        return told

    table.describe = describe


def declare(template: Template) -> None:
    """From now on the table has its replica, where the environment has a second region."""
    replicas.clear()
    lag.table_ms, lag.bucket_s = Lag().table_ms, Lag().bucket_s
    second = template.place["FailoverRegion"]
    if second == "none":
        return
    install()
    table = template.properties("ProductsTable")
    indexes = [{"IndexName": one["IndexName"]} for one in table["GlobalSecondaryIndexes"]]
    replicas[table["TableName"]] = [
        {"RegionName": second, "ReplicaStatus": "ACTIVE", "GlobalSecondaryIndexes": indexes}
    ]


def stand(resources: Resources) -> None:
    """Makes what the environment has in its second region; nothing where it has none."""
    declare(resources.template)
    second = resources.template.place["FailoverRegion"]
    s3 = resources.client("s3")
    s3.delete_bucket_replication(Bucket=resources.bucket)
    if second == "none":
        return
    copy = copies(resources)
    other = resources.client("s3", second)
    names = [one["Name"] for one in other.list_buckets()["Buckets"]]
    if copy not in names:
        other.create_bucket(Bucket=copy, CreateBucketConfiguration={"LocationConstraint": second})
    other.put_bucket_versioning(Bucket=copy, VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_replication(Bucket=resources.bucket, ReplicationConfiguration=rules(resources))


def copies(resources: Resources) -> str:
    """The bucket that images are copied to."""
    return f"{resources.bucket}{COPY}"


def rules(resources: Resources) -> dict[str, Any]:
    """The replication of the images bucket."""
    return {
        "Role": f"arn:aws:iam::{resources.template.account}:role/product-image-copies",
        "Rules": [
            {
                "ID": RULE,
                "Priority": 1,
                "Status": "Enabled",
                "Filter": {"Prefix": ""},
                "DeleteMarkerReplication": {"Status": "Enabled"},
                "Destination": {"Bucket": f"arn:aws:s3:::{copies(resources)}"},
            }
        ],
    }
