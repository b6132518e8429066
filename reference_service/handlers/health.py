"""GET /products/health"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aws_lambda_powertools.event_handler import Response
from botocore.exceptions import BotoCoreError, ClientError

from reference_service.handlers.log import logger
from reference_service.handlers.service import Call, Service, json_response


def health(call: Call, service: Service) -> Response[Any]:
    """Which build answers, where, and whether what it depends on answers: 200, or 503."""
    dependencies = {
        "dynamodb": _state("dynamodb", service.catalog.reachable),
        "s3": _state("s3", service.images.reachable),
    }
    states = set(dependencies.values())
    status = "ok" if states == {"ok"} else "down" if states == {"down"} else "degraded"
    return json_response(
        200 if status == "ok" else 503,
        {
            "status": status,
            "version": service.settings.version,
            "environment": service.settings.environment,
            "dependencies": dependencies,
        },
    )


def _state(name: str, reachable: Callable[[], bool]) -> str:
    try:
        return "ok" if reachable() else "down"
    except (BotoCoreError, ClientError):
        logger.warning("A dependency does not answer", extra={"dependency": name}, exc_info=True)
        return "down"
