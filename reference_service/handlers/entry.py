"""What Lambda calls: the service composed on AWS, with logs and metrics around each request."""

from __future__ import annotations

import os
from functools import cache
from typing import Any

import boto3
from aws_lambda_powertools import Metrics
from aws_lambda_powertools.metrics import MetricUnit

from reference_service.handlers.app import Function, build
from reference_service.handlers.composition import compose
from reference_service.handlers.log import logger
from reference_service.handlers.settings import Settings

metrics = Metrics(namespace="ProductCatalog", service="product-handler")


@cache
def _function() -> Function:
    secret = boto3.client("secretsmanager").get_secret_value(
        SecretId=os.environ["CURSOR_KEY_SECRET"]
    )
    settings = Settings.from_variables(os.environ, cursor_key=secret["SecretString"].encode())
    return build(compose(settings, dynamodb=boto3.client("dynamodb"), s3=boto3.client("s3")))


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answers one API Gateway proxy event."""
    answer = _function()(event, context)
    metrics.add_metric(name="Requests", unit=MetricUnit.Count, value=1)
    if answer["statusCode"] >= 500:
        metrics.add_metric(name="ServerErrors", unit=MetricUnit.Count, value=1)
    return answer
