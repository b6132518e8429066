"""The calls of AWS that suites and fixtures make, read off their source, as IAM knows them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
REHEARSALS = "rehearsals"  # what acts, and needs rights of its own
_SERVICES = {
    "acm": "acm",
    "apigateway": "apigateway",
    "backup": "backup",
    "ce": "ce",
    "cloudfront": "cloudfront",
    "cloudwatch": "cloudwatch",
    "cognito-idp": "cognito-idp",
    "dynamodb": "dynamodb",
    "ec2": "ec2",
    "iam": "iam",
    "kms": "kms",
    "lambda": "lambda",
    "logs": "logs",
    "route53": "route53",
    "s3": "s3",
    "sns": "sns",
    "sts": "sts",
    "xray": "xray",
}
# Where IAM's action is not called as the operation is: Service Authorization Reference.
_OTHERWISE = {
    "s3 list_objects_v2": "s3:ListBucket",
    "s3 head_object": "s3:GetObject",
    "s3 list_object_versions": "s3:ListBucketVersions",
    "s3 get_bucket_encryption": "s3:GetEncryptionConfiguration",
    "s3 get_bucket_lifecycle_configuration": "s3:GetLifecycleConfiguration",
    "s3 get_bucket_replication": "s3:GetReplicationConfiguration",
    "s3 get_public_access_block": "s3:GetBucketPublicAccessBlock",
    "s3 copy_object": "s3:GetObjectVersion",  # and PutObject, which is called as well
    "lambda invoke": "lambda:InvokeFunction",
}
_CALLS = ("ask", "must_have", "pages", "_call")  # of a service and an operation
# Files whose `_ask` is of one service.
_OF_ONE = {
    "fixtures/rehearsals/alias_switch.py": "lambda",
    "fixtures/rehearsals/image_versions.py": "s3",
    "fixtures/rehearsals/tables.py": "dynamodb",
}
# Made on a client itself, with the service that the file is about.
_DIRECT = {
    "fixtures/aws.py": ("lambda get_function_configuration", "sts get_caller_identity"),
    "fixtures/cloudwatch.py": (
        "cloudfront list_distributions",
        "cloudwatch get_metric_data",
        "cloudwatch list_metrics",
        "logs filter_log_events",
    ),
    "fixtures/products_table.py": (
        "dynamodb describe_table",
        "dynamodb get_item",
        "dynamodb query",
        "dynamodb scan",
    ),
    "fixtures/rehearsals/leftovers.py": ("s3 delete_object_version",),
    "fixtures/rehearsals/tables.py": (
        "dynamodb restore_table_from_backup",
        "dynamodb restore_table_to_point_in_time",
        # DynamoDB writes the restored table with the caller's rights ("Using IAM with DynamoDB
        # backups").
        "dynamodb batch_write_item",
        "dynamodb delete_item",
        "dynamodb put_item",
        "dynamodb update_item",
    ),
    "fixtures/security/storage.py": (
        "s3 get_bucket_policy",
        "s3 get_bucket_policy_status",
        "s3 get_bucket_website",
        "s3 get_public_access_block",
        "s3 get_object",
    ),
}


def actions(*, rehearsals: bool) -> set[str]:
    """IAM's actions for all calls of the rehearsals, or for all others."""
    found: set[str] = set()
    for folder in ("fixtures", "suites"):
        for path in (ROOT / folder).rglob("*.py"):
            acts = REHEARSALS in path.as_posix()
            if acts == rehearsals:
                found |= set(_called(path))
                found |= {
                    _action(one) for one in _DIRECT.get(path.relative_to(ROOT).as_posix(), ())
                }
    return found


def _called(path: Path) -> Iterator[str]:
    own = _OF_ONE.get(path.relative_to(ROOT).as_posix())
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        words = [str(one.value) for one in node.args if isinstance(one, ast.Constant)]
        if own and node.func.attr == "_ask" and words:
            yield _action(f"{own} {words[0]}")
        elif node.func.attr in _CALLS and len(words) >= 2 and words[0] in _SERVICES:
            yield _action(f"{words[0]} {words[1]}")


def _action(call: str) -> str:
    if call in _OTHERWISE:
        return _OTHERWISE[call]
    service, operation = call.split()
    if service == "apigateway":
        return "apigateway:GET"
    name = "".join(part.capitalize() for part in operation.split("_"))
    return f"{_SERVICES[service]}:{name}"
