"""Names, certificates and the gateway's own settings (SIT-ENV-04/05, PROD-ENV-05/06).

GIVEN the environment's two hosts
WHEN DNS and certificates are read as AWS has them
THEN each name leads to this environment, and is covered by a certificate for weeks to come.
"""

from datetime import UTC, datetime
from typing import Any

import pytest

from fixtures.aws_calls import AwsCalls
from fixtures.environment import Environment
from fixtures.readiness.distribution import delivering
from fixtures.readiness.dns import is_of, leads_to, records, zone_of
from fixtures.readiness.expected import expected

CDN_REGION = "us-east-1"


@pytest.mark.plan("SIT-ENV-04", "PROD-ENV-05")
@pytest.mark.severity("blocker")
@pytest.mark.needs("aws")
def test_hosted_zones(aws_calls: AwsCalls, environment: Environment) -> None:
    """GIVEN the hosted zones of the account
    WHEN the records of the API's and the images' name are read
    THEN there is a zone for each, and the record leads to the gateway, and to the distribution.
    """
    assert environment.resources is not None
    names = environment.resources
    domain = aws_calls.must_have("apigateway", "get_domain_name", domainName=names.api_domain)
    gateway = {str(domain.get("regionalDomainName")), str(domain.get("distributionDomainName"))}
    images = {str(one["DomainName"]) for one in delivering(aws_calls, names.images_bucket)}
    _must_lead(aws_calls, environment, names.api_domain, gateway)
    _must_lead(aws_calls, environment, names.images_domain, images)


def _must_lead(calls: AwsCalls, environment: Environment, name: str, targets: set[str]) -> None:
    zone = zone_of(calls, name)
    calls.must(
        zone is not None,
        "the name has a hosted zone",
        resource=name,
        expected="a public hosted zone of that name, or of one above it",
        found="none",
        shown_by=calls.line("route53", "list_hosted_zones"),
    )
    assert zone is not None
    assert environment.aws is not None
    second = environment.aws.failover_region if environment.capabilities.multi_region else None
    first = [one for one in records(calls, zone, name) if not is_of(one, second)]
    found = {target for one in first for target in leads_to(one)}
    calls.must(
        bool(found) and found <= {target.lower() for target in targets},
        "the name leads to this environment",
        resource=name,
        expected=f"records to {' or '.join(sorted(targets)) or 'what answers for it'} alone",
        found=sorted(found) or "no record",
        shown_by=calls.line("route53", "list_resource_record_sets", HostedZoneId=zone),
    )


def _certificate(calls: AwsCalls, arn: str, region: str | None, name: str) -> None:
    shown = calls.line("acm", "describe_certificate", region=region, CertificateArn=arn)
    found = calls.must_have("acm", "describe_certificate", region=region, CertificateArn=arn)
    certificate: dict[str, Any] = found["Certificate"]
    resource = f"certificate of {name}"
    calls.must(
        certificate.get("Status") == "ISSUED",
        "the certificate is issued",
        resource=resource,
        expected="Status ISSUED",
        found=certificate.get("Status"),
        shown_by=shown,
    )
    covered = [certificate.get("DomainName"), *certificate.get("SubjectAlternativeNames", [])]
    above = f"*.{name.partition('.')[2]}"
    calls.must(
        name in covered or above in covered,
        "the certificate is for the name",
        resource=resource,
        expected=f"{name} or {above}",
        found=covered,
        shown_by=shown,
    )
    ends: datetime = certificate.get("NotAfter", datetime.now(UTC))
    days = (ends - datetime.now(UTC)).days
    calls.must(
        days >= expected().certificates.least_days,
        "the certificate stays valid",
        resource=resource,
        expected=f"{expected().certificates.least_days} days more, at least",
        found=f"{days} days, until {ends.isoformat()}",
        shown_by=shown,
    )


@pytest.mark.plan("SIT-ENV-05", "PROD-ENV-06")
@pytest.mark.severity("blocker")
@pytest.mark.needs("aws")
def test_certificates(aws_calls: AwsCalls, environment: Environment) -> None:
    """GIVEN the API's domain name, and the distribution of images
    WHEN the certificates that they use are read
    THEN each is issued, for the name, valid for thirty days more, and in the right region.
    """
    assert environment.resources is not None
    assert environment.aws is not None
    names = environment.resources
    domain = aws_calls.must_have("apigateway", "get_domain_name", domainName=names.api_domain)
    arn = str(domain.get("regionalCertificateArn") or domain.get("certificateArn") or "")
    regional = bool(domain.get("regionalCertificateArn"))
    region = environment.aws.region if regional else CDN_REGION
    aws_calls.must(
        arn.split(":")[3:4] == [region],
        "the certificate is in the region that uses it",
        resource=f"domain name {names.api_domain}",
        expected=f"a certificate in {region}",
        found=arn or "none",
        shown_by=aws_calls.line("apigateway", "get_domain_name", domainName=names.api_domain),
    )
    _certificate(aws_calls, arn, region, names.api_domain)
    _delivered_by_name(aws_calls, names.images_bucket, names.images_domain)


def _delivered_by_name(calls: AwsCalls, bucket: str, name: str) -> None:
    """The distribution answers to the name, with a certificate for it."""
    found = delivering(calls, bucket)
    shown = calls.line("cloudfront", "list_distributions")
    above = f"*.{name.partition('.')[2]}"
    aliases = {
        str(alias): one for one in found for alias in (one.get("Aliases") or {}).get("Items") or []
    }
    named = aliases.get(name) or aliases.get(above)
    calls.must(
        named is not None,
        "the CDN answers to the images host",
        resource=f"distribution of {bucket}",
        expected=f"{name} among its aliases",
        found=sorted(aliases) or "none",
        shown_by=shown,
    )
    assert named is not None
    arn = str((named.get("ViewerCertificate") or {}).get("ACMCertificateArn") or "")
    calls.must(
        arn.split(":")[3:4] == [CDN_REGION],
        "the CDN has a certificate of its region",
        resource=f"distribution {named['Id']}",
        expected=f"a certificate of ACM in {CDN_REGION}",
        found=arn or "none of its own",
        shown_by=shown,
    )
    _certificate(calls, arn, CDN_REGION, name)


@pytest.mark.plan("SIT-DEP-03")
@pytest.mark.needs("aws")
def test_gateway(aws_calls: AwsCalls, environment: Environment) -> None:
    """GIVEN the API's domain name and the stage behind it
    WHEN its security policy, throttling and metrics are read
    THEN it speaks TLS 1.2 or newer, bounds the rate of requests, and is counted.
    """
    assert environment.resources is not None
    domain_name = environment.resources.api_domain
    domain = aws_calls.must_have("apigateway", "get_domain_name", domainName=domain_name)
    policy = str(domain.get("securityPolicy"))
    aws_calls.must(
        policy not in ("TLS_1_0", "None"),
        "the gateway refuses old TLS",
        resource=f"domain name {domain_name}",
        expected="a security policy of TLS 1.2 or newer",
        found=policy,
        shown_by=aws_calls.line("apigateway", "get_domain_name", domainName=domain_name),
    )
    mappings = aws_calls.pages(
        "apigateway", "get_base_path_mappings", "items", domainName=domain_name
    )
    base = environment.base_path.strip("/")
    mapping = next((one for one in mappings if one.get("basePath") == base), None)
    aws_calls.must(
        mapping is not None,
        "the base path is mapped",
        resource=f"domain name {domain_name}",
        expected=f"a mapping of {base}",
        found=[one.get("basePath") for one in mappings],
        shown_by=aws_calls.line("apigateway", "get_base_path_mappings", domainName=domain_name),
    )
    assert mapping is not None
    of = {"restApiId": mapping["restApiId"], "stageName": mapping["stage"]}
    stage = aws_calls.must_have("apigateway", "get_stage", **of)
    every = (stage.get("methodSettings") or {}).get("*/*") or {}
    shown = aws_calls.line("apigateway", "get_stage", **of)
    aws_calls.must(
        float(every.get("throttlingRateLimit") or -1) > 0
        and int(every.get("throttlingBurstLimit") or -1) > 0,
        "the gateway bounds the rate of requests",
        resource=f"stage {mapping['stage']}",
        expected="a rate and a burst limit for all methods",
        found=f"{every.get('throttlingRateLimit')} a second, {every.get('throttlingBurstLimit')}",
        shown_by=shown,
    )
    aws_calls.must(
        every.get("metricsEnabled") is True,
        "the gateway counts by method",
        resource=f"stage {mapping['stage']}",
        expected="metrics for all methods",
        found=every.get("metricsEnabled"),
        shown_by=shown,
    )
