"""Faults in who gets at the images bucket, and in how the distribution is configured."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import msgspec

from reference_service.faults.fault import Fault, Wrapper, faults
from reference_service.local.protection import Resources

_OFF = dict.fromkeys(
    ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), False
)


def _resources(spoil: Callable[[Resources], None]) -> Wrapper:
    """Something else in AWS than the template says."""
    return lambda composition: msgspec.structs.replace(composition, resources=spoil)


def _block(resources: Resources, **changed: bool) -> None:
    healthy = resources.template.properties("ImagesBucket")["PublicAccessBlockConfiguration"]
    resources.client("s3").put_public_access_block(
        Bucket=resources.bucket, PublicAccessBlockConfiguration={**healthy, **changed}
    )


def _allow(resources: Resources, **statement: Any) -> None:
    """One more statement in the bucket's policy, for everybody."""
    policy = resources.template.properties("ImagesBucketPolicy")["PolicyDocument"]
    more = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{resources.bucket}/*",
        **statement,
    }
    resources.client("s3").put_bucket_policy(
        Bucket=resources.bucket,
        Policy=json.dumps({**policy, "Statement": [*policy["Statement"], more]}),
    )


def _public_policy(resources: Resources) -> None:
    _block(resources, **_OFF)
    _allow(resources)


def _public_acl(resources: Resources) -> None:
    _block(resources, **_OFF)
    s3 = resources.client("s3")
    s3.put_bucket_ownership_controls(
        Bucket=resources.bucket,
        OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerPreferred"}]},
    )
    s3.put_bucket_acl(Bucket=resources.bucket, ACL="public-read")


def _website(resources: Resources) -> None:
    resources.client("s3").put_bucket_website(
        Bucket=resources.bucket, WebsiteConfiguration={"IndexDocument": {"Suffix": "index.html"}}
    )


def _open_to_a_network(resources: Resources) -> None:
    """No policy that AWS calls public, and yet the bucket answers without the CDN."""
    _allow(resources, Condition={"IpAddress": {"aws:SourceIp": ["127.0.0.0/8"]}})


def _plain_distribution(resources: Resources) -> None:
    behaviour = resources.distribution["DefaultCacheBehavior"]
    resources.deliver(DefaultCacheBehavior={**behaviour, "ViewerProtocolPolicy": "allow-all"})


def _anonymous_distribution(resources: Resources) -> None:
    origins = [
        {name: value for name, value in origin.items() if name != "OriginAccessControlId"}
        for origin in resources.distribution["Origins"]["Items"]
    ]
    resources.deliver(Origins={"Quantity": len(origins), "Items": origins})


_access = faults("resources", "security.bucket_access")
_delivery = faults("resources", "security.delivery_by_the_cdn_alone")

FAULTS: tuple[Fault, ...] = (
    _access(
        "bucket-public-by-policy",
        "the bucket's policy opens it to nobody",
        "The images bucket's policy lets everybody read.",
        _resources(_public_policy),
    ),
    _access(
        "bucket-public-by-acl",
        "the bucket's ACL opens it to nobody",
        "The images bucket's ACL lets everybody list it.",
        _resources(_public_acl),
    ),
    _access(
        "bucket-block-off",
        "public access to the bucket is blocked in all four ways",
        "A public policy would take effect: RestrictPublicBuckets is off.",
        _resources(lambda resources: _block(resources, RestrictPublicBuckets=False)),
    ),
    _access(
        "bucket-website-on",
        "the bucket is no website",
        "The images bucket is a website.",
        _resources(_website),
    ),
    _delivery(
        "bucket-answers-a-network",
        "nothing comes from the bucket without the CDN",
        "The images bucket lets whoever is in a network read without the CDN.",
        _resources(_open_to_a_network),
    ),
    _delivery(
        "distribution-plain-http",
        "the distribution takes no plain HTTP",
        "The distribution answers plain HTTP.",
        _resources(_plain_distribution),
    ),
    _delivery(
        "distribution-without-access-control",
        "the distribution reads the bucket as itself",
        "The distribution has no origin access control.",
        _resources(_anonymous_distribution),
    ),
)
