"""The healthy service, composed of its parts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from reference_service.handlers.app import HANDLERS
from reference_service.handlers.bearer import SignedTokens
from reference_service.handlers.catalog import DynamoCatalog
from reference_service.handlers.image_content import picture_only
from reference_service.handlers.image_kind import image_kind
from reference_service.handlers.image_store import BucketImages
from reference_service.handlers.limits import CountedCalls
from reference_service.handlers.order_book import DynamoOrders
from reference_service.handlers.product import Clock
from reference_service.handlers.service import Service
from reference_service.handlers.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client


def utc_now() -> datetime:
    return datetime.now(UTC)


def compose(
    settings: Settings, *, dynamodb: DynamoDBClient, s3: S3Client, clock: Clock = utc_now
) -> Service:
    """The service over the given clients."""
    catalog = DynamoCatalog(dynamodb, settings.table, clock)
    return Service(
        settings=settings,
        clock=clock,
        tokens=SignedTokens(settings),
        catalog=catalog,
        orders=DynamoOrders(
            dynamodb,
            settings.orders_table,
            products_table=settings.table,
            products=catalog.get_many,
            clock=clock,
        ),
        limits=CountedCalls(dynamodb, settings.calls_table, clock),
        images=BucketImages(s3, settings.bucket),
        image_kind=image_kind,
        picture_only=picture_only,
        handlers=HANDLERS,
    )
