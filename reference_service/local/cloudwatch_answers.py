"""CloudWatch's answers about metrics, which moto lacks or gets wrong, from the stack's meter.

moto drops ExtendedStatistics, fails for percentiles in get_metric_data, lets a query without
dimensions match whatever has some, and leaves metric math out unseen. Here metrics are looked
up as AWS does it: by their exact dimensions, with every statistic; metric math is refused.
With any other version than the one tested, moto's own answers stand.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from typing import Any

from reference_service.local import statistic
from reference_service.local.meter import MINUTE_S, Dimensions, Meter, Values
from reference_service.local.quick_serializer import TESTED_VERSION

# Of all the stacks in a process the last one counts.
_meters: list[Meter] = []
_Named = tuple[str, str, frozenset[tuple[str, str]]]  # namespace, name, dimensions


def install(meter: Meter) -> None:
    """Answers from that meter, and from what was put by put_metric_data, from here on."""
    import moto

    _meters[:] = [meter]
    if moto.__version__ == TESTED_VERSION:
        _install()


@cache
def _install() -> None:
    from moto.cloudwatch.responses import CloudWatchResponse

    response: Any = CloudWatchResponse
    response.get_metric_data = _get_metric_data
    response.get_metric_statistics = _get_metric_statistics
    response.list_metrics = _list_metrics


def _get_metric_data(self: Any) -> Any:
    from moto.core.responses import ActionResult

    asked = self._get_params()
    span = _span(asked)
    results = [_result(self, query, span) for query in asked.get("MetricDataQueries", [])]
    if asked.get("ScanBy") != "TimestampAscending":
        for result in results:
            result["Timestamps"].reverse()
            result["Values"].reverse()
    return ActionResult({"MetricDataResults": results})


def _result(self: Any, query: dict[str, Any], span: tuple[float, float]) -> dict[str, Any]:
    if "MetricStat" not in query:
        raise _refusal(f"the stack knows no metric math: {query.get('Expression')}")
    asked = query["MetricStat"]
    metric = asked["Metric"]
    found = _periods(
        self,
        _named(metric["Namespace"], metric["MetricName"], metric.get("Dimensions")),
        span,
        period=_period(asked["Period"]),
        unit=asked.get("Unit"),
    )
    name = _statistic(asked["Stat"])
    return {
        "Id": query["Id"],
        "Label": query.get("Label") or metric["MetricName"],
        "StatusCode": "Complete",
        "Timestamps": [_moment(at) for at, _, _ in found],
        "Values": [statistic.statistic(values, name) for _, values, _ in found],
    }


def _get_metric_statistics(self: Any) -> Any:
    from moto.core.responses import ActionResult

    asked = self._get_params()
    plain = [_statistic(each) for each in asked.get("Statistics") or []]
    extended = [_statistic(each) for each in asked.get("ExtendedStatistics") or []]
    if not plain and not extended:
        raise _refusal("Must specify either Statistics or ExtendedStatistics")
    name = asked["MetricName"]
    found = _periods(
        self,
        _named(asked["Namespace"], name, asked.get("Dimensions")),
        _span(asked),
        period=_period(asked["Period"]),
        unit=asked.get("Unit"),
    )
    points = []
    for at, values, unit in found:
        point: dict[str, Any] = {"Timestamp": _moment(at), "Unit": unit}
        point |= {each: statistic.statistic(values, each) for each in plain}
        if extended:
            point["ExtendedStatistics"] = {
                each: statistic.statistic(values, each) for each in extended
            }
        points.append(point)
    return ActionResult({"Label": name, "Datapoints": points})


def _list_metrics(self: Any) -> Any:
    from moto.core.responses import ActionResult

    asked = self._get_params()
    wanted = asked.get("Dimensions") or []
    seen: dict[_Named, None] = {}
    for named, _, _, _ in _all(self, 0, math.inf):
        namespace, name, dimensions = named
        if (
            asked.get("Namespace", namespace) == namespace
            and asked.get("MetricName", name) == name
            and all(
                any(
                    key == each["Name"] and each.get("Value", value) == value
                    for key, value in dimensions
                )
                for each in wanted
            )
        ):
            seen[named] = None
    metrics = [
        {
            "Namespace": namespace,
            "MetricName": name,
            "Dimensions": [{"Name": key, "Value": value} for key, value in sorted(dimensions)],
        }
        for namespace, name, dimensions in seen
    ]
    return ActionResult({"Metrics": metrics})


def _periods(
    self: Any, named: _Named, span: tuple[float, float], *, period: int, unit: str | None
) -> list[tuple[int, Values, str]]:
    """Start, values and unit of each period that has any, in order of time."""
    together: dict[int, tuple[Values, str]] = {}
    for found, at, values, its_unit in _all(self, *span):
        if found != named or unit not in (None, its_unit):
            continue
        start = int(at // period) * period
        into, _ = together.setdefault(start, ({}, its_unit))
        for value, times in values.items():
            into[value] = into.get(value, 0) + times
    return [(at, *together[at]) for at in sorted(together)]


def _all(self: Any, start: float, end: float) -> Iterator[tuple[_Named, float, Values, str]]:
    """What the stack counted in the caller's region, and what was put there."""
    for metric, at, values in _meters[0].read(start, end):
        if metric.region == self.region:
            for dimensions in metric.dimensions:
                yield _key(metric.namespace, metric.name, dimensions), at, values, metric.unit
    for datum in self.cloudwatch_backend.get_all_metrics():
        at = datum.timestamp.replace(tzinfo=datum.timestamp.tzinfo or UTC).timestamp()
        if start <= at < end:
            dimensions = tuple((each.name, each.value) for each in datum.dimensions)
            named = _key(datum.namespace, datum.name, dimensions)
            yield named, at, _values(datum), datum.unit or "None"


def _values(datum: Any) -> Values:
    """A datum's values; of a set of statistics only its mean is known, as often as it came."""
    if hasattr(datum, "value"):
        return {datum.value: 1}
    return {datum.sum / datum.sample_count: int(datum.sample_count)}


def _key(namespace: str, name: str, dimensions: Dimensions) -> _Named:
    return namespace, name, frozenset(dimensions)


def _named(namespace: str, name: str, dimensions: Any) -> _Named:
    return _key(namespace, name, tuple((each["Name"], each["Value"]) for each in dimensions or []))


def _span(asked: dict[str, Any]) -> tuple[float, float]:
    """Seconds since the epoch; the start goes back to its whole minute, as AWS has it."""
    start, end = (_seconds(asked[name]) for name in ("StartTime", "EndTime"))
    if start >= end:
        raise _refusal("The parameter StartTime must be less than the parameter EndTime.")
    return start // MINUTE_S * MINUTE_S, end


def _seconds(moment: datetime) -> float:
    return moment.replace(tzinfo=moment.tzinfo or UTC).timestamp()


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _period(given: Any) -> int:
    period = int(given)
    if period < MINUTE_S or period % MINUTE_S:
        raise _refusal(f"The parameter Period must be a multiple of 60: {period}")
    return period


def _statistic(name: str) -> str:
    try:
        statistic.check(name)
    except statistic.UnknownStatisticError:
        raise _refusal(f"The value {name} for parameter Stat is not supported.") from None
    return name


def _refusal(why: str) -> Exception:
    from moto.cloudwatch.exceptions import InvalidParameterValue

    return InvalidParameterValue(why)
