"""What Lambda counts and logs of each invocation of the function."""

from __future__ import annotations

import math
import resource
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

import msgspec

from reference_service.handlers.measuring import measurement
from reference_service.local.meter import Meter, milliseconds

Function = Callable[[dict[str, Any], Any], dict[str, Any]]

KEPT_REPORTS = 3000  # of warm starts the last ones; of cold starts as many again
KEPT_RECENT = 500  # invocations that traces tell of
MEMORY_MB = 512
# What API Gateway answers when Lambda refuses an invocation.
REFUSED = {
    "statusCode": 500,
    "multiValueHeaders": {"Content-Type": ["application/json"]},
    "body": '{"message": "Internal server error"}',
    "isBase64Encoded": False,
}


class Throttled(Exception):  # noqa: N818 - the word for it
    """Lambda has refused the invocation: it is none, and counts as a throttle."""


class Report(msgspec.Struct, frozen=True):
    """The line that Lambda writes at the end of an invocation. Times in ms, `at` in seconds."""

    at: float
    request_id: str
    duration: float
    init: float | None
    memory_mb: int

    def line(self) -> str:
        """As Lambda has it, with tabs."""
        billed = math.ceil(self.duration + (self.init or 0))
        parts = [
            f"REPORT RequestId: {self.request_id}",
            f"Duration: {self.duration:.2f} ms",
            f"Billed Duration: {billed} ms",
            f"Memory Size: {MEMORY_MB} MB",
            f"Max Memory Used: {self.memory_mb} MB",
        ]
        if self.init is not None:
            parts.append(f"Init Duration: {self.init:.2f} ms")
        return "\t".join(parts) + "\t"


class Invocations:
    """Counts the invocations of one function behind its alias, and keeps their reports.

    The function is cold once after each time that it was composed, as `composed` says.
    """

    def __init__(
        self,
        meter: Meter,
        region: str,
        *,
        function: str,
        alias: str,
        environment: str = "local",
        clock: Callable[[], float] = time.time,
        timer: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._meter = meter
        self._clock = clock
        self._timer = timer
        self.environment = environment
        self._region, self._names = region, (function, alias)
        # Which version answered in this thread, where the function has several.
        self.answered: Callable[[], str] = str
        named = ("FunctionName", function)
        dimensions = ((named,), (named, ("Resource", f"{function}:{alias}")), ())

        def metric(name: str, unit: str = "Count") -> Any:
            return meter.metric(region, "AWS/Lambda", name, *dimensions, unit=unit)

        self._invocations = metric("Invocations")
        self._errors = metric("Errors")
        self._throttles = metric("Throttles")
        self._duration = metric("Duration", "Milliseconds")
        self._concurrent = metric("ConcurrentExecutions")
        self._lock = threading.Lock()
        self._under_way = 0
        self._init: float | None = None
        self._local = threading.local()
        self._cold: deque[Report] = deque(maxlen=KEPT_REPORTS)
        self._warm: deque[Report] = deque(maxlen=KEPT_REPORTS)
        self._lines: deque[tuple[float, str]] = deque(maxlen=KEPT_RECENT)
        self._recent: deque[tuple[float, str, float, bool]] = deque(maxlen=KEPT_RECENT)

    def composed(self, seconds: float) -> None:
        """The function was composed anew: the next invocation began with that."""
        with self._lock:
            self._init = seconds
            self._cold.clear()
            self._warm.clear()
            self._recent.clear()

    def starts_cold(self, seconds: float) -> None:
        """The invocation under way in this thread began with so much initialisation."""
        self._local.init = seconds

    def waited(self, seconds: float) -> None:
        """The invocation under way in this thread waited so long for an instance to run it."""
        self._local.waited = seconds

    def fail_unseen(self) -> None:
        """The invocation under way in this thread counts as failed, whatever it answers."""
        self._local.unseen = True

    def write(self, line: str) -> None:
        """One more line in the function's log."""
        with self._lock:
            self._lines.append((self._clock(), line))

    def lines(self) -> list[tuple[float, str]]:
        """What was written; each is handed out once."""
        with self._lock:
            found = list(self._lines)
            self._lines.clear()
        return found

    def reports(self) -> list[Report]:
        """What is kept, in order of time; each is handed out once."""
        with self._lock:
            found = sorted([*self._cold, *self._warm], key=lambda report: report.at)
            self._cold.clear()
            self._warm.clear()
        return found

    def recent(self, start: float, end: float) -> list[tuple[float, str, float, bool]]:
        """Of the last invocations those that ended in the span: when, id, ms, whether failed."""
        with self._lock:
            return [one for one in self._recent if start <= one[0] < end]

    def metered(self, function: Function) -> Function:
        """The function, counted."""

        def invoke(event: dict[str, Any], context: Any) -> dict[str, Any]:
            with self._lock:
                self._under_way += 1
                concurrent = self._under_way
                init, self._init = self._init, None
            self._local.init = init
            self._local.waited, self._local.unseen = 0.0, False
            failed: float | None = 1.0
            status = 500
            began = self._timer()
            try:
                answer = function(event, context)
                failed, status = float(self._local.unseen), int(answer["statusCode"])
            except Throttled:
                failed = None  # it is no invocation
                self._meter.record((self._throttles, 1.0))
                return {**REFUSED}
            finally:
                duration = self._timer() - began - self._local.waited
                with self._lock:
                    self._under_way -= 1
                if failed is not None:
                    self._count(duration, concurrent, failed, str(context.aws_request_id))
                    self._embedded(event, status, milliseconds(duration))
            return answer

        return invoke

    def _embedded(self, event: dict[str, Any], status: int, ms: float) -> None:
        """What CloudWatch takes out of the line that the function writes of the request."""
        taken = measurement(
            event,
            status,
            ms,
            environment=self.environment,
            version=self.answered(),
            at_ms=int(self._clock() * 1000),
        )
        for directive in taken["_aws"]["CloudWatchMetrics"]:
            sets = tuple(
                tuple((name, str(taken[name])) for name in names)
                for names in directive["Dimensions"]
            )
            self._meter.record(
                *(
                    (
                        self._meter.metric(
                            self._region,
                            directive["Namespace"],
                            one["Name"],
                            *sets,
                            unit=one["Unit"],
                        ),
                        float(taken[one["Name"]]),
                    )
                    for one in directive["Metrics"]
                )
            )

    def _count(self, duration: float, concurrent: int, failed: float, request_id: str) -> None:
        ms = milliseconds(duration)
        self._meter.record(
            (self._invocations, 1.0),
            (self._errors, failed),
            (self._throttles, 0.0),
            (self._duration, ms),
            (self._concurrent, float(concurrent)),
        )
        init = self._local.init
        version = self.answered()
        if version:
            function, alias = self._names
            of = (
                ("FunctionName", function),
                ("Resource", f"{function}:{alias}"),
                ("ExecutedVersion", version),
            )
            for name, value, unit in (
                ("Invocations", 1.0, "Count"),
                ("Errors", failed, "Count"),
                ("Duration", ms, "Milliseconds"),
            ):
                metric = self._meter.metric(self._region, "AWS/Lambda", name, of, unit=unit)
                self._meter.record((metric, value))
        report = Report(
            self._clock(), request_id, ms, None if init is None else init * 1000, _memory_mb()
        )
        (self._warm if init is None else self._cold).append(report)
        self._recent.append((report.at, request_id, ms, failed > 0))


def _memory_mb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
