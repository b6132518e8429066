"""What the platform counts of one stack: AWS's own metrics and logs, read at moto's API."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any

from reference_service.local import cloudwatch_answers, data_metering, report_lines
from reference_service.local.data_metering import DataMeter
from reference_service.local.invocations import Function, Invocations
from reference_service.local.meter import Dimensions, Meter
from reference_service.local.metering import (
    MeteredApi,
    MeteredEdge,
    MeteredExecutor,
    Publishing,
    as_counted,
)

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from reference_service.local.template import Template

LIVE = "live"  # alias and stage alike


class PlatformCounts:
    """Wraps what of the stack is counted; faults may count what they refuse."""

    def __init__(self, template: Template) -> None:
        self.meter = Meter()
        self.region = self._region = template.region
        self.table: str = template.properties("ProductsTable")["TableName"]
        self.bucket: str = template.properties("ImagesBucket")["BucketName"]
        self.delivered: Dimensions = ()  # of the distribution's metrics, once it has an id
        self._api = {"api": template.properties("Api")["Name"], "stage": LIVE}
        self.invocations = Invocations(
            self.meter,
            self._region,
            function=template.properties("HandlerFunction")["FunctionName"],
            alias=LIVE,
            environment=template.properties("HandlerFunction")["Environment"]["Variables"][
                "ENVIRONMENT"
            ],
        )
        self.data = DataMeter(self.meter, self._region)
        self._log_group = template.properties("HandlerLogs")["LogGroupName"]
        self._front: MeteredApi | None = None
        self._published: Publishing = as_counted
        self._edge: MeteredEdge | None = None
        data_metering.install(self.data)

    def show(self, distribution: str) -> None:
        """Lets moto answer from what is counted; `distribution` is the edge's id."""
        cloudwatch_answers.install(self.meter)
        report_lines.install(self.invocations, self._log_group)
        self.delivered = (("DistributionId", distribution), ("Region", "Global"))
        if self._edge is not None:  # a stack may serve AWS calls alone
            self._edge.named(distribution)

    def composed(self, seconds: float, published: Publishing) -> None:
        """The service was composed anew, which took so long: counts begin again."""
        self._published = published
        if self._front is not None:
            self._front.published = published
        self.meter.clear()
        self.invocations.composed(seconds)

    def function(self, function: Callable[..., dict[str, Any]]) -> Function:
        """The function, its invocations counted."""
        return self.invocations.metered(function)

    def api(self, app: ASGIApp) -> ASGIApp:
        """The API's front, its requests counted."""
        self._front = MeteredApi(app, self.meter, self._region, **self._api)
        self._front.published = self._published
        return self._front

    def integration(self, executor: Executor) -> Executor:
        """What runs the function for the front, its time counted."""
        return MeteredExecutor(executor, self.meter, self._region, **self._api)

    def edge(self, app: ASGIApp) -> ASGIApp:
        """The images edge, its deliveries counted."""
        self._edge = MeteredEdge(app, self.meter)
        return self._edge
