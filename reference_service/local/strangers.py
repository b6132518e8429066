"""Unsigned requests to S3, answered as S3 would: by policy, ACL and public access block.

moto hands out whatever is asked for, or judges by a policy without its conditions. Here a
stranger, whose request carries no signature, gets what the bucket shows to everybody.
"""

from __future__ import annotations

import fnmatch
import ipaddress
import json
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any
from urllib.parse import parse_qs, unquote

_EVERYBODY = "http://acs.amazonaws.com/groups/global/AllUsers"
_ACTIONS = {"GET": "s3:GetObject", "HEAD": "s3:GetObject", "PUT": "s3:PutObject"}
_DENIED = b'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code></Error>'
Application = Callable[[dict[str, Any], Any], Iterable[bytes]]


@cache
def install() -> None:
    """Has moto let in whoever this module lets in: it judges policies without their conditions."""
    from moto.iam.access_control import PermissionResult
    from moto.s3.models import FakeBucket

    bucket: Any = FakeBucket
    bucket.get_permission = lambda *_: PermissionResult.PERMITTED


class Strangers:
    """A WSGI application in front of moto's that refuses what a stranger may not see."""

    def __init__(self, inner: Application, s3: Any) -> None:
        self._inner = inner
        self._s3 = s3

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if _is_signed(environ) or self._may(environ):
            return self._inner(environ, start_response)
        start_response("403 Forbidden", [("Content-Type", "application/xml")])
        return [b"" if environ["REQUEST_METHOD"] == "HEAD" else _DENIED]

    def _may(self, environ: Mapping[str, Any]) -> bool:
        bucket, _, key = unquote(environ.get("PATH_INFO", "")).lstrip("/").partition("/")
        method = environ["REQUEST_METHOD"]
        action = _ACTIONS.get(method, "") if key else {"GET": "s3:ListBucket"}.get(method, "")
        block = self._read("get_public_access_block", "PublicAccessBlockConfiguration", bucket)
        policy = self._read("get_bucket_policy", "Policy", bucket)
        wanted = f"arn:aws:s3:::{bucket}" + (f"/{key}" if key else "")
        for statement in json.loads(policy or "{}").get("Statement", []):
            if not _grants(statement, action, wanted, environ.get("REMOTE_ADDR", "")):
                continue
            if not (block or {}).get("RestrictPublicBuckets") or statement.get("Condition"):
                return True
        if (block or {}).get("IgnorePublicAcls") or method not in ("GET", "HEAD"):
            return False
        reading = {"Key": key} if key else {}
        acl = "get_object_acl" if key else "get_bucket_acl"
        grants = self._read(acl, "Grants", bucket, **reading) or []
        return any(
            grant["Grantee"].get("URI") == _EVERYBODY
            and grant["Permission"] in ("READ", "FULL_CONTROL")
            for grant in grants
        )

    def _read(self, operation: str, name: str, bucket: str, **arguments: str) -> Any:
        """What S3 has of the bucket, None where it has no such thing."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return getattr(self._s3, operation)(Bucket=bucket, **arguments).get(name)
        except (BotoCoreError, ClientError):
            return None


def _is_signed(environ: Mapping[str, Any]) -> bool:
    query = parse_qs(environ.get("QUERY_STRING", ""))
    return "HTTP_AUTHORIZATION" in environ or not query.keys().isdisjoint(
        {"X-Amz-Signature", "Signature"}
    )


def _grants(statement: Mapping[str, Any], action: str, resource: str, address: str) -> bool:
    """Whether a statement of a policy gives everybody at that address this."""
    return (
        statement["Effect"] == "Allow"
        and statement.get("Principal") in ("*", {"AWS": "*"})
        and any(fnmatch.fnmatchcase(action, one) for one in _many(statement["Action"]))
        and any(fnmatch.fnmatchcase(resource, one) for one in _many(statement["Resource"]))
        and _holds(statement.get("Condition", {}), address)
    )


def _holds(condition: Mapping[str, Any], address: str) -> bool:
    """Whether a condition holds; of conditions the stack knows addresses alone."""
    ranges = condition.get("IpAddress", {}).get("aws:SourceIp", [])
    return not condition or any(
        ipaddress.ip_address(address) in ipaddress.ip_network(one) for one in _many(ranges)
    )


def _many(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]
