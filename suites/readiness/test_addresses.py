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
from fixtures.readiness.dns import leads_to, zone_of
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
    distributions = aws_calls.pages("cloudfront", "list_distributions", "DistributionList.Items")
    delivering = {
        str(one["DomainName"])
        for one in distributions
        if any(
            str(origin["DomainName"]).startswith(f"{names.images_bucket}.s3")
            for origin in one["Origins"]["Items"]
        )
    }
    for name, targets in ((names.api_domain, gateway), (names.images_domain, delivering)):
        zone = zone_of(aws_calls, name)
        aws_calls.must(
            zone is not None,
            "the name has a hosted zone",
            resource=name,
            expected="a public hosted zone of that name, or of one above it",
            found="none",
            shown_by=aws_calls.line("route53", "list_hosted_zones"),
        )
        assert zone is not None
        found = leads_to(aws_calls, zone, name)
        aws_calls.must(
            bool(found) and bool(found & targets),
            "the name leads to this environment",
            resource=name,
            expected=f"a record to {' or '.join(sorted(targets)) or 'what answers for it'}",
            found=sorted(found) or "no record",
            shown_by=aws_calls.line("route53", "list_resource_record_sets", HostedZoneId=zone),
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
    """GIVEN the API's domain name, and the certificates of the CDN's region
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
    listed = aws_calls.pages(
        "acm", "list_certificates", "CertificateSummaryList", region=CDN_REGION
    )
    name = names.images_domain
    above = f"*.{name.partition('.')[2]}"
    of_images = [one for one in listed if one.get("DomainName") in (name, above)]
    aws_calls.must(
        bool(of_images),
        "the CDN's region has a certificate for the images host",
        resource=name,
        expected=f"a certificate of {name} or {above} in {CDN_REGION}",
        found=[one.get("DomainName") for one in listed[:10]],
        shown_by=aws_calls.line("acm", "list_certificates", region=CDN_REGION),
    )
    _certificate(aws_calls, str(of_images[0]["CertificateArn"]), CDN_REGION, name)


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
