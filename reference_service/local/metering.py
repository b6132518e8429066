"""Counts what passes the API's front and the images edge, as API Gateway and CloudFront do."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import TYPE_CHECKING, Any

from reference_service.local.meter import Meter, Metric

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

# CloudFront's metrics stand in this region only.
CDN_REGION = "us-east-1"
Timer = Callable[[], float]
Samples = dict[str, float]  # by the name of the metric
# What becomes of one request's samples before they are counted; None counts none of them.
Publishing = Callable[[Samples], Samples | None]


def as_counted(samples: Samples) -> Samples:
    """Publishes what was counted."""
    return samples


class MeteredApi:
    """An ASGI application in front of the API's; an answer counts when it is sent.

    `published` may be replaced while it runs.
    """

    def __init__(
        self,
        app: ASGIApp,
        meter: Meter,
        region: str,
        *,
        api: str,
        stage: str,
        timer: Timer = time.perf_counter,
    ) -> None:
        self._app = app
        self._meter = meter
        self._timer = timer
        self.published: Publishing = as_counted
        metric = api_metric(meter, region, api, stage)
        self._metrics = {
            **{name: metric(name) for name in ("Count", "4XXError", "5XXError")},
            "Latency": metric("Latency", "Milliseconds"),
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = self._timer()
        status: int | None = None

        async def sent(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                # Counted before the client has it, so that nobody sees fewer than were answered.
                self._record(status, self._timer() - began)
            await send(message)

        try:
            await self._app(scope, receive, sent)
        finally:
            if status is None:
                self._record(500, self._timer() - began)

    def _record(self, status: int, seconds: float) -> None:
        samples = self.published(
            {
                "Count": 1.0,
                "4XXError": float(400 <= status < 500),
                "5XXError": float(status >= 500),
                "Latency": _whole_ms(seconds),
            }
        )
        if samples is not None:
            self._meter.record(*((self._metrics[name], value) for name, value in samples.items()))


class MeteredExecutor(Executor):
    """Runs what API Gateway hands to Lambda, and counts how long that takes with its queue."""

    def __init__(
        self,
        inner: Executor,
        meter: Meter,
        region: str,
        *,
        api: str,
        stage: str,
        timer: Timer = time.perf_counter,
    ) -> None:
        self._inner = inner
        self._meter = meter
        self._timer = timer
        self._latency = api_metric(meter, region, api, stage)("IntegrationLatency", "Milliseconds")

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        began = self._timer()
        future = self._inner.submit(fn, *args, **kwargs)
        future.add_done_callback(
            lambda _: self._meter.record((self._latency, _whole_ms(self._timer() - began)))
        )
        return future


class MeteredEdge:
    """An ASGI application in front of the images edge, which is `named` once it is known."""

    def __init__(self, app: ASGIApp, meter: Meter) -> None:
        self._app = app
        self._meter = meter

        def metric(name: str, unit: str) -> Metric:
            return meter.metric(CDN_REGION, "AWS/CloudFront", name, unit=unit)

        self._requests = metric("Requests", "None")
        self._bytes = metric("BytesDownloaded", "None")
        self._refused = metric("4xxErrorRate", "Percent")
        self._failed = metric("5xxErrorRate", "Percent")
        self._hits = metric("CacheHitRate", "Percent")

    def named(self, distribution: str) -> None:
        """Whose metrics these are."""
        for each in (self._requests, self._bytes, self._refused, self._failed, self._hits):
            each.dimensions = ((("DistributionId", distribution), ("Region", "Global")),)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started: Message | None = None

        async def sent(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = message
            else:
                assert started is not None
                self._record(scope["method"], started, len(message.get("body", b"")))
            await send(message)

        await self._app(scope, receive, sent)

    def _record(self, method: str, started: Message, size: int) -> None:
        """The edge sends each answer whole: one start, one body."""
        status = started["status"]
        marks = [value for name, value in started["headers"] if name == b"x-cache"]
        samples = [
            (self._requests, 1.0),
            (self._bytes, float(size)),
            (self._refused, 100.0 * (400 <= status < 500)),
            (self._failed, 100.0 * (status >= 500)),
        ]
        if method in ("GET", "HEAD") and status < 400:  # errors are not cacheable
            hit = any(mark.startswith(b"Hit") for mark in marks)
            samples.append((self._hits, 100.0 * hit))
        self._meter.record(*samples)


def api_metric(meter: Meter, region: str, api: str, stage: str) -> Callable[..., Metric]:
    """What makes the metrics of one API, for itself and for its stage, of name and unit."""
    named = ("ApiName", api)

    def metric(name: str, unit: str = "Count") -> Metric:
        dimensions = ((named,), (named, ("Stage", stage)))
        return meter.metric(region, "AWS/ApiGateway", name, *dimensions, unit=unit)

    return metric


def _whole_ms(seconds: float) -> float:
    return float(math.floor(seconds * 1000))
