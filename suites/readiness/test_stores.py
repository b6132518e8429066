"""The table, its backups, the bucket and the distribution (SIT-INFRA, SIT-DEP, PROD-DATA).

GIVEN the stores that the environment file names
WHEN AWS describes them
THEN they are what the plan wants, protected, and can be restored.
"""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fixtures.aws_calls import AwsCalls
from fixtures.environment import Environment
from fixtures.readiness.data import problems_of
from fixtures.readiness.distribution import delivering
from fixtures.readiness.documents import as_document
from fixtures.readiness.expected import expected
from fixtures.recording import DocumentEvidence

BLOCKS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")


def _table(calls: AwsCalls, environment: Environment) -> tuple[dict[str, Any], str, str]:
    """The table's description, its name in words, and the line that shows it."""
    assert environment.resources is not None
    name = environment.resources.products_table
    found = calls.must_have("dynamodb", "describe_table", TableName=name)["Table"]
    return found, f"table {name}", calls.line("dynamodb", "describe_table", TableName=name)


@pytest.mark.plan("SIT-INFRA-01", "SIT-INFRA-02", "SIT-DEP-01")
@pytest.mark.severity("blocker")
@pytest.mark.needs("aws")
def test_table_schema(aws_calls: AwsCalls, environment: Environment) -> None:
    """GIVEN the products table
    WHEN its keys and indexes are read
    THEN it is active, with the keys and the three indexes of the plan, all projected whole.
    """
    table, resource, shown = _table(aws_calls, environment)
    aws_calls.must(
        table.get("TableStatus") == "ACTIVE",
        "the table is active",
        resource=resource,
        expected="ACTIVE",
        found=table.get("TableStatus"),
        shown_by=shown,
    )
    types = {one["AttributeName"]: one["AttributeType"] for one in table["AttributeDefinitions"]}

    def keys(schema: list[dict[str, str]]) -> list[str]:
        ordered = sorted(schema, key=lambda one: one["KeyType"] != "HASH")
        return [f"{one['AttributeName']}:{types.get(one['AttributeName'])}" for one in ordered]

    wanted = expected().table
    aws_calls.must(
        keys(table["KeySchema"]) == list(wanted.key),
        "the table has its key",
        resource=resource,
        expected=list(wanted.key),
        found=keys(table["KeySchema"]),
        shown_by=shown,
    )
    indexes = {one["IndexName"]: one for one in table.get("GlobalSecondaryIndexes", [])}
    assert environment.resources is not None
    for name in environment.resources.indexes:
        index = indexes.get(name)
        aws_calls.must(
            index is not None and index.get("IndexStatus") == "ACTIVE",
            "the plan's indexes are there",
            resource=f"{resource}, index {name}",
            expected="ACTIVE",
            found="none" if index is None else index.get("IndexStatus"),
            shown_by=shown,
        )
        assert index is not None
        aws_calls.must(
            keys(index["KeySchema"]) == list(wanted.indexes.get(name, ())),
            "each index has its keys",
            resource=f"{resource}, index {name}",
            expected=list(wanted.indexes.get(name, ())),
            found=keys(index["KeySchema"]),
            shown_by=shown,
        )
        projected = (index.get("Projection") or {}).get("ProjectionType")
        aws_calls.must(
            projected == "ALL",
            "each index holds the whole product",
            resource=f"{resource}, index {name}",
            expected="ProjectionType ALL",
            found=projected,
            shown_by=shown,
        )


@pytest.mark.plan("SIT-INFRA-01", "PROD-DATA-04")
@pytest.mark.severity("blocker")
@pytest.mark.needs("aws")
def test_table_protection(aws_calls: AwsCalls, environment: Environment) -> None:
    """GIVEN the products table
    WHEN billing, deletion protection, encryption and recovery are read
    THEN it is on demand, cannot be deleted by mistake, is encrypted, and can go back in time.
    """
    table, resource, shown = _table(aws_calls, environment)
    billing = (table.get("BillingModeSummary") or {}).get("BillingMode", "PROVISIONED")
    for expectation, holds, wanted, found in (
        ("the table is on demand", billing == "PAY_PER_REQUEST", "PAY_PER_REQUEST", billing),
        (
            "the table refuses to be deleted",
            table.get("DeletionProtectionEnabled") is True,
            "deletion protection",
            table.get("DeletionProtectionEnabled"),
        ),
        (
            "the table is encrypted with a key",
            (table.get("SSEDescription") or {}).get("Status") in ("ENABLED", "UPDATING"),
            "SSE enabled",
            table.get("SSEDescription"),
        ),
    ):
        aws_calls.must(
            holds, expectation, resource=resource, expected=wanted, found=found, shown_by=shown
        )
    name = str(table["TableName"])
    backups = aws_calls.must_have("dynamodb", "describe_continuous_backups", TableName=name)
    recovery = backups["ContinuousBackupsDescription"].get("PointInTimeRecoveryDescription", {})
    aws_calls.must(
        recovery.get("PointInTimeRecoveryStatus") == "ENABLED",
        "the table can be restored to a point in time",
        resource=resource,
        expected="point-in-time recovery ENABLED",
        found=recovery.get("PointInTimeRecoveryStatus"),
        shown_by=aws_calls.line("dynamodb", "describe_continuous_backups", TableName=name),
    )


@pytest.mark.plan("PROD-DATA-01", "PROD-PRE-03", "PROD-PRE-04", "PROD-DATA-05")
@pytest.mark.severity("blocker")
@pytest.mark.needs("aws")
def test_backups(aws_calls: AwsCalls, environment: Environment) -> None:
    """GIVEN the backups that the plan asks for
    WHEN the latest one and the backup plans are read
    THEN the latest is no older than the plan says, and one is made of the table every hour.
    """
    table, resource, _ = _table(aws_calls, environment)
    name, arn = str(table["TableName"]), str(table["TableArn"])
    listed = aws_calls.pages(
        "dynamodb", "list_backups", "BackupSummaries", TableName=name, BackupType="ALL"
    )
    made = [
        one["BackupCreationDateTime"] for one in listed if one.get("BackupStatus") == "AVAILABLE"
    ]
    latest = max(made, default=None)
    oldest = timedelta(hours=expected().backups.oldest_hours)
    aws_calls.must(
        latest is not None and datetime.now(UTC) - latest <= oldest,
        "the latest backup is young enough",
        resource=resource,
        expected=f"an available backup of the last {expected().backups.oldest_hours} hours",
        found=latest.isoformat() if latest else "none",
        shown_by=aws_calls.line("dynamodb", "list_backups", TableName=name, BackupType="ALL"),
    )
    hourly = False
    seen: list[str] = []
    for plan in aws_calls.pages("backup", "list_backup_plans", "BackupPlansList"):
        of = str(plan["BackupPlanId"])
        rules = aws_calls.must_have("backup", "get_backup_plan", BackupPlanId=of)["BackupPlan"][
            "Rules"
        ]
        schedules = [str(one.get("ScheduleExpression")) for one in rules]
        seen += schedules
        if any(_every_hour(one) for one in schedules) and _selected(aws_calls, of, arn):
            hourly = True
    aws_calls.must(
        hourly,
        "the table is backed up every hour",
        resource=resource,
        expected="a backup plan with an hourly rule that selects the table",
        found=seen or "no backup plan",
        shown_by=aws_calls.line("backup", "list_backup_plans"),
    )


def _every_hour(schedule: str) -> bool:
    fields = schedule.removeprefix("cron(").removesuffix(")").split()
    hours = fields[1:2]
    return schedule in ("rate(1 hour)", "rate(60 minutes)") or hours in (["*"], ["*/1"], ["0/1"])


def _selected(calls: AwsCalls, plan: str, arn: str) -> bool:
    chosen = calls.pages(
        "backup", "list_backup_selections", "BackupSelectionsList", BackupPlanId=plan
    )
    for one in chosen:
        selection = calls.must_have(
            "backup", "get_backup_selection", BackupPlanId=plan, SelectionId=one["SelectionId"]
        )["BackupSelection"]
        for pattern in selection.get("Resources", []):
            if pattern in ("*", arn) or (pattern.endswith("*") and arn.startswith(pattern[:-1])):
                return True
    return False


@pytest.mark.plan(
    "SIT-INFRA-03", "SIT-DEP-02", "SIT-VERIFY-04", "PROD-DATA-07", "PROD-PRE-05", "SIT-APPROVAL-03",
)  # fmt: skip
@pytest.mark.severity("blocker")
@pytest.mark.needs("aws")
def test_bucket(aws_calls: AwsCalls, environment: Environment, evidence: DocumentEvidence) -> None:
    """GIVEN the images bucket
    WHEN region, versioning, public access block, encryption, policy and lifecycle are read
    THEN it stands in the region, keeps versions, is closed, encrypted, and wants TLS.
    """
    assert environment.resources is not None
    assert environment.aws is not None
    bucket = environment.resources.images_bucket
    resource = f"bucket {bucket}"

    def shown(operation: str) -> str:
        return aws_calls.line("s3", operation, Bucket=bucket)

    place = aws_calls.must_have("s3", "get_bucket_location", Bucket=bucket)
    region = place.get("LocationConstraint") or "us-east-1"
    aws_calls.must(
        region == environment.aws.region,
        "the bucket is in the region",
        resource=resource,
        expected=environment.aws.region,
        found=region,
        shown_by=shown("get_bucket_location"),
    )
    versioning = aws_calls.must_have("s3", "get_bucket_versioning", Bucket=bucket).get("Status")
    aws_calls.must(
        versioning == "Enabled",
        "the bucket keeps versions",
        resource=resource,
        expected="versioning Enabled",
        found=versioning or "never enabled",
        shown_by=shown("get_bucket_versioning"),
    )
    block = aws_calls.ask(
        "s3",
        "get_public_access_block",
        Bucket=bucket,
        absent=("NoSuchPublicAccessBlockConfiguration",),
    )
    settings = (block or {}).get("PublicAccessBlockConfiguration", {})
    off = [name for name in BLOCKS if settings.get(name) is not True]
    aws_calls.must(
        not off,
        "public access is blocked in all four ways",
        resource=resource,
        expected=list(BLOCKS),
        found=f"off: {off}",
        shown_by=shown("get_public_access_block"),
    )
    encryption = aws_calls.ask(
        "s3",
        "get_bucket_encryption",
        Bucket=bucket,
        absent=("ServerSideEncryptionConfigurationNotFoundError",),
    )
    aws_calls.must(
        encryption is not None,
        "the bucket encrypts what it is given",
        resource=resource,
        expected="a default encryption",
        found="none",
        shown_by=shown("get_bucket_encryption"),
    )
    policy = aws_calls.ask("s3", "get_bucket_policy", Bucket=bucket, absent=("NoSuchBucketPolicy",))
    said = json.loads((policy or {}).get("Policy", "{}"))
    evidence.keep_document(f"bucket policy of {bucket}", as_document(said))
    aws_calls.must(
        _wants_tls(said),
        "the bucket refuses what comes without TLS",
        resource=resource,
        expected='a Deny where aws:SecureTransport is "false"',
        found="no such statement",
        shown_by=shown("get_bucket_policy"),
    )
    lifecycle = aws_calls.ask(
        "s3",
        "get_bucket_lifecycle_configuration",
        Bucket=bucket,
        absent=("NoSuchLifecycleConfiguration",),
    )
    rules = [one for one in (lifecycle or {}).get("Rules", []) if one.get("Status") == "Enabled"]
    aws_calls.must(
        any(one.get("NoncurrentVersionExpiration") for one in rules),
        "old versions do not stay for ever",
        resource=resource,
        expected="a rule that lets noncurrent versions expire",
        found=[one.get("ID") for one in rules] or "no rule",
        shown_by=shown("get_bucket_lifecycle_configuration"),
    )


def _wants_tls(policy: dict[str, Any]) -> bool:
    statements = policy.get("Statement", [])
    for one in statements if isinstance(statements, list) else [statements]:
        asked = ((one.get("Condition") or {}).get("Bool") or {}).get("aws:SecureTransport")
        everybody = one.get("Principal") in ("*", {"AWS": "*"})
        if one.get("Effect") == "Deny" and everybody and str(asked).lower() == "false":
            return True
    return False


@pytest.mark.plan("SIT-INFRA-04", "SIT-VERIFY-05", "SIT-APPROVAL-04")
@pytest.mark.severity("blocker")
@pytest.mark.needs("aws")
def test_distribution(
    aws_calls: AwsCalls, environment: Environment, evidence: DocumentEvidence
) -> None:
    """GIVEN the distribution in front of the images bucket
    WHEN its state and configuration are read
    THEN it is deployed and enabled, speaks HTTPS, is let in alone, and keeps what it delivers.
    """
    assert environment.resources is not None
    bucket = environment.resources.images_bucket
    ids = [str(one["Id"]) for one in delivering(aws_calls, bucket)]
    aws_calls.must(
        len(ids) == 1,
        "one distribution delivers the bucket",
        resource=f"bucket {bucket}",
        expected="one distribution with it as an origin",
        found=ids or "none",
        shown_by=aws_calls.line("cloudfront", "list_distributions"),
    )
    found = aws_calls.must_have("cloudfront", "get_distribution", Id=ids[0])["Distribution"]
    shown = aws_calls.line("cloudfront", "get_distribution", Id=ids[0])
    config = found["DistributionConfig"]
    evidence.keep_document(f"configuration of distribution {ids[0]}", as_document(config))
    behaviours = [
        config["DefaultCacheBehavior"],
        *((config.get("CacheBehaviors") or {}).get("Items") or []),
    ]
    policies = sorted({str(one.get("ViewerProtocolPolicy")) for one in behaviours})
    access = [
        str(origin.get("OriginAccessControlId") or "")
        for origin in config["Origins"]["Items"]
        if str(origin["DomainName"]).startswith(f"{bucket}.s3")
    ]
    state = (found.get("Status"), config.get("Enabled"))
    for expectation, holds, wanted, came in (
        (
            "the distribution is deployed and enabled",
            state == ("Deployed", True),
            "Deployed, enabled",
            state,
        ),
        (
            "the distribution speaks HTTPS alone",
            set(policies) <= {"redirect-to-https", "https-only"},
            "redirect-to-https or https-only, everywhere",
            policies,
        ),
        (
            "the distribution asks the bucket as itself",
            bool(access) and all(access),
            "an origin access control",
            access,
        ),
        (
            "the distribution has a cache policy",
            all(one.get("CachePolicyId") for one in behaviours),
            "a cache policy, everywhere",
            [one.get("CachePolicyId") for one in behaviours],
        ),
    ):
        aws_calls.must(
            holds,
            expectation,
            resource=f"distribution {ids[0]}",
            expected=wanted,
            found=came,
            shown_by=shown,
        )


@pytest.mark.plan("PROD-DATA-03")
@pytest.mark.needs("aws")
def test_data(aws_calls: AwsCalls, environment: Environment) -> None:
    """GIVEN the products in the table
    WHEN some are read from it and from its indexes
    THEN each has what the contract demands, no sku is there twice, and the indexes hold them.
    """
    table, resource, shown = _table(aws_calls, environment)
    problems = problems_of(aws_calls, table, expected().data.sample)
    aws_calls.must(
        not problems,
        "the data are valid",
        resource=resource,
        expected="products as the contract has them, in table and indexes alike",
        found=problems[:5],
        shown_by=shown.replace("describe-table", "scan"),
    )
