"""Faults in the function, its role, its logs and its users, as AWS tells of them."""

from __future__ import annotations

import json
from typing import Any

from reference_service.faults.fault import Fault, faults
from reference_service.faults.spoiling import Spoil, function_told, offering, spoiling
from reference_service.local import tampering
from reference_service.local.protection import Resources

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
    function_told(VpcConfig={"SubnetIds": [subnets[0]["SubnetId"]], "SecurityGroupIds": [group]})(
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


_code = faults("resources", "readiness.function")
_told = faults("resources", "readiness.function_variables")
_role = faults("resources", "readiness.execution_role")
_room = faults("resources", "readiness.concurrency")
_live = faults("resources", "readiness.live_alias")
_traced = faults("resources", "readiness.function_tracing")
_logs = faults("resources", "readiness.log_group")
_users = faults("resources", "readiness.user_pool")

FAULTS: tuple[Fault, ...] = (
    _code(
        "runtime-deprecated",
        "the runtime is supported",
        "The function runs on Python 3.9.",
        spoiling(function_told(Runtime="python3.9")),
    ),
    _code(
        "function-not-active",
        "the function is active",
        "The function's last update failed.",
        spoiling(function_told(LastUpdateStatus="Failed")),
    ),
    _code(
        "memory-too-small",
        "the memory is what the service needs",
        "The function has 128 MB.",
        spoiling(function_told(MemorySize=128)),
    ),
    _code(
        "outlives-the-gateway",
        "the function ends before the gateway gives up",
        "The function may take a minute.",
        spoiling(function_told(Timeout=60)),
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
        spoiling(offering(concurrency=10)),
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
        spoiling(function_told(TracingConfig={"Mode": "PassThrough"})),
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
)
