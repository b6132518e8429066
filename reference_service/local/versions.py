"""Which version of the function answers: the one that the alias leads to, as Lambda has it.

moto keeps versions and aliases and runs nothing of them. Here a request is answered as the version
behind the alias would, weights included, and so is an invocation through moto; and an alias is
changed only at the revision that its caller knows.
"""

from __future__ import annotations

import json
import random
import threading
import uuid
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from reference_service.handlers.service import Service
    from reference_service.local.template import Template

Function = Callable[[dict[str, Any], Any], dict[str, Any]]


class InvocationContext(msgspec.Struct, frozen=True, kw_only=True):
    """What Lambda tells a function about an invocation that came to no gateway."""

    aws_request_id: str
    function_name: str
    invoked_function_arn: str
    function_version: str
    memory_limit_in_mb: int = 512


class Versions:
    """The versions of one stack's function; until there is one, whatever was composed answers."""

    def __init__(self, template: Template) -> None:
        self._template = template
        self._account, self._region = template.account, template.region
        self.name: str = template.properties("HandlerFunction")["FunctionName"]
        self._alias = ""
        self._function: Function | None = None
        self._storage: Any = None
        self._local = threading.local()

    def answered(self) -> str:
        """The number of the version that answered last in this thread; empty at first."""
        return str(getattr(self._local, "number", ""))

    def begin(self) -> None:
        """The function is there: from now on its versions answer."""
        from moto.awslambda.models import lambda_backends

        self._alias = self._template.properties("LiveAlias")["Name"]
        self._storage = lambda_backends[self._account][self._region]._lambdas
        _install(self)

    def following(self, service: Service, build: Callable[[Service], Function]) -> Function:
        """The service as the version answers that each request is for, which `build` makes."""
        made = {service.settings.version: build(service)}

        def answer(event: dict[str, Any], context: Any) -> dict[str, Any]:
            direct = bool(context.function_version)
            number = context.function_version or self.executed()
            self._local.number = number
            version = self.said_by(number, direct=direct) or service.settings.version
            if version not in made:
                settings = msgspec.structs.replace(service.settings, version=version)
                made[version] = build(msgspec.structs.replace(service, settings=settings))
            return made[version](event, context)

        return answer

    def serve(self, function: Function) -> Function:
        """What answers a direct invocation from now on."""
        self._function = function
        return function

    def executed(self) -> str:
        """The number of the version that the alias leads to now; empty where there is none."""
        if self._storage is None:
            return ""
        alias = self._storage._get_function_aliases(self.name).get(self._alias)
        if alias is None:
            return ""
        chance = random.random()  # noqa: S311 - a share of requests, no secret
        weights = (alias.routing_config or {}).get("AdditionalVersionWeights", {})
        for number, weight in weights.items():
            chance -= float(weight)
            if chance < 0:
                return str(number)
        return str(alias.function_version)

    def invoke(self, qualifier: str | None, event: Any) -> tuple[str, bytes]:
        """Number of the version that executes, and the JSON that it answers."""
        number = self.executed() if qualifier == self._alias else str(qualifier or "$LATEST")
        assert self._function is not None
        context = InvocationContext(
            aws_request_id=str(uuid.uuid4()),
            function_name=self.name,
            invoked_function_arn=(
                f"arn:aws:lambda:{self._region}:{self._account}:function:{self.name}"
                + (f":{qualifier}" if qualifier else "")
            ),
            function_version=number,
        )
        return number, json.dumps(self._function(event, context)).encode()

    def latest(self) -> str:
        """The number of the version that was published last."""
        return str(self._storage._functions[self.name]["versions"][-1].version)

    def said_by(self, number: str, *, direct: bool) -> Any:
        """The build that a version was published as, None where nothing says it.

        `direct` tells an invocation from a request that came through the gateway.
        """
        published = self._storage._get_version(self.name, number) if number else None
        return published and published.environment_vars.get("SERVICE_VERSION")


_installed: list[Versions] = []  # the stack of this process; moto's backends are its own as well


def _install(versions: Versions) -> None:
    """Has moto invoke through `versions`, and guard an alias by its revision."""
    first = not _installed
    _installed[:] = [versions]
    if not first:
        return
    from moto.awslambda.exceptions import LambdaClientError
    from moto.awslambda.models import LambdaBackend
    from moto.awslambda.responses import LambdaResponse

    backend, response = _any(LambdaBackend), _any(LambdaResponse)
    stock_invoke, stock_update = backend.invoke, response.update_alias
    stock_ask = response.invoke

    class PreconditionFailedError(LambdaClientError):
        code = 412

        def __init__(self) -> None:
            super().__init__(
                "PreconditionFailedException",
                "The RevisionId provided does not match the latest RevisionId. Call the "
                "GetFunction/GetAlias API to retrieve the latest RevisionId",
            )

    @wraps(stock_invoke)
    def invoke(self: Any, name: str, qualifier: str | None, *given: Any) -> Any:
        body, headers, answer = given
        (mine,) = _installed
        function = self.get_function(name, qualifier)  # raises where there is none
        if function.function_name != mine.name or headers.get("X-Amz-Invocation-Type") == "DryRun":
            return stock_invoke(self, name, qualifier, *given)
        number, payload = mine.invoke(qualifier, json.loads(body or "{}"))
        answer["X-Amz-Executed-Version"] = number
        answer["Content-Length"] = str(len(payload))
        return payload

    @wraps(stock_ask)
    def ask(self: Any) -> Any:
        # Lambda's parameter is Qualifier; moto looks for it in small letters.
        if "Qualifier" in self.querystring:
            self.querystring["qualifier"] = self.querystring["Qualifier"]
        return stock_ask(self)

    @wraps(stock_update)
    def update_alias(self: Any) -> Any:
        parts = self.path.split("/")
        alias = self.backend.get_alias(parts[-1], parts[-3])
        revision = json.loads(self.body).get("RevisionId")
        if revision is not None and revision != alias.revision_id:
            raise PreconditionFailedError
        alias.revision_id = str(uuid.uuid4())
        return stock_update(self)

    backend.invoke, response.invoke, response.update_alias = invoke, ask, update_alias


def _any(value: Any) -> Any:
    return value
