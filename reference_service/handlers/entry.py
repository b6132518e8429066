"""What Lambda calls: the service composed on AWS, with logs and metrics around each request."""

from __future__ import annotations

import json
import os
import time
from functools import cache
from typing import Any

import boto3

from reference_service.handlers.app import Function, build
from reference_service.handlers.composition import compose
from reference_service.handlers.log import logger
from reference_service.handlers.measuring import measurement
from reference_service.handlers.settings import Settings


@cache
def _function() -> Function:
    secret = boto3.client("secretsmanager").get_secret_value(
        SecretId=os.environ["CURSOR_KEY_SECRET"]
    )
    settings = Settings.from_variables(os.environ, cursor_key=secret["SecretString"].encode())
    return build(compose(settings, dynamodb=boto3.client("dynamodb"), s3=boto3.client("s3")))


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answers one API Gateway proxy event."""
    began = time.perf_counter()
    status = 500
    try:
        answer = _function()(event, context)
        status = int(answer["statusCode"])
    finally:
        taken = measurement(
            event,
            status,
            (time.perf_counter() - began) * 1000,
            environment=os.environ["ENVIRONMENT"],
            version=str(context.function_version),
            at_ms=int(time.time() * 1000),
        )
        # CloudWatch takes the metrics out of the line; nothing else has to be called.
        print(json.dumps(taken), flush=True)
    return answer
