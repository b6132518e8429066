"""What AWS calls see of the bucket and the distribution, and what a stranger sees."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.reference_service.running import RunningService

BUCKET = "bbws-product-images-local"
KEY = "products/p/x.png"


@pytest.fixture(scope="module")
def local() -> Iterator[RunningService]:
    running = RunningService()
    try:
        running.aws("s3").put_object(Bucket=BUCKET, Key=KEY, Body=b"image")
        yield running
    finally:
        running.close()


def stranger(running: RunningService) -> Any:
    config = Config(signature_version=UNSIGNED, retries={"total_max_attempts": 1})
    return boto3.client(
        "s3",
        endpoint_url=running.ready["aws_endpoint_url"],
        region_name="eu-west-1",
        config=config,
    )


def status(call: Any, **arguments: Any) -> int:
    try:
        return int(call(Bucket=BUCKET, **arguments)["ResponseMetadata"]["HTTPStatusCode"])
    except ClientError as error:
        return int(error.response["ResponseMetadata"]["HTTPStatusCode"])


def seen(running: RunningService) -> list[int]:
    """Reading, missing, listing, writing and removing, without a signature."""
    client = stranger(running)
    return [
        status(client.get_object, Key=KEY),
        status(client.get_object, Key="products/p/absent.png"),
        status(client.list_objects_v2),
        status(client.put_object, Key="products/p/new.png", Body=b"x"),
        status(client.delete_object, Key=KEY),
    ]


def test_a_stranger_gets_nothing(local: RunningService) -> None:
    """403 for all, whether or not it is there; who signs gets it."""
    assert seen(local) == [403] * 5
    assert status(local.aws("s3").get_object, Key=KEY) == 200


@pytest.mark.parametrize(
    ("fault", "statuses"),
    [
        ("bucket-public-by-policy", [200, 404, 403, 403, 403]),
        ("bucket-public-by-acl", [403, 403, 200, 403, 403]),
        ("bucket-answers-a-network", [200, 404, 403, 403, 403]),
        ("bucket-block-off", [403] * 5),
    ],
)
def test_what_a_bucket_opens_is_open(
    local: RunningService, fault: str, statuses: list[int]
) -> None:
    """Policies and ACLs do what they do on AWS, and are gone with the fault."""
    local.command({"fault": fault})
    try:
        assert seen(local) == statuses
    finally:
        local.command({"fault": None})
    assert seen(local) == [403] * 5


def test_the_distribution_is_the_templates(local: RunningService) -> None:
    """It redirects to https and reads the bucket as itself; policy and distribution agree."""
    client = local.aws("cloudfront", "us-east-1")
    (listed,) = client.list_distributions()["DistributionList"]["Items"]
    config = client.get_distribution_config(Id=listed["Id"])["DistributionConfig"]
    assert config["DefaultCacheBehavior"]["ViewerProtocolPolicy"] == "redirect-to-https"
    (origin,) = config["Origins"]["Items"]
    control = client.get_origin_access_control(Id=origin["OriginAccessControlId"])
    settings = control["OriginAccessControl"]["OriginAccessControlConfig"]
    assert settings["SigningBehavior"] == "always"
    policy = local.aws("s3").get_bucket_policy(Bucket=BUCKET)["Policy"]
    assert f"distribution/{listed['Id']}" in policy


def test_a_backup_says_how_it_is_encrypted(local: RunningService) -> None:
    """As its table was when it was made."""
    dynamodb = local.aws("dynamodb")
    backup = dynamodb.create_backup(TableName="products-local", BackupName="test")
    described = dynamodb.describe_backup(BackupArn=backup["BackupDetails"]["BackupArn"])
    features = described["BackupDescription"]["SourceTableFeatureDetails"]
    assert features["SSEDescription"]["Status"] == "ENABLED"
    local.command({"fault": None})
    names = [one["BackupName"] for one in dynamodb.list_backups()["BackupSummaries"]]
    assert names == ["hourly"]
