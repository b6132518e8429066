"""Calls the deployed entry point as Lambda would, with AWS replaced by moto.

Run as a program on a copy of what is deployed; prints each answer as a line of JSON.
"""

from __future__ import annotations

import json
import os
from types import SimpleNamespace

import boto3
import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from moto import mock_aws


def main() -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    os.environ.update(
        AWS_DEFAULT_REGION="eu-west-1",
        ENVIRONMENT="sit",
        SERVICE_VERSION="1.2.3",
        TABLE_NAME="products-sit",
        ORDERS_TABLE_NAME="orders-sit",
        CALLS_TABLE_NAME="product-calls-sit",
        IMAGES_BUCKET="images",
        IMAGES_URL="https://images.example",
        TOKEN_ISSUER="issuer",
        TOKEN_AUDIENCE="audience",
        TOKEN_KEY=public.decode(),
        CURSOR_KEY_SECRET="cursor-key",
    )
    claims = {"iss": "issuer", "aud": "audience", "sub": "s", "iat": 0, "nbf": 0, "exp": 2**40}
    token = jwt.encode({**claims, "roles": ["admin"]}, key, algorithm="RS256")
    with mock_aws():
        boto3.client("dynamodb").create_table(
            TableName="products-sit",
            KeySchema=[{"AttributeName": "product_id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "product_id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        boto3.client("secretsmanager").create_secret(Name="cursor-key", SecretString="k" * 64)
        from reference_service.handlers.entry import handler

        context = SimpleNamespace(
            function_version="1",
            function_name="product-handler-sit",
            memory_limit_in_mb=512,
            invoked_function_arn="arn:aws:lambda:eu-west-1:1:function:product-handler-sit",
            aws_request_id="1",
        )
        # By the API domain with its base path, and by the API's own address without it.
        for path in ("/v1.0/products/health", "/products/unknown", "/products/unknown/image"):
            event = {
                "path": path,
                "httpMethod": "GET",
                "headers": {"Authorization": f"Bearer {token}"},
                "requestContext": {"requestId": "r-1", "stage": "live", "path": path},
                "body": None,
                "isBase64Encoded": False,
            }
            print(json.dumps(handler(event, context)))


if __name__ == "__main__":
    main()
