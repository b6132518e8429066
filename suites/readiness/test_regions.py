"""The second region (PROD-ENV-07..09).

GIVEN a region to fail over to
WHEN what is kept in two is read
THEN table and images are copied there, and DNS knows when to go there.
"""

import pytest

from fixtures.aws_calls import AwsCalls
from fixtures.environment import Environment
from fixtures.readiness.dns import records, zone_of


@pytest.mark.plan("PROD-ENV-08")
@pytest.mark.severity("blocker")
@pytest.mark.needs("aws", "multi_region")
def test_table_replica(aws_calls: AwsCalls, environment: Environment) -> None:
    """GIVEN the products table
    WHEN its replicas are read
    THEN one is active in the failover region.
    """
    assert environment.resources is not None
    assert environment.aws is not None
    name, region = environment.resources.products_table, environment.aws.failover_region
    table = aws_calls.must_have("dynamodb", "describe_table", TableName=name)["Table"]
    replicas = {
        one.get("RegionName"): one.get("ReplicaStatus") for one in table.get("Replicas", [])
    }
    aws_calls.must(
        replicas.get(region) == "ACTIVE",
        "the table has an active replica",
        resource=f"table {name}",
        expected=f"{region} ACTIVE",
        found=replicas or "no replica",
        shown_by=aws_calls.line("dynamodb", "describe_table", TableName=name),
    )


@pytest.mark.plan("PROD-ENV-09")
@pytest.mark.severity("blocker")
@pytest.mark.needs("aws", "multi_region")
def test_bucket_replication(aws_calls: AwsCalls, environment: Environment) -> None:
    """GIVEN the images bucket
    WHEN its replication, and the bucket that it copies to, are read
    THEN a rule is on, and the copies are in the failover region and keep versions.
    """
    assert environment.resources is not None
    assert environment.aws is not None
    bucket, region = environment.resources.images_bucket, environment.aws.failover_region
    found = aws_calls.ask(
        "s3",
        "get_bucket_replication",
        Bucket=bucket,
        absent=("ReplicationConfigurationNotFoundError",),
    )
    shown = aws_calls.line("s3", "get_bucket_replication", Bucket=bucket)
    rules = ((found or {}).get("ReplicationConfiguration") or {}).get("Rules", [])
    on = [one for one in rules if one.get("Status") == "Enabled"]
    aws_calls.must(
        bool(on),
        "images are replicated",
        resource=f"bucket {bucket}",
        expected="a replication rule that is enabled",
        found=[one.get("Status") for one in rules] or "no replication",
        shown_by=shown,
    )
    places: dict[str, str | None] = {}
    for rule in on:
        copy = str(rule["Destination"]["Bucket"]).rpartition(":")[2]
        location = aws_calls.must_have("s3", "get_bucket_location", region=region, Bucket=copy)
        versions = aws_calls.must_have("s3", "get_bucket_versioning", region=region, Bucket=copy)
        kept = versions.get("Status") == "Enabled"
        places[copy] = location.get("LocationConstraint") if kept else "no versions are kept"
    aws_calls.must(
        region in places.values(),
        "the copies are in the failover region",
        resource=f"bucket {bucket}",
        expected=f"a bucket in {region} that keeps versions",
        found=places,
        shown_by=shown,
    )


@pytest.mark.plan("PROD-ENV-07")
@pytest.mark.severity("blocker")
@pytest.mark.needs("aws", "multi_region")
def test_failover_records(aws_calls: AwsCalls, environment: Environment) -> None:
    """GIVEN the records of the API's name
    WHEN they are read
    THEN there is a primary one with a health check, and a secondary one.
    """
    assert environment.resources is not None
    name = environment.resources.api_domain
    zone = zone_of(aws_calls, name) or "none"
    found = records(aws_calls, zone, name)
    kinds = {one.get("Failover"): one for one in found}
    primary = kinds.get("PRIMARY", {})
    watched = bool(primary.get("HealthCheckId")) or bool(
        (primary.get("AliasTarget") or {}).get("EvaluateTargetHealth")
    )
    aws_calls.must(
        {"PRIMARY", "SECONDARY"} <= set(kinds) and watched,
        "DNS fails over",
        resource=name,
        expected="a PRIMARY record whose health is watched, and a SECONDARY one",
        found=[one.get("Failover") or one["Type"] for one in found] or "no record",
        shown_by=aws_calls.line("route53", "list_resource_record_sets", HostedZoneId=zone),
    )
