"""Who calls, and where everything stands (SIT-ENV, PROD-ENV).

GIVEN the account and the regions that the plan names
WHEN AWS is asked who calls, and where the function and the table are
THEN both are in that account and region.
"""

import pytest

from fixtures.aws_calls import AwsCalls
from fixtures.environment import Environment


@pytest.mark.plan(
    "SIT-ENV-01", "SIT-ENV-02", "SIT-ENV-03", "PROD-ENV-01", "PROD-ENV-02", "PROD-ENV-03",
    "PROD-PRE-02",
)  # fmt: skip
@pytest.mark.severity("blocker")
@pytest.mark.needs("aws")
def test_account_and_region(aws_calls: AwsCalls, environment: Environment) -> None:
    """GIVEN credentials for the environment
    WHEN the caller's identity and the ARNs of function and table are read
    THEN all three are in the account that the plan names, and the two in its region.
    """
    assert environment.aws is not None
    assert environment.resources is not None
    aws, names = environment.aws, environment.resources
    caller = aws_calls.must_have("sts", "get_caller_identity")
    aws_calls.must(
        caller.get("Account") == aws.account,
        "the caller is in the plan's account",
        resource="caller identity",
        expected=aws.account,
        found=caller.get("Account"),
        shown_by=aws_calls.line("sts", "get_caller_identity"),
    )
    function = aws_calls.must_have(
        "lambda", "get_function_configuration", FunctionName=names.function
    )
    table = aws_calls.must_have("dynamodb", "describe_table", TableName=names.products_table)
    for resource, arn, line in (
        (
            f"function {names.function}",
            str(function.get("FunctionArn")),
            aws_calls.line("lambda", "get_function_configuration", FunctionName=names.function),
        ),
        (
            f"table {names.products_table}",
            str(table["Table"].get("TableArn")),
            aws_calls.line("dynamodb", "describe_table", TableName=names.products_table),
        ),
    ):
        place = arn.split(":")[3:5]
        aws_calls.must(
            place == [aws.region, aws.account],
            "it stands in the plan's account and region",
            resource=resource,
            expected=f"{aws.region}, {aws.account}",
            found=arn,
            shown_by=line,
        )


@pytest.mark.plan("PROD-ENV-04")
@pytest.mark.needs("aws", "multi_region")
def test_failover_region(aws_calls: AwsCalls, environment: Environment) -> None:
    """GIVEN the region that the plan fails over to
    WHEN the table's replicas are read there and here
    THEN the region is another one, AWS answers in it, and the table is there, too.
    """
    assert environment.aws is not None
    assert environment.resources is not None
    aws, names = environment.aws, environment.resources
    line = aws_calls.line("dynamodb", "describe_table", TableName=names.products_table)
    table = aws_calls.must_have("dynamodb", "describe_table", TableName=names.products_table)
    regions = [one.get("RegionName") for one in table["Table"].get("Replicas", [])]
    aws_calls.must(
        aws.failover_region != aws.region and aws.failover_region in regions,
        "the failover region is in use",
        resource=f"table {names.products_table}",
        expected=f"a replica in {aws.failover_region}, apart from {aws.region}",
        found=regions,
        shown_by=line,
    )
    aws_calls.must_have("sts", "get_caller_identity", region=aws.failover_region)
