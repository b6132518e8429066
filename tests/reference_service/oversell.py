"""Sells a stock of ten to twenty buyers at once, half of them in this process.

Run as a program, since moto takes a whole process; prints how many were sold.
"""

from __future__ import annotations

import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
from botocore.exceptions import ClientError

from reference_service.local.aws_endpoint import AwsEndpoint
from reference_service.local.server import listener
from reference_service.local.stack import Stack

STOCK = 10
BUYERS = 20
TABLE = "products-local"


def _buy(client: Any, item: str, buyer: int, together: threading.Barrier) -> int:
    together.wait()
    try:
        client.transact_write_items(
            TransactItems=[
                {
                    "Update": {
                        "TableName": TABLE,
                        "Key": {"product_id": {"S": item}},
                        "UpdateExpression": "SET stock = stock - :one",
                        "ConditionExpression": "stock >= :one",
                        "ExpressionAttributeValues": {":one": {"N": "1"}},
                    }
                },
                {
                    "Put": {
                        "TableName": TABLE,
                        "Item": {"product_id": {"S": f"{item}-order-{buyer}"}},
                        "ConditionExpression": "attribute_not_exists(product_id)",
                    }
                },
            ]
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "TransactionCanceledException":
            raise
        return 0
    return 1


def main(rounds: int) -> None:
    stack = Stack("local", "1.0.0", token_key="unused")
    opened = listener(0)
    endpoint = AwsEndpoint(opened, stack.make_function, stack.client("s3"))
    endpoint.start()
    inside = stack.client("dynamodb")
    outside = boto3.client("dynamodb", endpoint_url=f"http://127.0.0.1:{opened.getsockname()[1]}")
    outside.describe_table(TableName=TABLE)
    with ThreadPoolExecutor(BUYERS) as threads:
        for number in range(rounds):
            item = f"item-{number}"
            inside.put_item(
                TableName=TABLE, Item={"product_id": {"S": item}, "stock": {"N": str(STOCK)}}
            )
            together = threading.Barrier(BUYERS)
            sales = [
                threads.submit(_buy, inside if buyer % 2 else outside, item, buyer, together)
                for buyer in range(BUYERS)
            ]
            sold = sum(sale.result() for sale in sales)
            left = inside.get_item(TableName=TABLE, Key={"product_id": {"S": item}})["Item"]
            print(sold, left["stock"]["N"])
    endpoint.stop()


if __name__ == "__main__":
    main(int(sys.argv[1]))
