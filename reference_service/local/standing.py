"""What describes the deployment and answers no request: gateway, DNS, alarms, backups, users.

Each time it is made anew, so that nothing of an earlier fault is left. Hosted zone, certificates
and domain name are what an environment brings along: the template expects them. Failover records
are production's alone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from reference_service.local import gateway, own_answers, provisioning, regions
from reference_service.local.template import CDN_ALARMS, Template

if TYPE_CHECKING:
    from reference_service.local.invocations import Invocations
    from reference_service.local.protection import Resources

CDN_REGION = "us-east-1"
_GLOBAL = "global"
_GATEWAY_ZONE = "ZLY8HYME6SFDD"  # a hosted zone of AWS's own, to which an alias leads
_CLOUDFRONT_ZONE = "Z2FDTNDATAQYW2"
_ALARMS = (
    "HighErrorRate",
    "SlowWrites",
    "SlowReads",
    "Throttling",
    "TableThrottling",
    "BucketRefusals",
    "BucketFailures",
)
_CDN_ALARMS = ("DeliveryFailures", "HitRatio")


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """The names that AWS gave: what a fault needs to change something."""

    api_domain: str
    images_domain: str
    zones: Mapping[str, str]  # domain -> hosted zone id
    certificates: Mapping[str, str]  # domain -> ARN
    api_id: str
    integration: tuple[str, str]  # resource id, method
    user_pool: str
    backup_plan: str
    topics: Mapping[str, str]  # region -> ARN
    named: Mapping[str, Any]  # what the distribution's configuration says of its own name


def stand(resources: Resources, invocations: Invocations) -> Standing:
    """Makes all of it in moto; traces are of these invocations."""
    template = resources.template
    _forget(template)
    _role(resources)
    _kept(resources)
    place = template.place
    certificates = {
        place["ApiDomain"]: _certificate(resources, place["ApiDomain"], template.region),
        place["ImagesDomain"]: _certificate(resources, place["ImagesDomain"], CDN_REGION),
    }
    api_id, integration = gateway.make(resources)
    target = gateway.map_domain(resources, api_id, certificates[place["ApiDomain"]])
    plan = _backups(resources)
    own_answers.offer(own_answers.of_account(resources, plan, invocations))
    regions.stand(resources)
    return Standing(
        api_domain=place["ApiDomain"],
        images_domain=place["ImagesDomain"],
        zones=_zones(resources, target),
        certificates=certificates,
        api_id=api_id,
        integration=integration,
        user_pool=_users(resources),
        backup_plan=plan,
        topics=_alarms(resources),
        named=_name_distribution(resources, certificates[place["ImagesDomain"]]),
    )


def _forget(template: Template) -> None:
    from moto.acm.models import acm_backends
    from moto.apigateway.models import apigateway_backends
    from moto.backup.models import backup_backends
    from moto.cloudwatch.models import cloudwatch_backends
    from moto.cognitoidp.models import cognitoidp_backends
    from moto.route53.models import route53_backends
    from moto.sns.models import sns_backends

    account: Any = template.account
    route53_backends[account][_GLOBAL].reset()
    regional: tuple[Any, ...] = (
        acm_backends,
        apigateway_backends,
        backup_backends,
        cognitoidp_backends,
        sns_backends,
    )
    for region in (template.region, CDN_REGION):
        for backends in regional:
            backends[account][region].reset()
        watch = cloudwatch_backends[account][region]
        watch.alarms.clear()
        watch.dashboards.clear()


def _role(resources: Resources) -> None:
    """The function's role may do what the template says, and no more."""
    role = resources.template.properties("HandlerRole")
    name = role["RoleName"]
    client = resources.client("iam")
    for one in client.list_attached_role_policies(RoleName=name)["AttachedPolicies"]:
        client.detach_role_policy(RoleName=name, PolicyArn=one["PolicyArn"])
    for policy in client.list_role_policies(RoleName=name)["PolicyNames"]:
        client.delete_role_policy(RoleName=name, PolicyName=policy)
    client.update_assume_role_policy(
        RoleName=name, PolicyDocument=json.dumps(role["AssumeRolePolicyDocument"])
    )
    for policy in provisioning.role_policies(resources.template):
        client.put_role_policy(RoleName=name, **policy)


def _kept(resources: Resources) -> None:
    """How long lines and versions are kept, and that the table can go back in time."""
    template = resources.template
    group = template.properties("HandlerLogs")
    resources.client("logs").put_retention_policy(
        logGroupName=group["LogGroupName"], retentionInDays=group["RetentionInDays"]
    )
    provisioning.put_lifecycle(resources.client("s3"), template.properties("ImagesBucket"))
    table = template.properties("ProductsTable")
    resources.client("dynamodb").update_continuous_backups(
        TableName=table["TableName"],
        PointInTimeRecoverySpecification=table["PointInTimeRecoverySpecification"],
    )
    resources.client("lambda").delete_function_concurrency(
        FunctionName=template.properties("HandlerFunction")["FunctionName"]
    )


def _certificate(resources: Resources, domain: str, region: str) -> str:
    from moto.acm.models import acm_backends

    client = resources.session.client("acm", region_name=region)
    arn: str = client.request_certificate(DomainName=domain, ValidationMethod="DNS")[
        "CertificateArn"
    ]
    made: Any = acm_backends[resources.template.account][region]._certificates[arn]
    made.status = "ISSUED"  # as soon as its owner has proved the domain
    return arn


def _name_distribution(resources: Resources, certificate: str) -> dict[str, Any]:
    """Has the distribution answer at the images host, as it does once it has a certificate."""
    given = resources.template.given(ImagesCertificateArn=certificate)
    config = given.properties("ImagesDistribution")["DistributionConfig"]
    viewer = config["ViewerCertificate"]
    named = {
        "Aliases": {"Quantity": len(config["Aliases"]), "Items": config["Aliases"]},
        # Two words that CloudFormation writes otherwise than the API.
        "ViewerCertificate": {
            "CloudFrontDefaultCertificate": False,
            "ACMCertificateArn": viewer["AcmCertificateArn"],
            "SSLSupportMethod": viewer["SslSupportMethod"],
            "MinimumProtocolVersion": viewer["MinimumProtocolVersion"],
        },
    }
    resources.deliver(**named)
    return named


def _zones(resources: Resources, gateway: str) -> dict[str, str]:
    place = resources.template.place
    distribution = resources.client("cloudfront").get_distribution(Id=resources.distribution_id)
    images = str(distribution["Distribution"]["DomainName"])
    return {
        place["ApiDomain"]: _zone(resources, place["ApiDomain"], gateway, _GATEWAY_ZONE),
        place["ImagesDomain"]: _zone(resources, place["ImagesDomain"], images, _CLOUDFRONT_ZONE),
    }


def _zone(resources: Resources, domain: str, target: str, of: str) -> str:
    client = resources.client("route53")
    zone = str(client.create_hosted_zone(Name=domain, CallerReference=domain)["HostedZone"]["Id"])
    record: dict[str, Any] = {
        "Name": domain,
        "Type": "A",
        "AliasTarget": {"HostedZoneId": of, "DNSName": target, "EvaluateTargetHealth": True},
    }
    records = [record]
    failover = resources.template.place["FailoverRegion"]
    if failover != "none" and of == _GATEWAY_ZONE:
        check = client.create_health_check(
            CallerReference=domain,
            HealthCheckConfig={
                "Type": "HTTPS",
                "FullyQualifiedDomainName": domain,
                "ResourcePath": "/v1.0/products/health",
            },
        )["HealthCheck"]["Id"]
        second = {
            **record["AliasTarget"],
            "DNSName": f"d-second.execute-api.{failover}.amazonaws.com",
        }
        records = [
            {**record, "SetIdentifier": "first", "Failover": "PRIMARY", "HealthCheckId": check},
            {**record, "SetIdentifier": "second", "Failover": "SECONDARY", "AliasTarget": second},
        ]
    client.change_resource_record_sets(
        HostedZoneId=zone,
        ChangeBatch={
            "Changes": [{"Action": "UPSERT", "ResourceRecordSet": one} for one in records]
        },
    )
    return zone


def _users(resources: Resources) -> str:
    pool = resources.template.properties("UserPool")
    client = resources.client("cognito-idp")
    made = str(
        client.create_user_pool(
            PoolName=pool["UserPoolName"],
            Policies=pool["Policies"],
            AdminCreateUserConfig=pool["AdminCreateUserConfig"],
        )["UserPool"]["Id"]
    )
    resources.template.references["UserPool"] = made
    client.create_user_pool_client(**resources.template.properties("UserPoolClient"))
    return made


def _backups(resources: Resources) -> str:
    template = resources.template
    client = resources.client("backup")
    client.create_backup_vault(
        BackupVaultName=template.properties("BackupVault")["BackupVaultName"]
    )
    plan = template.properties("BackupPlan")["BackupPlan"]
    rules = [
        {
            "RuleName": rule["RuleName"],
            "TargetBackupVaultName": rule["TargetBackupVault"],
            "ScheduleExpression": rule["ScheduleExpression"],
            "StartWindowMinutes": rule["StartWindowMinutes"],
            "Lifecycle": rule["Lifecycle"],
        }
        for rule in plan["BackupPlanRule"]
    ]
    made = client.create_backup_plan(
        BackupPlan={"BackupPlanName": plan["BackupPlanName"], "Rules": rules}
    )
    # What the plan's first hour left behind.
    table = template.properties("ProductsTable")["TableName"]
    resources.client("dynamodb").create_backup(TableName=table, BackupName="hourly")
    return str(made["BackupPlanId"])


def _alarms(resources: Resources) -> dict[str, str]:
    template = resources.template
    parameters = {
        "Environment": template.properties("UserPool")["UserPoolName"].removeprefix("products-"),
        "DistributionId": resources.distribution_id,
    }
    cdn = Template(parameters, CDN_ALARMS, {"Account": template.account, "Region": CDN_REGION})
    topics = {
        template.region: _topic(resources, template, template.region),
        CDN_REGION: _topic(resources, cdn, CDN_REGION),
    }
    for source, names, region in (
        (template, _ALARMS, template.region),
        (cdn, _CDN_ALARMS, CDN_REGION),
    ):
        client = resources.session.client("cloudwatch", region_name=region)
        for name in names:
            client.put_metric_alarm(**source.properties(name))
    dashboard = template.properties("Dashboard")
    body = json.dumps(json.loads(dashboard["DashboardBody"]))
    resources.client("cloudwatch").put_dashboard(
        DashboardName=dashboard["DashboardName"], DashboardBody=body
    )
    return topics


def _topic(resources: Resources, template: Template, region: str) -> str:
    """Whoever is subscribed has confirmed it: moto asks nobody."""
    properties = template.properties("AlarmTopic")
    client = resources.session.client("sns", region_name=region)
    arn = str(client.create_topic(Name=properties["TopicName"])["TopicArn"])
    template.references["AlarmTopic"] = arn
    for each in properties["Subscription"]:
        client.subscribe(TopicArn=arn, Protocol=each["Protocol"], Endpoint=each["Endpoint"])
    return arn
