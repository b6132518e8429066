"""Faults in where a deployment stands: account, names, certificates, gateway, second region."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from reference_service.faults.fault import Fault, faults
from reference_service.faults.spoiling import Spoil, function_told, spoiling, table_told
from reference_service.faults.wrapping import answer, body
from reference_service.local import gateway, regions, tampering
from reference_service.local.protection import Resources
from reference_service.local.standing import CDN_REGION

_ELSEWHERE = "arn:aws:apigateway:{region}:lambda:path/2015-03-31/functions/{function}/invocations"


def _table_elsewhere(table: dict[str, Any]) -> None:
    table["TableArn"] = table["TableArn"].replace("eu-west-1", "us-west-2")


def _remap(resources: Resources) -> None:
    from moto.apigateway.models import apigateway_backends

    backend: Any = apigateway_backends[resources.template.account][resources.template.region]
    (mapping,) = backend.base_path_mappings[resources.stands.api_domain].values()
    mapping.rest_api_id = "another123"


def _unmap(resources: Resources) -> None:
    client, domain = resources.client("apigateway"), resources.stands.api_domain
    client.delete_base_path_mapping(domainName=domain, basePath="v1.0")


def _integrate(function: str) -> Spoil:
    """The stage runs a deployment that invokes another function, or the same without its alias.

    What the API itself tells is right: it was put right and not deployed.
    """

    def spoil(resources: Resources) -> None:
        template, stands = resources.template, resources.stands
        client = resources.client("apigateway")
        name = template.properties("HandlerFunction")["FunctionName"]
        arn = f"arn:aws:lambda:{template.region}:{template.account}:function:"
        there: dict[str, Any] = {
            "restApiId": stands.api_id,
            "resourceId": stands.integration[0],
            "httpMethod": stands.integration[1],
        }
        right = client.get_integration(**there)["uri"]
        wrong = _ELSEWHERE.format(region=template.region, function=arn + function.format(name=name))
        how = {"type": "AWS_PROXY", "integrationHttpMethod": "POST"}
        client.put_integration(**there, **how, uri=wrong)
        made = gateway.deploy(resources, stands.api_id)
        _stage("/deploymentId", made)(resources)
        client.put_integration(**there, **how, uri=right)

    return spoil


def _told(owner: str, **more: Any) -> Spoil:
    """API Gateway tells more of a stage, or of a domain name, than moto knows of."""

    def spoil(_: Resources) -> None:
        from moto.apigateway import models

        def make(inner: Any) -> Any:
            return lambda self: {**inner(self), **more}

        tampering.replace(getattr(models, owner), "to_json", make)

    return spoil


def _another_build(health: dict[str, Any]) -> None:
    health["version"] = "9.9.9"


def _drop_zone(resources: Resources) -> None:
    client = resources.client("route53")
    zone = resources.stands.zones[resources.stands.api_domain]
    records = client.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
    client.change_resource_record_sets(
        HostedZoneId=zone,
        ChangeBatch={
            "Changes": [
                {"Action": "DELETE", "ResourceRecordSet": one}
                for one in records
                if one["Type"] == "A"
            ]
        },
    )
    client.delete_hosted_zone(Id=zone)


def _point(domain: str, to: str) -> Spoil:
    """The record of one of the two hosts leads elsewhere."""

    def spoil(resources: Resources) -> None:
        name = getattr(resources.stands, domain)
        client = resources.client("route53")
        zone = resources.stands.zones[name]
        for one in client.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]:
            if one["Type"] == "A":
                changed = {**one, "AliasTarget": {**one["AliasTarget"], "DNSName": to}}
                client.change_resource_record_sets(
                    HostedZoneId=zone,
                    ChangeBatch={"Changes": [{"Action": "UPSERT", "ResourceRecordSet": changed}]},
                )

    return spoil


def _point_too(resources: Resources) -> None:
    name = resources.stands.api_domain
    target = {
        "HostedZoneId": "ZLY8HYME6SFDD",
        "DNSName": "d-other.execute-api.eu-west-1.amazonaws.com",
        "EvaluateTargetHealth": False,
    }
    record: dict[str, Any] = {"Name": name, "Type": "AAAA", "AliasTarget": target}
    resources.client("route53").change_resource_record_sets(
        HostedZoneId=resources.stands.zones[name],
        ChangeBatch={"Changes": [{"Action": "CREATE", "ResourceRecordSet": record}]},
    )


def _without_second(resources: Resources) -> None:
    client = resources.client("route53")
    zone = resources.stands.zones[resources.stands.api_domain]
    for one in client.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]:
        if one.get("Failover") == "SECONDARY":
            client.change_resource_record_sets(
                HostedZoneId=zone,
                ChangeBatch={"Changes": [{"Action": "DELETE", "ResourceRecordSet": one}]},
            )


def _certificate(domain: str, **changed: Any) -> Spoil:
    """The certificate of one of the two hosts, changed in moto."""

    def spoil(resources: Resources) -> None:
        from moto.acm.models import acm_backends

        arn = resources.stands.certificates[getattr(resources.stands, domain)]
        backend: Any = acm_backends[resources.template.account][arn.split(":")[3]]
        for name, value in changed.items():
            setattr(backend._certificates[arn], name, value)

    return spoil


def _ends_soon(resources: Resources) -> None:
    from moto.acm.models import CertBundle

    def make(inner: Any) -> Any:
        def told(self: Any) -> Any:
            found = inner(self)
            soon = datetime.now(UTC) + timedelta(days=10)
            found["Certificate"]["NotAfter"] = soon.timestamp()
            return found

        return told

    tampering.replace(CertBundle, "describe", make)


def _certificate_elsewhere(resources: Resources) -> None:
    from moto.apigateway.models import apigateway_backends

    backend: Any = apigateway_backends[resources.template.account][resources.template.region]
    domain = backend.domain_names[resources.stands.api_domain]
    domain.regional_certificate_arn = resources.stands.certificates[resources.stands.images_domain]


def _certified_otherwise(resources: Resources) -> None:
    client = resources.client("acm", CDN_REGION)
    arn = client.request_certificate(DomainName="images.example.com")["CertificateArn"]
    _issue(resources, arn)
    viewer = {**resources.distribution["ViewerCertificate"], "ACMCertificateArn": arn}
    resources.deliver(ViewerCertificate=viewer)


def _issue(resources: Resources, arn: str) -> None:
    from moto.acm.models import acm_backends

    made: Any = acm_backends[resources.template.account][arn.split(":")[3]]._certificates[arn]
    made.status = "ISSUED"


def _no_cdn_certificate(resources: Resources) -> None:
    resources.deliver(ViewerCertificate={"CloudFrontDefaultCertificate": True})


def _unnamed(resources: Resources) -> None:
    resources.deliver(Aliases={"Quantity": 0})


def _old_tls(resources: Resources) -> None:
    from moto.apigateway.models import apigateway_backends

    backend: Any = apigateway_backends[resources.template.account][resources.template.region]
    backend.domain_names[resources.stands.api_domain].security_policy = "TLS_1_0"


def _stage(path: str, value: str) -> Spoil:
    def spoil(resources: Resources) -> None:
        resources.client("apigateway").update_stage(
            restApiId=resources.stands.api_id,
            stageName="live",
            patchOperations=[{"op": "replace", "path": path, "value": value}],
        )

    return spoil


def _replica(status: str | None) -> Spoil:
    def spoil(resources: Resources) -> None:
        name = resources.template.properties("ProductsTable")["TableName"]
        if status is None:
            regions.replicas.pop(name)
        else:
            regions.replicas[name][0]["ReplicaStatus"] = status

    return spoil


def _not_replicated(resources: Resources) -> None:
    (rule,) = regions.rules(resources)["Rules"]
    resources.client("s3").put_bucket_replication(
        Bucket=resources.bucket,
        ReplicationConfiguration={
            **regions.rules(resources),
            "Rules": [{**rule, "Status": "Disabled"}],
        },
    )


def _copies_without_versions(resources: Resources) -> None:
    region = resources.template.place["FailoverRegion"]
    resources.client("s3", region).put_bucket_versioning(
        Bucket=regions.copies(resources), VersioningConfiguration={"Status": "Suspended"}
    )


_account = faults("resources", "readiness.account_and_region")
_failover = faults("resources", "readiness.failover_region")
_walk = faults("resources", "readiness.walk")
_dns = faults("resources", "readiness.hosted_zones")
_certificates = faults("resources", "readiness.certificates")
_gateway = faults("resources", "readiness.gateway")
_second = faults("resources", "readiness.table_replica")
_copied = faults("resources", "readiness.bucket_replication")
_failing_over = faults("resources", "readiness.failover_records")

FAULTS: tuple[Fault, ...] = (
    _account(
        "table-in-another-region",
        "it stands in the plan's account and region",
        "The products table is in another region.",
        spoiling(table_told(_table_elsewhere)),
    ),
    _account(
        "function-of-another-account",
        "it stands in the plan's account and region",
        "The function belongs to another account.",
        spoiling(
            function_told(
                FunctionArn="arn:aws:lambda:eu-west-1:999999999999:function:product-handler"
            )
        ),
    ),
    _failover(
        "nothing-in-failover-region",
        "the failover region is in use",
        "Nothing stands in the region to fail over to.",
        spoiling(_replica(None)),
    ),
    _walk(
        "mapped-to-another-api",
        "the address leads to the function",
        "The base path leads to another API.",
        spoiling(_remap),
    ),
    _walk(
        "another-function-answers",
        "the address leads to the function",
        "The stage runs an old deployment, which invokes another function.",
        spoiling(_integrate("another-handler:live")),
    ),
    _walk(
        "alias-passed-by",
        "the address leads to the function",
        "The stage invokes the function without its alias, so whatever was uploaded last.",
        spoiling(_integrate("{name}")),
    ),
    _walk(
        "routed-by-rules",
        "the address leads to the function",
        "The domain's routing rules come before its base paths.",
        spoiling(_told("DomainName", routingMode="ROUTING_RULE_THEN_BASE_PATH_MAPPING")),
    ),
    _walk(
        "stage-shares-traffic",
        "the address leads to the function",
        "A canary deployment of the stage takes a tenth of the requests.",
        spoiling(_told("Stage", canarySettings={"percentTraffic": 10.0, "deploymentId": "old"})),
    ),
    _walk(
        "health-lies-about-build",
        "health tells the build of the version behind the alias",
        "Health names another build than the one that is deployed.",
        answer("health", body(_another_build)),
    ),
    _dns(
        "zone-missing",
        "the name has a hosted zone",
        "There is no hosted zone for the API's name.",
        spoiling(_drop_zone),
    ),
    _dns(
        "api-name-elsewhere",
        "the name leads to this environment",
        "The API's name leads to another gateway.",
        spoiling(_point("api_domain", "d-other.execute-api.eu-west-1.amazonaws.com")),
    ),
    _dns(
        "images-name-elsewhere",
        "the name leads to this environment",
        "The images' name leads to another distribution.",
        spoiling(_point("images_domain", "dother.cloudfront.net")),
    ),
    _dns(
        "api-name-elsewhere-too",
        "the name leads to this environment",
        "Who asks for an IPv6 address of the API is led to another gateway.",
        spoiling(_point_too),
    ),
    _certificates(
        "certificate-ends-soon",
        "the certificate stays valid",
        "The certificates end in ten days.",
        spoiling(_ends_soon),
    ),
    _certificates(
        "certificate-pending",
        "the certificate is issued",
        "The API's certificate waits for its owner to prove the domain.",
        spoiling(_certificate("api_domain", status="PENDING_VALIDATION")),
    ),
    _certificates(
        "certificate-in-another-region",
        "the certificate is in the region that uses it",
        "The gateway is told a certificate of another region.",
        spoiling(_certificate_elsewhere),
    ),
    _certificates(
        "certificate-missing-for-cdn",
        "the CDN has a certificate of its region",
        "The distribution has CloudFront's own certificate, which is not for the images host.",
        spoiling(_no_cdn_certificate),
    ),
    _certificates(
        "certificate-for-another-name",
        "the certificate is for the name",
        "The images host has a certificate for another name.",
        spoiling(_certified_otherwise),
    ),
    _certificates(
        "images-host-unknown-to-cdn",
        "the CDN answers to the images host",
        "The images host is no alias of the distribution.",
        spoiling(_unnamed),
    ),
    _gateway(
        "gateway-takes-old-tls",
        "the gateway refuses old TLS",
        "The API's domain name takes TLS 1.0.",
        spoiling(_old_tls),
    ),
    _gateway(
        "base-path-not-mapped",
        "the base path is mapped",
        "The API's domain name has no mapping of the base path.",
        spoiling(_unmap),
    ),
    _gateway(
        "gateway-unbounded",
        "the gateway bounds the rate of requests",
        "The stage bounds no rate.",
        spoiling(_stage("/*/*/throttling/rateLimit", "-1")),
    ),
    _gateway(
        "gateway-uncounted",
        "the gateway counts by method",
        "The stage publishes no metrics by method.",
        spoiling(_stage("/*/*/metrics/enabled", "false")),
    ),
    _second(
        "replica-being-made",
        "the table has an active replica",
        "The replica of the table is being made.",
        spoiling(_replica("CREATING")),
    ),
    _copied(
        "replication-disabled",
        "images are replicated",
        "The replication of images is switched off.",
        spoiling(_not_replicated),
    ),
    _copied(
        "copies-without-versions",
        "the copies are in the failover region",
        "The bucket of copies keeps no versions.",
        spoiling(_copies_without_versions),
    ),
    _failing_over(
        "no-second-record",
        "DNS fails over",
        "DNS knows no second place to go to.",
        spoiling(_without_second),
    ),
)
