"""What answers at the environment's address is the function by that name (SIT-DEP-03)."""

import pytest

from fixtures.api import ProductApi
from fixtures.aws_calls import AwsCalls
from fixtures.environment import Environment
from fixtures.readiness.walk import walk


@pytest.mark.plan("SIT-DEP-03", "SIT-SUCCESS-01")
@pytest.mark.severity("blocker")
@pytest.mark.needs("aws")
def test_walk(aws_calls: AwsCalls, environment: Environment, api: ProductApi) -> None:
    """GIVEN the environment's domain
    WHEN one goes from it to the base-path mapping, the API, what its stage invokes, the alias,
    the version and the digest of its code
    THEN each leads to the next, and what health calls itself is the build of that version.
    """
    way = walk(aws_calls, environment)
    step = way.stray or way.steps[-1]
    aws_calls.must(
        way.stray is None,
        "the address leads to the function",
        resource=step.resource,
        expected=step.expected,
        found=step.found,
        shown_by=step.shown_by,
    )
    assert environment.resources is not None
    function = environment.resources.function
    shown = aws_calls.line(
        "lambda", "get_function_configuration", FunctionName=function, Qualifier=way.version
    )
    aws_calls.must(
        bool(way.code_digest),
        "the version behind the alias has a code digest",
        resource=f"{function}, version {way.version}",
        expected="a CodeSha256",
        found=way.code_digest or "none",
        shown_by=shown,
    )
    health = api.health()
    said = health.json_object("health is a JSON object").get("version")
    aws_calls.must(
        said in (way.build, *way.others),
        "health tells the build of the version behind the alias",
        resource=f"{function}, version {way.version}",
        expected=f"description {said!r}, which is what health says",
        found=", ".join((way.build, *way.others)),
        shown_by=shown,
    )
