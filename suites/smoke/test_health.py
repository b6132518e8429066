"""The plan's first smoke test: the service says that it is well, and who it is."""

import pytest

from fixtures.api import ProductApi
from fixtures.environment import Environment

FIELDS = ("status", "version", "environment", "dependencies")


@pytest.mark.plan("SIT-SMOKE-01")
@pytest.mark.severity("blocker")
def test_health(api: ProductApi, environment: Environment) -> None:
    """Health is asked without a token.

    It answers 200, names the environment that this run is against, and says ok only while
    each dependency is ok.
    """
    health = api.health()
    health.must_answer(200, "health answers 200")
    body = health.json_object("health has its fields")

    states = body.get("dependencies")
    health.must(
        all(isinstance(body.get(name), str) and body[name] for name in FIELDS[:3])
        and isinstance(states, dict)
        and bool(states),
        "health has its fields",
        expected="status, version, environment: text; dependencies: an object with states",
        actual=body,
    )
    health.must(
        body["environment"] == environment.name,
        "health names the environment",
        expected=environment.name,
        actual=body["environment"],
    )
    health.must(
        body["status"] == "ok" and all(state == "ok" for state in body["dependencies"].values()),
        "health agrees with its dependencies",
        expected="status ok, and every dependency ok",
        actual=body,
    )
