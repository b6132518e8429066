"""The version behind the alias answers requests and invocations, as Lambda would have it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.reference_service.running import RunningService

LIVE = {"FunctionName": "product-handler-local", "Name": "live"}
HEALTH = {
    "resource": "/{proxy+}",
    "path": "/v1.0/products/health",
    "httpMethod": "GET",
    "headers": {},
    "multiValueHeaders": {},
    "requestContext": {"requestId": "one", "path": "/v1.0/products/health", "httpMethod": "GET"},
}


@pytest.fixture(scope="module")
def stack() -> Iterator[RunningService]:
    """A stack whose function was made by a first call to AWS."""
    running = RunningService("--version", "2.3.4")
    running.aws("sts").get_caller_identity()
    try:
        yield running
    finally:
        assert running.close() == (0, "")


@pytest.fixture
def functions(stack: RunningService) -> Iterator[Any]:
    """A client of Lambda; the alias leads afterwards where it led before."""
    client = stack.aws("lambda")
    before = client.get_alias(**LIVE)["FunctionVersion"]
    try:
        yield client
    finally:
        client.update_alias(**LIVE, FunctionVersion=before, RoutingConfig={})


def said(stack: RunningService) -> str:
    """The version that health reports through the API."""
    return str(stack.client(None).get("/products/health").json()["version"])


def invoked(functions: Any, qualifier: str) -> tuple[str, str]:
    """The version that executed, and what it reported."""
    answer = functions.invoke(
        FunctionName=LIVE["FunctionName"], Qualifier=qualifier, Payload=json.dumps(HEALTH)
    )
    body = json.loads(json.load(answer["Payload"])["body"])
    return answer["ExecutedVersion"], body["version"]


def test_there_is_a_version_to_roll_back_to(functions: Any) -> None:
    """Two builds, of different code; the alias leads to the newer."""
    versions = functions.list_versions_by_function(FunctionName=LIVE["FunctionName"])["Versions"]
    assert [one["Version"] for one in versions] == ["$LATEST", "1", "2"]
    assert [one["Description"] for one in versions[1:]] == ["0.9.0", "2.3.4"]
    assert versions[1]["CodeSha256"] != versions[2]["CodeSha256"] == versions[0]["CodeSha256"]
    assert functions.get_alias(**LIVE)["FunctionVersion"] == "2"


def test_the_alias_says_who_answers(stack: RunningService, functions: Any) -> None:
    """Requests and invocations alike; a version can be invoked by its own number."""
    assert (said(stack), invoked(functions, "live")) == ("2.3.4", ("2", "2.3.4"))
    functions.update_alias(**LIVE, FunctionVersion="1")
    assert (said(stack), invoked(functions, "live")) == ("0.9.0", ("1", "0.9.0"))
    assert invoked(functions, "2") == ("2", "2.3.4")


def test_weights_share_the_requests(stack: RunningService, functions: Any) -> None:
    """Half and half: both answer."""
    functions.update_alias(**LIVE, RoutingConfig={"AdditionalVersionWeights": {"1": 0.5}})
    seen = Counter(said(stack) for _ in range(40))
    assert set(seen) == {"0.9.0", "2.3.4"}
    assert min(seen.values()) > 5


def test_an_alias_is_guarded_by_its_revision(functions: Any) -> None:
    """Who knows an older revision does not undo what another did meanwhile."""
    known = functions.get_alias(**LIVE)["RevisionId"]
    changed = functions.update_alias(**LIVE, FunctionVersion="1", RevisionId=known)
    assert changed["RevisionId"] != known
    with pytest.raises(ClientError) as refused:
        functions.update_alias(**LIVE, FunctionVersion="2", RevisionId=known)
    assert refused.value.response["Error"]["Code"] == "PreconditionFailedException"
    assert functions.get_alias(**LIVE)["FunctionVersion"] == "1"
