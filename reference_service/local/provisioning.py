"""Makes the template's resources in moto, through boto3.

moto's CloudFormation knows neither aliases nor distributions and brings a linter
with it; each resource is created from the template's own properties instead.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reference_service.local.protection import TABLES, Resources

if TYPE_CHECKING:
    import boto3

    from reference_service.local.template import Template

EARLIER_BUILD = "0.9.0"
_HANDLERS = Path(__file__).parent.parent / "handlers"


def fill_in(template: Template) -> None:
    """Tells the template what AWS would call the resources that others refer to."""
    account, region = template.account, template.region
    for table in TABLES:
        name = template.properties(table)["TableName"]
        template.attributes[f"{table}.Arn"] = f"arn:aws:dynamodb:{region}:{account}:table/{name}"
    bucket = template.properties("ImagesBucket")["BucketName"]
    template.attributes.update(
        {
            "ImagesBucket.Arn": f"arn:aws:s3:::{bucket}",
            "ImagesDistribution.DomainName": "images.invalid",
        }
    )
    # As if named by its ARN, which is what Ref gives for a secret.
    template.references["CursorKey"] = (
        f"arn:aws:secretsmanager:{region}:{account}:secret:product-handler/cursor-key"
    )
    # The role's policies name the parts above: only its name is asked for here.
    role = template.properties("HandlerRole")["RoleName"]
    template.attributes["HandlerRole.Arn"] = f"arn:aws:iam::{account}:role/{role}"


def make_stores(session: boto3.Session, template: Template) -> None:
    """The tables and the bucket: all that answering requests takes."""
    dynamodb = session.client("dynamodb")
    for table in TABLES:
        _make_table(dynamodb, template.properties(table))
    _make_bucket(session.client("s3"), template.properties("ImagesBucket"), template.region)


def make_function(session: boto3.Session, template: Template) -> None:
    """Role, log group, function, version and alias: what describes the deployment."""
    role = template.properties("HandlerRole")
    iam = session.client("iam")
    iam.create_role(
        RoleName=role["RoleName"],
        AssumeRolePolicyDocument=json.dumps(role["AssumeRolePolicyDocument"]),
    )
    for policy in role_policies(template):
        iam.put_role_policy(RoleName=role["RoleName"], **policy)
    group = template.properties("HandlerLogs")
    logs = session.client("logs")
    logs.create_log_group(logGroupName=group["LogGroupName"])
    logs.put_retention_policy(
        logGroupName=group["LogGroupName"], retentionInDays=group["RetentionInDays"]
    )
    functions = session.client("lambda")
    function = template.properties("HandlerFunction")
    _publish_earlier(functions, function)
    functions.update_function_code(FunctionName=function["FunctionName"], ZipFile=_code(function))
    functions.update_function_configuration(
        FunctionName=function["FunctionName"], Environment=function["Environment"]
    )
    version = functions.publish_version(
        FunctionName=function["FunctionName"],
        Description=template.properties("HandlerVersion")["Description"],
    )
    template.attributes["HandlerVersion.Version"] = version["Version"]
    alias = template.properties("LiveAlias")
    functions.create_alias(
        FunctionName=function["FunctionName"],
        FunctionVersion=alias["FunctionVersion"],
        Name=alias["Name"],
    )


def _publish_earlier(functions: Any, function: Mapping[str, Any]) -> None:
    """The build before this one, so that there is a version to roll back to."""
    variables = {**function["Environment"]["Variables"], "SERVICE_VERSION": EARLIER_BUILD}
    earlier = {**function, "Environment": {"Variables": variables}}
    functions.create_function(**{**earlier, "Code": {"ZipFile": _code(earlier)}})
    functions.publish_version(FunctionName=function["FunctionName"], Description=EARLIER_BUILD)


def make_distribution(session: boto3.Session, template: Template) -> Resources:
    """The images distribution; the edge itself stands beside moto."""
    client: Any = session.client("cloudfront")
    access = client.create_origin_access_control(
        OriginAccessControlConfig=template.properties("ImagesAccess")["OriginAccessControlConfig"]
    )
    bucket = template.properties("ImagesBucket")["BucketName"]
    template.attributes.update(
        {
            "ImagesBucket.RegionalDomainName": f"{bucket}.s3.{template.region}.amazonaws.com",
            "ImagesAccess.Id": access["OriginAccessControl"]["Id"],
        }
    )
    template.references.update({"ImagesCaching": "local", "ImagesHeaders": "local"})
    config = template.properties("ImagesDistribution")["DistributionConfig"]
    behaviour = config["DefaultCacheBehavior"]
    methods = {
        "Quantity": len(behaviour["AllowedMethods"]),
        "Items": behaviour["AllowedMethods"],
        # Where CloudFormation has two lists beside each other, the API has one in the other.
        "CachedMethods": {
            "Quantity": len(behaviour["CachedMethods"]),
            "Items": behaviour["CachedMethods"],
        },
    }
    behaviour = {name: value for name, value in behaviour.items() if name != "CachedMethods"}
    given = {
        **config,
        "CallerReference": bucket,
        "DefaultCacheBehavior": {**behaviour, "AllowedMethods": methods},
        "Origins": {"Quantity": len(config["Origins"]), "Items": config["Origins"]},
    }
    made = client.create_distribution(DistributionConfig=given)["Distribution"]["Id"]
    template.references["ImagesDistribution"] = made
    return Resources(
        session=session, template=template, distribution=given, distribution_id=str(made)
    )


def edge_ttl(template: Template) -> int:
    """Seconds for which the images edge may answer without asking the bucket."""
    policy = template.properties("ImagesCaching")["CachePolicyConfig"]
    return int(policy["MaxTTL"])


def _make_table(client: Any, properties: Mapping[str, Any]) -> None:
    name = properties["TableName"]
    # What CreateTable does not take, calls of their own do.
    own = ("PointInTimeRecoverySpecification", "SSESpecification", "TimeToLiveSpecification")
    settings = {key: value for key, value in properties.items() if key not in own}
    encryption = properties["SSESpecification"]
    client.create_table(
        **{
            **settings,
            "DeletionProtectionEnabled": settings["DeletionProtectionEnabled"] == "true",
            "SSESpecification": {"Enabled": encryption["SSEEnabled"]},
        }
    )
    if recovery := properties.get("PointInTimeRecoverySpecification"):
        client.update_continuous_backups(TableName=name, PointInTimeRecoverySpecification=recovery)
    if lifetime := properties.get("TimeToLiveSpecification"):
        client.update_time_to_live(TableName=name, TimeToLiveSpecification=lifetime)


def _make_bucket(client: Any, properties: Mapping[str, Any], region: str) -> None:
    name = properties["BucketName"]
    client.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": region})
    client.put_bucket_versioning(
        Bucket=name, VersioningConfiguration=properties["VersioningConfiguration"]
    )
    rules = [
        {"ApplyServerSideEncryptionByDefault": rule["ServerSideEncryptionByDefault"]}
        for rule in properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    ]
    client.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={"Rules": rules})
    client.put_public_access_block(
        Bucket=name,
        PublicAccessBlockConfiguration=properties["PublicAccessBlockConfiguration"],
    )
    client.put_bucket_ownership_controls(
        Bucket=name, OwnershipControls=properties["OwnershipControls"]
    )
    put_lifecycle(client, properties)


def role_policies(template: Template) -> list[dict[str, str]]:
    """The inline policies of the function's role, as PutRolePolicy takes them."""
    return [
        {
            "PolicyName": policy["PolicyName"],
            "PolicyDocument": json.dumps(policy["PolicyDocument"]),
        }
        for policy in template.properties("HandlerRole")["Policies"]
    ]


def put_lifecycle(client: Any, properties: Mapping[str, Any]) -> None:
    """Has the bucket keep its objects for as long as its properties say."""
    rules = [_lifecycle(one) for one in properties["LifecycleConfiguration"]["Rules"]]
    client.put_bucket_lifecycle_configuration(
        Bucket=properties["BucketName"], LifecycleConfiguration={"Rules": rules}
    )


def _lifecycle(rule: Mapping[str, Any]) -> dict[str, Any]:
    """A rule as the API has it, which calls some of it otherwise than CloudFormation."""
    return {
        "ID": rule["Id"],
        "Status": rule["Status"],
        "Filter": {"Prefix": ""},
        "NoncurrentVersionExpiration": rule["NoncurrentVersionExpiration"],
        "AbortIncompleteMultipartUpload": rule["AbortIncompleteMultipartUpload"],
    }


def _code(function: Mapping[str, Any]) -> bytes:
    """The handlers as a zip, the same bytes for the same sources and version."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(_HANDLERS.glob("*.py")):
            archive.writestr(
                zipfile.ZipInfo(f"reference_service/handlers/{path.name}"), path.read_bytes()
            )
        version = function["Environment"]["Variables"]["SERVICE_VERSION"]
        archive.writestr(zipfile.ZipInfo("VERSION"), version)
    return packed.getvalue()
