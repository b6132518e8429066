"""How what stands in moto is protected: as the template says, again after each fault."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, cast

import msgspec

if TYPE_CHECKING:
    import boto3

    from reference_service.local.standing import Standing
    from reference_service.local.template import Template

TABLES = ("ProductsTable", "OrdersTable", "CallsTable")


class Resources(msgspec.Struct, frozen=True, kw_only=True):
    """What stands in moto, for a fault to change: `protect` puts all of it right again."""

    session: boto3.Session
    template: Template
    distribution: Mapping[str, Any]  # the configuration that CloudFront was given
    distribution_id: str
    standing: Standing | None = None

    @property
    def stands(self) -> Standing:
        """What is made anew before each fault."""
        assert self.standing is not None
        return self.standing

    @property
    def bucket(self) -> str:
        """The name of the images bucket."""
        name: str = self.template.properties("ImagesBucket")["BucketName"]
        return name

    def client(self, service: Any, region: str | None = None) -> Any:
        """A client for moto."""
        return self.session.client(service, region_name=region)

    def encrypt_table(self, resource: str, *, encrypted: bool) -> None:
        """Turns the encryption of a table of the template on or off, which moto's API cannot."""
        from moto.dynamodb.models import dynamodb_backends

        tables = dynamodb_backends[self.template.account][self.template.region].tables
        table: Any = tables[self.template.properties(resource)["TableName"]]
        table.sse_specification["Enabled"] = encrypted

    def encrypt_logs(self, key: str | None) -> None:
        """Gives the log group a KMS key of its own, or none, which moto's API cannot."""
        from moto.logs.models import logs_backends

        groups: Any = logs_backends[self.template.account][self.template.region].groups
        groups[self.template.properties("HandlerLogs")["LogGroupName"]].kms_key_id = key

    def deliver(self, **changed: Any) -> None:
        """Has the distribution configured as the template says but for `changed`."""
        client = self.client("cloudfront")
        tag = client.get_distribution_config(Id=self.distribution_id)["ETag"]
        client.update_distribution(
            Id=self.distribution_id,
            IfMatch=tag,
            DistributionConfig={**self.distribution, **changed},
        )


@cache
def install() -> None:
    """Has moto tell how an origin is reached and a backup is encrypted, which it drops."""
    from moto.cloudfront.models import Origin
    from moto.dynamodb.models.table import Backup

    origins, backups = cast("Any", Origin), cast("Any", Backup)
    inner, described = Origin.__init__, backups.description.fget

    def keep(self: Any, origin: dict[str, Any]) -> None:
        inner(self, origin)
        self.origin_access_control_id = origin.get("OriginAccessControlId", "")
        self.s3_origin_config = origin.get("S3OriginConfig")

    def tell(self: Any) -> dict[str, Any]:
        encryption = self.table.describe(base_key="Table")["Table"].get("SSEDescription")
        features = {"SSEDescription": encryption} if encryption else {}
        return {**described(self), "SourceTableFeatureDetails": features}

    origins.__init__ = keep
    backups.description = property(tell)


def protect(resources: Resources) -> None:
    """Puts bucket, tables and distribution in the state that the template describes."""
    s3, name = resources.client("s3"), resources.bucket
    bucket = resources.template.properties("ImagesBucket")
    for key, value in bucket["PublicAccessBlockConfiguration"].items():
        assert value is True, key
    s3.put_public_access_block(
        Bucket=name, PublicAccessBlockConfiguration=bucket["PublicAccessBlockConfiguration"]
    )
    s3.put_bucket_ownership_controls(Bucket=name, OwnershipControls=bucket["OwnershipControls"])
    s3.put_bucket_acl(Bucket=name, ACL="private")
    s3.delete_bucket_website(Bucket=name)
    policy = resources.template.properties("ImagesBucketPolicy")["PolicyDocument"]
    s3.put_bucket_policy(Bucket=name, Policy=json.dumps(policy))
    rules = [
        {"ApplyServerSideEncryptionByDefault": rule["ServerSideEncryptionByDefault"]}
        for rule in bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    ]
    s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={"Rules": rules})
    for table in TABLES:
        resources.encrypt_table(table, encrypted=True)
    _unburden(resources)
    resources.deliver()


def _unburden(resources: Resources) -> None:
    """Takes away what the template has not: backups, and a key of the log group's own."""
    dynamodb = resources.client("dynamodb")
    for backup in dynamodb.list_backups()["BackupSummaries"]:
        dynamodb.delete_backup(BackupArn=backup["BackupArn"])
    resources.encrypt_logs(None)
