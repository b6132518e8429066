"""Uploaded images, in S3."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# An image's address is never used for another image.
CACHE_CONTROL = "public, max-age=31536000, immutable"


class ImageStore(Protocol):
    """Where images are kept, by key."""

    def put(self, key: str, data: bytes, content_type: str) -> None: ...

    def delete(self, key: str) -> None:
        """Removes the image; one that is not there is no error."""
        ...

    def reachable(self) -> bool:
        """Whether the store answers."""
        ...


class BucketImages:
    """Images as objects of one bucket; raises botocore's ClientError."""

    def __init__(self, client: S3Client, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def put(self, key: str, data: bytes, content_type: str) -> None:
        self._client.put_object(
            Bucket=self._bucket,
            Key=key,
            Body=data,
            ContentType=content_type,
            CacheControl=CACHE_CONTROL,
        )

    def delete(self, key: str) -> None:
        self._client.delete_object(Bucket=self._bucket, Key=key)

    def reachable(self) -> bool:
        self._client.head_bucket(Bucket=self._bucket)
        return True
