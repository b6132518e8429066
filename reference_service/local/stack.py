"""The embedded stack: moto, the service composed on it, and what faults may wrap."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any

import msgspec

from reference_service.local import (
    dispatch_lock,
    protection,
    provisioning,
    quick_answers,
    quick_items,
    quick_parser,
    quick_query,
    quick_serializer,
    quick_transactions,
    recovery,
    regions,
    strangers,
    surroundings,
    tampering,
)
from reference_service.local.metering import Publishing, as_counted
from reference_service.local.platform_counts import PlatformCounts
from reference_service.local.protection import Resources
from reference_service.local.sending import Pause, at_once
from reference_service.local.signed_urls import SignedUrls
from reference_service.local.template import Template
from reference_service.local.terms import Terms
from reference_service.local.tokens import AUDIENCE, ISSUER
from reference_service.local.versions import Versions

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.types import ASGIApp

    from reference_service.faults.fault import Fault
    from reference_service.handlers.app import Function
    from reference_service.handlers.service import Service
    from reference_service.local.edge import Edge

ENVIRONMENTS = ("local", "dev", "sit", "prod")


def _as_it_is(value: Any) -> Any:
    return value


def _as_they_are(_: Resources) -> None:
    """Leaves what stands in moto alone."""


class Composition(msgspec.Struct, frozen=True, kw_only=True):
    """What a fault may wrap.

    The parts of the service; the clients and the clock that it is composed of anew by
    `recompose` (by the names of compose's parameters); the function that answers events;
    what the edge sends last; what front and edge wait for before they send; what the platform
    counts, for a fault that is the platform's own; and what the gateway publishes of a request.
    """

    service: Service
    clients: Mapping[str, Any]
    recompose: Callable[..., Service]
    counts: PlatformCounts
    function: Callable[[Function], Function] = _as_it_is
    edge: Callable[[Response], Response] = _as_it_is
    front_pause: Pause = at_once
    edge_pause: Pause = at_once
    published: Publishing = as_counted
    front_app: Callable[[ASGIApp], ASGIApp] = _as_it_is
    edge_app: Callable[[ASGIApp], ASGIApp] = _as_it_is
    terms: Terms = Terms()
    resources: Callable[[Resources], None] = _as_they_are


class Stack:
    """One environment's resources in moto, and the service on them.

    The process belongs to the worn environment's account and region from here on.
    """

    def __init__(
        self, environment: str, version: str, *, token_key: str, signed_urls: bool = False
    ) -> None:
        self._signing = SignedUrls() if signed_urls else None
        self.environment = environment
        self.version = version
        self._template = Template(
            {
                "Environment": environment,
                "ServiceVersion": version,
                "TokenIssuer": ISSUER,
                "TokenAudience": AUDIENCE,
                "TokenKey": token_key,
            }
        )
        surroundings.seal(self._template.account, self._template.region)
        # Registers its hook with botocore; only clients made after this are caught.
        from moto.core.models import botocore_stubber

        botocore_stubber.enabled = True
        dispatch_lock.install()
        protection.install()
        recovery.install()
        strangers.install()
        quick_answers.install()
        quick_items.install()
        quick_parser.install()
        quick_query.install()
        quick_serializer.install()
        quick_transactions.install()
        import boto3

        self._session = boto3.Session(region_name=self._template.region)
        provisioning.fill_in(self._template)
        provisioning.make_stores(self._session, self._template)
        regions.declare(self._template)
        self.counts = PlatformCounts(self._template)
        self.versions = Versions(self._template)
        self.counts.invocations.answered = self.versions.answered
        self._function_made = False
        self._resources: Resources | None = None
        self._spoil: Callable[[Resources], None] = _as_they_are

    @property
    def account(self) -> str:
        return self._template.account

    @property
    def table(self) -> str:
        name: str = self._template.properties("ProductsTable")["TableName"]
        return name

    @property
    def function_name(self) -> str:
        name: str = self._template.properties("HandlerFunction")["FunctionName"]
        return name

    def make_function(self) -> None:
        """Makes what only describes the deployment, once; AWS calls alone can see it."""
        if not self._function_made:
            provisioning.make_function(self._session, self._template)
            self.versions.begin()
            resources = provisioning.make_distribution(self._session, self._template)
            self.counts.show(resources.distribution_id)
            self._resources = resources
            self.expose(self._spoil)
            self._function_made = True

    def expose(self, spoil: Callable[[Resources], None]) -> None:
        """Has what AWS calls see stand as the template says, but for what `spoil` does to it."""
        self._spoil = spoil
        tampering.undo()
        if self._resources is not None:
            from reference_service.local.standing import stand

            protection.protect(self._resources)
            recovery.heal(self._resources)
            standing = stand(self._resources, self.counts.invocations)
            distribution = {**self._resources.distribution, **standing.named}
            spoil(
                msgspec.structs.replace(
                    self._resources, standing=standing, distribution=distribution
                )
            )

    def client(self, name: Any) -> Any:
        return self._session.client(name)

    def compose(self, images_url: str, fault: Fault | None = None) -> Composition:
        """The service on this stack, healthy or with one fault."""
        from reference_service.handlers.settings import Settings

        variables = self._template.properties("HandlerFunction")["Environment"]["Variables"]
        # The key of cursors is fixed where nothing is worth signing: restarts keep them valid.
        settings = Settings.from_variables(
            {**variables, "IMAGES_URL": images_url}, cursor_key=b"local cursor key"
        )
        clients = {"dynamodb": self.client("dynamodb"), "s3": self.client("s3")}

        def compose_of(**others: Any) -> Service:
            from reference_service.handlers.composition import compose

            return compose(settings, **{**clients, **others})

        healthy = Composition(
            service=compose_of(), clients=clients, recompose=compose_of, counts=self.counts
        )
        if self._signing is not None:
            healthy = msgspec.structs.replace(
                healthy, function=self._signing.function, edge_app=self._signing.edge
            )
        return healthy if fault is None else fault.install(healthy)

    def edge(self, executor: Executor) -> Edge:
        """The images edge in front of this stack's bucket."""
        from reference_service.local.edge import Edge

        return Edge(
            self.client("s3"),
            self._template.properties("ImagesBucket")["BucketName"],
            ttl=provisioning.edge_ttl(self._template),
            executor=executor,
        )
