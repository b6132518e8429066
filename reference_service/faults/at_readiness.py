"""Faults in how a deployment stands in AWS: what readiness checks look for."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from reference_service.faults.fault import Fault, Named, Wrapper, faults
from reference_service.faults.wrapping import answer, body
from reference_service.local import own_answers, regions, tampering
from reference_service.local.protection import Resources
from reference_service.local.standing import CDN_REGION

Spoil = Callable[[Resources], None]
_ELSEWHERE = "arn:aws:apigateway:{region}:lambda:path/2015-03-31/functions/{function}/invocations"
_EVERYTHING = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
}
_BROAD = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "dynamodb:GetItem", "Resource": "*"}],
}
_ANYBODY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}],
}


def spoiling(spoil: Spoil) -> Wrapper:
    """Something else in AWS than the template says."""
    return lambda composition: msgspec.structs.replace(composition, resources=spoil)


def _table(change: Callable[[dict[str, Any]], None]) -> Spoil:
    """What AWS tells of the products table, changed."""

    def spoil(resources: Resources) -> None:
        from moto.dynamodb.models.table import Table

        name = resources.template.properties("ProductsTable")["TableName"]

        def make(inner: Any) -> Any:
            def describe(self: Any, base_key: str = "TableDescription") -> Any:
                told = inner(self, base_key)
                if self.name == name:
                    told = copy.deepcopy(told)
                    change(told[base_key])
                return told

            return describe

        tampering.replace(Table, "describe", make)

    return spoil


def _function(**changed: Any) -> Spoil:
    """What AWS tells of the function's configuration, changed."""

    def spoil(_: Resources) -> None:
        from moto.awslambda.models import LambdaFunction

        def make(inner: Any) -> Any:
            def told(self: Any, *args: Any, **given: Any) -> Any:
                return {**inner(self, *args, **given), **changed}

            return told

        tampering.replace(LambdaFunction, "get_configuration", make)

    return spoil


def _variables(**changed: str) -> Spoil:
    """One more environment variable, or another value."""

    def spoil(_: Resources) -> None:
        from moto.awslambda.models import LambdaFunction

        def make(inner: Any) -> Any:
            def told(self: Any, *args: Any, **given: Any) -> Any:
                found = inner(self, *args, **given)
                variables = found.get("Environment", {}).get("Variables", {})
                return {**found, "Environment": {"Variables": {**variables, **changed}}}

            return told

        tampering.replace(LambdaFunction, "get_configuration", make)

    return spoil


def _change_index(number: int, **changed: Any) -> Callable[[dict[str, Any]], None]:
    def change(table: dict[str, Any]) -> None:
        table["GlobalSecondaryIndexes"][number].update(changed)

    return change


def _price_as_text(table: dict[str, Any]) -> None:
    for one in table["AttributeDefinitions"]:
        if one["AttributeName"] == "price":
            one["AttributeType"] = "S"


def _drop_index(table: dict[str, Any]) -> None:
    table["GlobalSecondaryIndexes"].pop()


def _another_key(table: dict[str, Any]) -> None:
    table["KeySchema"] = [{"AttributeName": "availability", "KeyType": "HASH"}]


def _set(**changed: Any) -> Callable[[dict[str, Any]], None]:
    return lambda table: table.update(changed)


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
    """The API invokes another function, or the same without its alias."""

    def spoil(resources: Resources) -> None:
        template, stands = resources.template, resources.stands
        name = template.properties("HandlerFunction")["FunctionName"]
        arn = f"arn:aws:lambda:{template.region}:{template.account}:function:"
        resources.client("apigateway").put_integration(
            restApiId=stands.api_id,
            resourceId=stands.integration[0],
            httpMethod=stands.integration[1],
            type="AWS_PROXY",
            integrationHttpMethod="POST",
            uri=_ELSEWHERE.format(
                region=template.region, function=arn + function.format(name=name)
            ),
        )

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


def _no_cdn_certificate(resources: Resources) -> None:
    from moto.acm.models import acm_backends

    acm_backends[resources.template.account][CDN_REGION].reset()


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


def _allow(document: dict[str, Any]) -> Spoil:
    def spoil(resources: Resources) -> None:
        resources.client("iam").put_role_policy(
            RoleName=resources.template.properties("HandlerRole")["RoleName"],
            PolicyName="more",
            PolicyDocument=json.dumps(document),
        )

    return spoil


def _administrator(resources: Resources) -> None:
    client = resources.client("iam")
    arn = (
        client.create_policy(
            PolicyName="AdministratorAccess", PolicyDocument=json.dumps(_EVERYTHING)
        )["Policy"]["Arn"]
        if not _known(client)
        else _known(client)
    )
    client.attach_role_policy(
        RoleName=resources.template.properties("HandlerRole")["RoleName"], PolicyArn=arn
    )


def _known(client: Any) -> str | None:
    for one in client.list_policies(Scope="Local")["Policies"]:
        if one["PolicyName"] == "AdministratorAccess":
            return str(one["Arn"])
    return None


def _trusts_anybody(resources: Resources) -> None:
    resources.client("iam").update_assume_role_policy(
        RoleName=resources.template.properties("HandlerRole")["RoleName"],
        PolicyDocument=json.dumps(_ANYBODY),
    )


def _shut_off(resources: Resources) -> None:
    resources.client("lambda").put_function_concurrency(
        FunctionName=resources.template.properties("HandlerFunction")["FunctionName"],
        ReservedConcurrentExecutions=0,
    )


def _offered(**changed: Any) -> Spoil:
    """One of the answers that stand beside moto."""

    def spoil(_: Resources) -> None:
        for name, value in changed.items():
            setattr(own_answers.offered(), name, value)

    return spoil


def _alias(**changed: Any) -> Spoil:
    """What AWS tells of the alias, changed."""

    def spoil(_: Resources) -> None:
        from moto.awslambda.models import LambdaAlias

        def make(inner: Any) -> Any:
            def told(self: Any) -> Any:
                return {**inner(self), **changed}

            return told

        tampering.replace(LambdaAlias, "to_json", make)

    return spoil


def _in_one_zone(resources: Resources) -> None:
    ec2 = resources.client("ec2")
    subnets = ec2.describe_subnets()["Subnets"]
    group = ec2.describe_security_groups()["SecurityGroups"][0]["GroupId"]
    _function(VpcConfig={"SubnetIds": [subnets[0]["SubnetId"]], "SecurityGroupIds": [group]})(
        resources
    )


def _kept_for_ever(resources: Resources) -> None:
    resources.client("logs").delete_retention_policy(
        logGroupName=resources.template.properties("HandlerLogs")["LogGroupName"]
    )


def _no_log_group(_: Resources) -> None:
    from moto.logs.models import LogsBackend

    def make(inner: Any) -> Any:
        def told(self: Any, *args: Any, **given: Any) -> Any:
            inner(self, *args, **given)
            return [], None

        return told

    tampering.replace(LogsBackend, "describe_log_groups", make)


def _no_pool(resources: Resources) -> None:
    resources.client("cognito-idp").delete_user_pool(UserPoolId=resources.stands.user_pool)


def _no_client(resources: Resources) -> None:
    client = resources.client("cognito-idp")
    pool = resources.stands.user_pool
    listed = client.list_user_pool_clients(UserPoolId=pool, MaxResults=60)
    for one in listed["UserPoolClients"]:
        client.delete_user_pool_client(UserPoolId=pool, ClientId=one["ClientId"])


def _no_recovery(resources: Resources) -> None:
    resources.client("dynamodb").update_continuous_backups(
        TableName=resources.template.properties("ProductsTable")["TableName"],
        PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": False},
    )


def _old_backup(_: Resources) -> None:
    from moto.dynamodb.models.table import Backup

    old = (datetime.now(UTC) - timedelta(days=2)).timestamp()

    def make(inner: Any) -> property:
        def told(self: Any) -> Any:
            return {**inner.fget(self), "BackupCreationDateTime": old}

        return property(told)

    tampering.replace_property(Backup, "summary", make)


def _no_backup(resources: Resources) -> None:
    client = resources.client("dynamodb")
    for one in client.list_backups()["BackupSummaries"]:
        client.delete_backup(BackupArn=one["BackupArn"])


def _daily(resources: Resources) -> None:
    from moto.backup.models import backup_backends

    backend: Any = backup_backends[resources.template.account][resources.template.region]
    (rule,) = backend.plans[resources.stands.backup_plan].backup_plan["Rules"]
    rule["ScheduleExpression"] = "cron(0 3 * * ? *)"


def _versioning(status: str) -> Spoil:
    def spoil(resources: Resources) -> None:
        resources.client("s3").put_bucket_versioning(
            Bucket=resources.bucket, VersioningConfiguration={"Status": status}
        )

    return spoil


def _one_block_off(resources: Resources) -> None:
    healthy = resources.template.properties("ImagesBucket")["PublicAccessBlockConfiguration"]
    resources.client("s3").put_public_access_block(
        Bucket=resources.bucket,
        PublicAccessBlockConfiguration={**healthy, "IgnorePublicAcls": False},
    )


def _plain_requests(resources: Resources) -> None:
    policy = resources.template.properties("ImagesBucketPolicy")["PolicyDocument"]
    kept = [one for one in policy["Statement"] if one["Effect"] == "Allow"]
    resources.client("s3").put_bucket_policy(
        Bucket=resources.bucket, Policy=json.dumps({**policy, "Statement": kept})
    )


def _no_lifecycle(resources: Resources) -> None:
    resources.client("s3").delete_bucket_lifecycle(Bucket=resources.bucket)


def _no_encryption(resources: Resources) -> None:
    resources.client("s3").delete_bucket_encryption(Bucket=resources.bucket)


def _delivers(**changed: Any) -> Spoil:
    return lambda resources: resources.deliver(**changed)


def _behaves(**changed: Any) -> Spoil:
    def spoil(resources: Resources) -> None:
        behaviour = {**resources.distribution["DefaultCacheBehavior"], **changed}
        resources.deliver(DefaultCacheBehavior=behaviour)

    return spoil


def _without_access(resources: Resources) -> None:
    origins = resources.distribution["Origins"]
    bare = [{**one, "OriginAccessControlId": ""} for one in origins["Items"]]
    resources.deliver(Origins={**origins, "Items": bare})


def _product(sku: str, **attributes: Any) -> Spoil:
    """One more item in the table; taken away when the fault goes."""

    def spoil(_: Resources) -> None:
        from moto.dynamodb.models import DynamoDBBackend

        def make(inner: Any) -> Any:
            def scan(self: Any, *args: Any, **given: Any) -> Any:
                from moto.dynamodb.models.dynamo_type import DynamoType, Item

                items, *rest = inner(self, *args, **given)
                known = {"product_id": {"S": f"spoilt-{sku}"}, "sku": {"S": sku}, **attributes}
                more = [Item(DynamoType(known["product_id"]), None, known) for _ in range(2)]
                return ([*items, *more], *rest)

            return scan

        tampering.replace(DynamoDBBackend, "scan", make)

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


def _of(check: str) -> Named:
    return faults("resources", f"readiness.{check}")


_account, _failover, _walk = _of("account_and_region"), _of("failover_region"), _of("walk")
_dns, _certificates, _gateway = _of("hosted_zones"), _of("certificates"), _of("gateway")
_code, _told, _role = _of("function"), _of("function_variables"), _of("execution_role")
_room, _live, _traced = _of("concurrency"), _of("live_alias"), _of("function_tracing")
_logs, _users = _of("log_group"), _of("user_pool")
_schema, _protected, _backups = _of("table_schema"), _of("table_protection"), _of("backups")
_bucket, _cdn, _data = _of("bucket"), _of("distribution"), _of("data")
_second, _copied, _failing_over = (
    _of("table_replica"),
    _of("bucket_replication"),
    _of("failover_records"),
)

FAULTS: tuple[Fault, ...] = (
    _account(
        "table-in-another-region",
        "it stands in the plan's account and region",
        "The products table is in another region.",
        spoiling(_table(_table_elsewhere)),
    ),
    _account(
        "function-of-another-account",
        "it stands in the plan's account and region",
        "The function belongs to another account.",
        spoiling(
            _function(FunctionArn="arn:aws:lambda:eu-west-1:999999999999:function:product-handler")
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
        "The API invokes another function.",
        spoiling(_integrate("another-handler:live")),
    ),
    _walk(
        "alias-passed-by",
        "the address leads to the function",
        "The API invokes the function without its alias, so whatever was uploaded last.",
        spoiling(_integrate("{name}")),
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
        "the CDN's region has a certificate for the images host",
        "There is no certificate for the images host where CloudFront looks for it.",
        spoiling(_no_cdn_certificate),
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
    _code(
        "runtime-deprecated",
        "the runtime is supported",
        "The function runs on Python 3.9.",
        spoiling(_function(Runtime="python3.9")),
    ),
    _code(
        "function-not-active",
        "the function is active",
        "The function's last update failed.",
        spoiling(_function(LastUpdateStatus="Failed")),
    ),
    _code(
        "memory-too-small",
        "the memory is what the service needs",
        "The function has 128 MB.",
        spoiling(_function(MemorySize=128)),
    ),
    _code(
        "outlives-the-gateway",
        "the function ends before the gateway gives up",
        "The function may take a minute.",
        spoiling(_function(Timeout=60)),
    ),
    _told(
        "told-another-table",
        "the function is told the environment's resources",
        "The function is told the table of another environment.",
        spoiling(_variables(TABLE_NAME="products-other")),
    ),
    _told(
        "plain-text-secret",
        "no variable holds a secret in plain text",
        "A variable of the function holds a password.",
        spoiling(_variables(DATABASE_PASSWORD="correct horse battery")),  # noqa: S106
    ),
    _role(
        "role-may-everything",
        "the role is no wider than its work",
        "The function's role may do everything.",
        spoiling(_allow(_EVERYTHING)),
    ),
    _role(
        "role-on-every-resource",
        "the role is no wider than its work",
        "The function's role may read every table.",
        spoiling(_allow(_BROAD)),
    ),
    _role(
        "role-of-an-administrator",
        "the role is no wider than its work",
        "The function's role has the managed policy AdministratorAccess.",
        spoiling(_administrator),
    ),
    _role(
        "role-for-anybody",
        "the role is no wider than its work",
        "Anybody may assume the function's role.",
        spoiling(_trusts_anybody),
    ),
    _room(
        "function-shut-off",
        "the function is not shut off",
        "No instance is reserved for the function: none may run.",
        spoiling(_shut_off),
    ),
    _room(
        "account-full",
        "there is room for instances",
        "The account may run ten instances of all functions at once.",
        spoiling(_offered(concurrency=10)),
    ),
    _live(
        "weights-left",
        "no shift of traffic is under way",
        "A tenth of the requests still goes to another version.",
        spoiling(_alias(RoutingConfig={"AdditionalVersionWeights": {"2": 0.1}})),
    ),
    _live(
        "alias-on-latest",
        "the alias leads to a published version",
        "The alias leads to whatever was uploaded last.",
        spoiling(_alias(FunctionVersion="$LATEST")),
    ),
    _traced(
        "function-not-traced",
        "the function is traced",
        "The function is traced only where its caller asks for it.",
        spoiling(_function(TracingConfig={"Mode": "PassThrough"})),
    ),
    Fault(
        name="function-in-one-zone",
        seam="resources",
        check="readiness.vpc",
        reason="the function runs in two zones",
        description="The function's subnets are in one availability zone.",
        install=spoiling(_in_one_zone),
        capability="vpc",
    ),
    _logs(
        "logs-kept-for-ever",
        "log lines are kept for a time",
        "The function's log lines are never deleted.",
        spoiling(_kept_for_ever),
    ),
    _logs(
        "log-group-missing",
        "the log group exists",
        "The function has no log group of its own.",
        spoiling(_no_log_group),
    ),
    _users(
        "user-pool-missing",
        "the user pool exists",
        "There is no user pool of that name.",
        spoiling(_no_pool),
    ),
    _users(
        "user-pool-without-client",
        "the user pool has a client",
        "Nobody can get a token from the user pool.",
        spoiling(_no_client),
    ),
    _schema(
        "index-missing",
        "the plan's indexes are there",
        "The products table lacks one of its indexes.",
        spoiling(_table(_drop_index)),
    ),
    _schema(
        "index-key-of-another-type",
        "each index has its keys",
        "Prices are texts in the index by price.",
        spoiling(_table(_price_as_text)),
    ),
    _schema(
        "index-of-keys-only",
        "each index holds the whole product",
        "The index by category holds keys only.",
        spoiling(_table(_change_index(0, Projection={"ProjectionType": "KEYS_ONLY"}))),
    ),
    _schema(
        "table-with-another-key",
        "the table has its key",
        "The products table is keyed by availability.",
        spoiling(_table(_another_key)),
    ),
    _schema(
        "table-not-active",
        "the table is active",
        "The products table is being made.",
        spoiling(_table(_set(TableStatus="CREATING"))),
    ),
    _protected(
        "table-provisioned",
        "the table is on demand",
        "The products table has a fixed capacity.",
        spoiling(_table(_set(BillingModeSummary={"BillingMode": "PROVISIONED"}))),
    ),
    _protected(
        "table-deletable",
        "the table refuses to be deleted",
        "The products table has no deletion protection.",
        spoiling(_table(_set(DeletionProtectionEnabled=False))),
    ),
    _protected(
        "table-without-a-key",
        "the table is encrypted with a key",
        "The products table is not encrypted with a key of KMS.",
        spoiling(_table(lambda table: table.pop("SSEDescription", None))),
    ),
    _protected(
        "no-point-in-time-recovery",
        "the table can be restored to a point in time",
        "Point-in-time recovery of the products table is off.",
        spoiling(_no_recovery),
    ),
    _backups(
        "backup-too-old",
        "the latest backup is young enough",
        "The latest backup of the products table is two days old.",
        spoiling(_old_backup),
    ),
    _backups(
        "no-backup",
        "the latest backup is young enough",
        "The products table was never backed up.",
        spoiling(_no_backup),
    ),
    _backups(
        "backed-up-daily",
        "the table is backed up every hour",
        "The backup plan makes a backup a day.",
        spoiling(_daily),
    ),
    _backups(
        "table-not-selected",
        "the table is backed up every hour",
        "The backup plan selects nothing.",
        spoiling(_offered(selected=False)),
    ),
    _bucket(
        "versioning-suspended",
        "the bucket keeps versions",
        "The images bucket no longer keeps versions.",
        spoiling(_versioning("Suspended")),
    ),
    _bucket(
        "one-block-off",
        "public access is blocked in all four ways",
        "One of the four public access blocks is off.",
        spoiling(_one_block_off),
    ),
    _bucket(
        "bucket-takes-plain-requests",
        "the bucket refuses what comes without TLS",
        "The bucket's policy does not demand TLS.",
        spoiling(_plain_requests),
    ),
    _bucket(
        "versions-kept-for-ever",
        "old versions do not stay for ever",
        "The images bucket has no lifecycle.",
        spoiling(_no_lifecycle),
    ),
    _bucket(
        "bucket-without-encryption",
        "the bucket encrypts what it is given",
        "The images bucket has no default encryption.",
        spoiling(_no_encryption),
    ),
    _cdn(
        "distribution-disabled",
        "the distribution is deployed and enabled",
        "The images distribution is switched off.",
        spoiling(_delivers(Enabled=False)),
    ),
    _cdn(
        "distribution-on-plain-http",
        "the distribution speaks HTTPS alone",
        "The images distribution answers plain HTTP.",
        spoiling(_behaves(ViewerProtocolPolicy="allow-all")),
    ),
    _cdn(
        "distribution-asks-as-nobody",
        "the distribution asks the bucket as itself",
        "The distribution has no origin access control.",
        spoiling(_without_access),
    ),
    _data(
        "product-without-price",
        "the data are valid",
        "A product in the table has no price.",
        spoiling(_product("A", name={"S": "n"}, category={"S": "c"}, currency={"S": "USD"})),
    ),
    _data(
        "sku-twice",
        "the data are valid",
        "Two products in the table have the same sku.",
        spoiling(
            _product(
                "B",
                name={"S": "n"},
                category={"S": "c"},
                currency={"S": "USD"},
                price={"N": "1"},
            )
        ),
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
