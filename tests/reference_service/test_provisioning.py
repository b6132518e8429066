"""What AWS calls see of the embedded stack, through its endpoint."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from reference_service.local.template import Template
from tests.reference_service.running import RunningService

REGION = "af-south-1"


@pytest.fixture(scope="module")
def prod() -> Iterator[RunningService]:
    running = RunningService("--as", "prod", "--version", "2.3.4")
    try:
        yield running
    finally:
        assert running.close() == (0, "")


def test_the_stack_wears_the_environment(prod: RunningService) -> None:
    """Account, health and names are prod's."""
    account = prod.aws("sts", REGION).get_caller_identity()["Account"]
    assert account == "093646564004"
    health = prod.client(None).get("/products/health").json()
    assert (health["environment"], health["version"]) == ("prod", "2.3.4")
    assert prod.ready["environment"] == "prod"


def test_the_table_is_the_templates(prod: RunningService) -> None:
    """Keys, indexes, billing, encryption and recovery as template.yaml says."""
    dynamodb = prod.aws("dynamodb", REGION)
    table = dynamodb.describe_table(TableName="products-prod")["Table"]
    parameters = {"TokenIssuer": "i", "TokenAudience": "a", "TokenKey": "k"}
    wanted: dict[str, Any] = Template(
        {"Environment": "prod", "ServiceVersion": "1", **parameters}
    ).properties("ProductsTable")
    assert table["KeySchema"] == wanted["KeySchema"]
    assert [
        {key: index[key] for key in ("IndexName", "KeySchema", "Projection")}
        for index in table["GlobalSecondaryIndexes"]
    ] == wanted["GlobalSecondaryIndexes"]
    assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert table["SSEDescription"]["Status"] == "ENABLED"
    recovery = dynamodb.describe_continuous_backups(TableName="products-prod")
    described = recovery["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
    assert described["PointInTimeRecoveryStatus"] == "ENABLED"


@pytest.mark.parametrize(
    ("name", "key", "recovered"),
    [("orders-prod", "order_id", True), ("product-calls-prod", "counter", False)],
)
def test_the_tables_beside_it(prod: RunningService, name: str, key: str, recovered: bool) -> None:
    """Orders and counts of calls: key, encryption, the time to live of what does not stay."""
    dynamodb = prod.aws("dynamodb", REGION)
    table = dynamodb.describe_table(TableName=name)["Table"]
    assert table["KeySchema"] == [{"AttributeName": key, "KeyType": "HASH"}]
    assert table["SSEDescription"]["Status"] == "ENABLED"
    lifetime = dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    assert lifetime == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires_at"}
    recovery = dynamodb.describe_continuous_backups(TableName=name)
    described = recovery["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
    assert (described["PointInTimeRecoveryStatus"] == "ENABLED") is recovered


def test_an_order_is_in_its_table(prod: RunningService) -> None:
    """The order and its key; the key goes, the order stays."""
    admin = prod.client("admin")
    made = admin.create(category="Ordered", inventory=2)
    body = {"lines": [{"product_id": made["product_id"], "quantity": 1}]}
    order = admin.post("/orders", json=body, headers={"Idempotency-Key": "k"}).json()
    items = prod.aws("dynamodb", REGION).scan(TableName="orders-prod")["Items"]
    (kept,) = [item for item in items if "expires_at" not in item]
    (known,) = [item for item in items if "expires_at" in item]
    assert kept["order_id"] == {"S": order["order_id"]}
    assert kept["total"] == {"N": "299.99"}
    assert known["order"]["M"]["order_id"] == {"S": order["order_id"]}
    assert known["order_id"]["S"].startswith("key#")
    assert admin.delete(f"/products/{made['product_id']}").status_code == 204


def test_the_bucket_is_the_templates(prod: RunningService) -> None:
    """Versioning, encryption and no public access."""
    s3 = prod.aws("s3", REGION)
    bucket = {"Bucket": "bbws-product-images-prod"}
    assert s3.get_bucket_versioning(**bucket)["Status"] == "Enabled"
    (rule,) = s3.get_bucket_encryption(**bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    block = s3.get_public_access_block(**bucket)["PublicAccessBlockConfiguration"]
    assert set(block.values()) == {True}
    assert s3.get_bucket_location(**bucket)["LocationConstraint"] == REGION


def test_the_function_is_behind_live(prod: RunningService) -> None:
    """Alias live -> version 2 -> the code; role, variables and log group are there."""
    functions = prod.aws("lambda", REGION)
    alias = functions.get_alias(FunctionName="product-handler-prod", Name="live")
    assert alias["FunctionVersion"] == "2"
    live = functions.get_function_configuration(
        FunctionName="product-handler-prod", Qualifier="live"
    )
    assert live["CodeSha256"]
    assert live["Environment"]["Variables"]["SERVICE_VERSION"] == "2.3.4"
    role = prod.aws("iam", REGION).get_role(RoleName="product-handler-prod")["Role"]
    assert live["Role"] == role["Arn"]
    (group,) = prod.aws("logs", REGION).describe_log_groups(
        logGroupNamePrefix="/aws/lambda/product-handler-prod"
    )["logGroups"]
    assert group["retentionInDays"] == 90


def test_the_api_and_aws_calls_see_the_same_data(prod: RunningService) -> None:
    """A product made through the API is in the table; a lock beside it in no index."""
    made = prod.client("editor").create(category="Seen", sku="SEEN-1")
    dynamodb = prod.aws("dynamodb", REGION)
    key = {"product_id": {"S": made["product_id"]}}
    item = dynamodb.get_item(TableName="products-prod", Key=key)["Item"]
    assert item["price"] == {"N": "299.99"}
    lock = dynamodb.get_item(TableName="products-prod", Key={"product_id": {"S": "sku#SEEN-1"}})
    assert lock["Item"] == {
        "product_id": {"S": "sku#SEEN-1"},
        "owner": {"S": made["product_id"]},
    }
    for index in (
        "ProductsByCategory",
        "ProductsByPriceRange",
        "ProductsByAvailability",
    ):
        found = dynamodb.scan(TableName="products-prod", IndexName=index)["Items"]
        assert [each["sku"]["S"] for each in found] == ["SEEN-1"]
