"""What the function measures of each request, as CloudWatch takes metrics out of a log line.

The form is CloudWatch's embedded metric format: one JSON object, with the metrics that it holds
named under ``_aws``. API Gateway cannot tell reads from writes behind one proxy resource, nor
Lambda one version's reads from another's; these metrics can.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

NAMESPACE = "ProductCatalog"
_READS = ("GET", "HEAD")
_UNITS = {
    "Duration": "Milliseconds",
    "Requests": "Count",
    "ServerErrors": "Count",
    "ClientErrors": "Count",
    "Throttled": "Count",  # of the client errors those that are 429
}


def measurement(
    event: Mapping[str, Any],
    status: int,
    duration_ms: float,
    *,
    environment: str,
    version: str,
    at_ms: int,
) -> dict[str, Any]:
    """One request: kind (``read``, ``write``, or ``outside`` for bulk, images and health)."""
    return {
        "_aws": {
            "Timestamp": at_ms,
            "CloudWatchMetrics": [
                {
                    "Namespace": NAMESPACE,
                    "Dimensions": [["Environment", "Kind"], ["Environment", "Kind", "Version"]],
                    "Metrics": [{"Name": name, "Unit": unit} for name, unit in _UNITS.items()],
                }
            ],
        },
        "Environment": environment,
        "Kind": kind(event),
        "Version": version,
        "Duration": duration_ms,
        "Requests": 1,
        "ServerErrors": int(status >= 500),
        "ClientErrors": int(400 <= status < 500),
        "Throttled": int(status == 429),
    }


def kind(event: Mapping[str, Any]) -> str:
    """Which limits a request is under: those of reads, those of writes, or none."""
    path, method = str(event.get("path", "")), str(event.get("httpMethod", ""))
    if path.endswith(("/bulk", "/image", "/health")):
        return "outside"
    return "read" if method in _READS else "write"
