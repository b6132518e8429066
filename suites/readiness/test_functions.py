"""The function, its role, its alias and its logs (SIT-VERIFY, SIT-INFRA, XRAY).

GIVEN the function that the environment file names
WHEN its configuration is read
THEN it is one that AWS keeps running, told the right names, and no wider than its work.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fixtures.aws_calls import AwsCalls
from fixtures.environment import Environment
from fixtures.readiness.expected import expected
from fixtures.readiness.roles import excess
from fixtures.readiness.secrets import looks_secret

SOON = timedelta(days=90)


def _configuration(calls: AwsCalls, environment: Environment) -> dict[str, Any]:
    assert environment.resources is not None
    function = environment.resources.function
    return calls.must_have("lambda", "get_function_configuration", FunctionName=function)


def _line(calls: AwsCalls, environment: Environment) -> str:
    assert environment.resources is not None
    function = environment.resources.function
    return calls.line("lambda", "get_function_configuration", FunctionName=function)


@pytest.mark.plan("SIT-VERIFY-01", "SIT-VERIFY-02")
@pytest.mark.severity("blocker")
@pytest.mark.needs("aws")
def test_function(aws_calls: AwsCalls, environment: Environment) -> None:
    """GIVEN the function
    WHEN its state, runtime, memory and time-out are read
    THEN it is active, patched for months to come, and inside what the gateway waits for.
    """
    found, wanted = _configuration(aws_calls, environment), expected().function
    resource, shown = f"function {found.get('FunctionName')}", _line(aws_calls, environment)
    aws_calls.must(
        found.get("State", "Active") == "Active"
        and found.get("LastUpdateStatus", "Successful") == "Successful",
        "the function is active",
        resource=resource,
        expected="State Active, LastUpdateStatus Successful",
        found=f"{found.get('State')}, {found.get('LastUpdateStatus')}",
        shown_by=shown,
    )
    runtime = str(found.get("Runtime"))
    until = wanted.runtimes.get(runtime)
    aws_calls.must(
        until is not None and until > (datetime.now(UTC) + SOON).date(),
        "the runtime is supported",
        resource=resource,
        expected=f"one that AWS patches for {SOON.days} days more (expected.toml lists them)",
        found=f"{runtime}, patched until {until or 'nobody knows when'}",
        shown_by=shown,
    )
    least, most = wanted.memory_mb
    aws_calls.must(
        least <= int(found.get("MemorySize", 0)) <= most,
        "the memory is what the service needs",
        resource=resource,
        expected=f"{least} to {most} MB",
        found=f"{found.get('MemorySize')} MB",
        shown_by=shown,
    )
    aws_calls.must(
        0 < int(found.get("Timeout", 0)) <= wanted.timeout_s,
        "the function ends before the gateway gives up",
        resource=resource,
        expected=f"a time-out of at most {wanted.timeout_s} s",
        found=f"{found.get('Timeout')} s",
        shown_by=shown,
    )


@pytest.mark.plan("SIT-VERIFY-03")
@pytest.mark.severity("blocker")
@pytest.mark.needs("aws")
def test_function_variables(aws_calls: AwsCalls, environment: Environment) -> None:
    """GIVEN the function's environment variables
    WHEN they are compared with the environment's resources
    THEN they name these, and none holds a secret in plain text. Values are never shown.
    """
    found, shown = _configuration(aws_calls, environment), _line(aws_calls, environment)
    variables = (found.get("Environment") or {}).get("Variables") or {}
    resource = f"variables of {found.get('FunctionName')}"
    for name, field in expected().function.variables.items():
        wanted = getattr(environment.resources, field)
        aws_calls.must(
            variables.get(name) == wanted,
            "the function is told the environment's resources",
            resource=resource,
            expected=f"{name} = {wanted}",
            found="another value" if name in variables else f"no {name}",
            shown_by=shown,
        )
    secret = sorted(name for name, value in variables.items() if looks_secret(name, str(value)))
    aws_calls.must(
        not secret,
        "no variable holds a secret in plain text",
        resource=resource,
        expected="names of secrets, which the function reads when it starts",
        found=f"something secret in {', '.join(secret)}",
        shown_by=shown,
    )


@pytest.mark.plan("SIT-INFRA-05")
@pytest.mark.severity("blocker")
@pytest.mark.needs("aws")
def test_execution_role(aws_calls: AwsCalls, environment: Environment) -> None:
    """GIVEN the function's execution role
    WHEN its trust and all of its policies are read
    THEN Lambda alone may assume it, and it may do no more than named actions on named resources.
    """
    role = str(_configuration(aws_calls, environment).get("Role")).rpartition("/")[2]
    wide = excess(aws_calls, role)
    aws_calls.must(
        not wide,
        "the role is no wider than its work",
        resource=f"role {role}",
        expected="named actions on named resources, for Lambda alone",
        found="; ".join(wide),
        shown_by=aws_calls.line("iam", "list_role_policies", RoleName=role),
    )


@pytest.mark.plan("SIT-VERIFY-02")
@pytest.mark.needs("aws")
def test_concurrency(aws_calls: AwsCalls, environment: Environment) -> None:
    """GIVEN what the account lets run at once
    WHEN it and what is reserved for the function are read
    THEN the function is not shut off, and the account has room.
    """
    assert environment.resources is not None
    function = environment.resources.function
    reserved = aws_calls.must_have("lambda", "get_function_concurrency", FunctionName=function).get(
        "ReservedConcurrentExecutions"
    )
    aws_calls.must(
        reserved is None or int(reserved) > 0,
        "the function is not shut off",
        resource=f"function {function}",
        expected="no reserved concurrency, or more than 0",
        found=reserved,
        shown_by=aws_calls.line("lambda", "get_function_concurrency", FunctionName=function),
    )
    limits = aws_calls.must_have("lambda", "get_account_settings")["AccountLimit"]
    room = reserved if reserved is not None else limits.get("UnreservedConcurrentExecutions", 0)
    aws_calls.must(
        int(room) >= expected().function.spare_concurrency,
        "there is room for instances",
        resource=f"function {function}",
        expected=f"{expected().function.spare_concurrency} at once, at least",
        found=room,
        shown_by=aws_calls.line("lambda", "get_account_settings"),
    )


@pytest.mark.plan("SIT-VERIFY-02")
@pytest.mark.severity("blocker")
@pytest.mark.needs("aws")
def test_live_alias(aws_calls: AwsCalls, environment: Environment) -> None:
    """GIVEN the alias that serves traffic
    WHEN it is read before a deployment
    THEN it leads to one published version, and no weight is left over from a shift of traffic.
    """
    assert environment.resources is not None
    names = environment.resources
    of = {"FunctionName": names.function, "Name": names.alias}
    alias = aws_calls.must_have("lambda", "get_alias", **of)
    shown = aws_calls.line("lambda", "get_alias", **of)
    version = str(alias.get("FunctionVersion"))
    aws_calls.must(
        version.isdigit(),
        "the alias leads to a published version",
        resource=f"{names.function}:{names.alias}",
        expected="a number",
        found=version,
        shown_by=shown,
    )
    weights = (alias.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
    aws_calls.must(
        not weights,
        "no shift of traffic is under way",
        resource=f"{names.function}:{names.alias}",
        expected="no additional version",
        found=weights,
        shown_by=shown,
    )


@pytest.mark.plan("XRAY-01")
@pytest.mark.needs("aws", "xray")
def test_function_tracing(aws_calls: AwsCalls, environment: Environment) -> None:
    """GIVEN the function behind all handlers
    WHEN its tracing is read
    THEN it is active.
    """
    found = _configuration(aws_calls, environment)
    mode = (found.get("TracingConfig") or {}).get("Mode")
    aws_calls.must(
        mode == "Active",
        "the function is traced",
        resource=f"function {found.get('FunctionName')}",
        expected="TracingConfig Active",
        found=mode,
        shown_by=_line(aws_calls, environment),
    )


@pytest.mark.plan("SIT-INFRA-06")
@pytest.mark.needs("aws", "vpc")
def test_vpc(aws_calls: AwsCalls, environment: Environment) -> None:
    """GIVEN a function inside a VPC
    WHEN its subnets and security groups are read
    THEN they are in two availability zones, and DynamoDB and S3 are reached by endpoints or NAT.
    """
    found = _configuration(aws_calls, environment)
    inside = found.get("VpcConfig") or {}
    resource, shown = f"VPC of {found.get('FunctionName')}", _line(aws_calls, environment)
    aws_calls.must(
        bool(inside.get("SubnetIds")) and bool(inside.get("SecurityGroupIds")),
        "the function is in the VPC",
        resource=resource,
        expected="subnets and a security group",
        found=inside,
        shown_by=shown,
    )
    subnets = aws_calls.pages("ec2", "describe_subnets", "Subnets", SubnetIds=inside["SubnetIds"])
    zones = sorted({str(one["AvailabilityZone"]) for one in subnets})
    aws_calls.must(
        len(zones) >= 2,
        "the function runs in two zones",
        resource=resource,
        expected="subnets in two availability zones, at least",
        found=zones,
        shown_by=aws_calls.line("ec2", "describe_subnets", SubnetIds=inside["SubnetIds"]),
    )
    where = [{"Name": "vpc-id", "Values": [str(subnets[0]["VpcId"])]}]
    endpoints = aws_calls.pages("ec2", "describe_vpc_endpoints", "VpcEndpoints", Filters=where)
    reached = {str(one["ServiceName"]).rpartition(".")[2] for one in endpoints}
    gateways = aws_calls.pages("ec2", "describe_nat_gateways", "NatGateways", Filter=where)
    nat = any(one.get("State") == "available" for one in gateways)
    aws_calls.must(
        nat or {"dynamodb", "s3"} <= reached,
        "DynamoDB and S3 are in reach",
        resource=resource,
        expected="endpoints of both, or a NAT gateway",
        found=sorted(reached),
        shown_by=aws_calls.line("ec2", "describe_vpc_endpoints", Filters=where),
    )


@pytest.mark.plan("SIT-INFRA-07")
@pytest.mark.needs("aws")
def test_log_group(aws_calls: AwsCalls, environment: Environment) -> None:
    """GIVEN the function's log group
    WHEN it is read
    THEN it exists, and keeps lines for as long as somebody may ask, not for ever.
    """
    assert environment.resources is not None
    name = environment.resources.log_group
    groups = aws_calls.pages("logs", "describe_log_groups", "logGroups", logGroupNamePrefix=name)
    group = next((one for one in groups if one.get("logGroupName") == name), None)
    shown = aws_calls.line("logs", "describe_log_groups", logGroupNamePrefix=name)
    aws_calls.must(
        group is not None,
        "the log group exists",
        resource=f"log group {name}",
        expected="a log group of that name",
        found="none",
        shown_by=shown,
    )
    days = (group or {}).get("retentionInDays")
    aws_calls.must(
        days is not None and int(days) >= expected().logs.least_days,
        "log lines are kept for a time",
        resource=f"log group {name}",
        expected=f"{expected().logs.least_days} days at least, and an end",
        found=f"{days} days" if days is not None else "for ever",
        shown_by=shown,
    )


@pytest.mark.plan("SIT-DEP-04")
@pytest.mark.needs("aws", "cognito")
def test_user_pool(aws_calls: AwsCalls, environment: Environment) -> None:
    """GIVEN the user pool that issues tokens
    WHEN it and its clients are read
    THEN it exists under its name, and a client of it can get a token for an hour at most.
    """
    assert environment.resources is not None
    name = environment.resources.user_pool
    pools = aws_calls.pages("cognito-idp", "list_user_pools", "UserPools", MaxResults=60)
    pool = next((one for one in pools if one.get("Name") == name), None)
    shown = aws_calls.line("cognito-idp", "list_user_pools", MaxResults=60)
    aws_calls.must(
        pool is not None,
        "the user pool exists",
        resource=f"user pool {name}",
        expected="a pool of that name",
        found=[one.get("Name") for one in pools[:10]],
        shown_by=shown,
    )
    assert pool is not None
    of = str(pool["Id"])
    clients = aws_calls.pages(
        "cognito-idp", "list_user_pool_clients", "UserPoolClients", UserPoolId=of, MaxResults=60
    )
    aws_calls.must(
        bool(clients),
        "the user pool has a client",
        resource=f"user pool {name}",
        expected="a client, at least",
        found="none",
        shown_by=aws_calls.line(
            "cognito-idp", "list_user_pool_clients", UserPoolId=of, MaxResults=60
        ),
    )
