"""The SDK's driver for Amazon S3 over boto3, which takes its settings and credentials from its own environment."""

from __future__ import annotations

import asyncio
from typing import Any

from temporalio.contrib.aws.s3driver import S3StorageDriver, S3StorageDriverClient

from durable.runner.errors import UsageError


class _Boto3(S3StorageDriverClient):
    """boto3's client, in threads: it waits."""

    def __init__(self, client: Any) -> None:
        self._client = client

    async def put_object(self, *, bucket: str, key: str, data: bytes) -> None:
        await asyncio.to_thread(self._client.put_object, Bucket=bucket, Key=key, Body=data)

    async def object_exists(self, *, bucket: str, key: str) -> bool:
        try:
            await asyncio.to_thread(self._client.head_object, Bucket=bucket, Key=key)
        except self._client.exceptions.ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
                return False
            raise
        return True

    async def get_object(self, *, bucket: str, key: str) -> bytes:
        def read() -> bytes:
            content: bytes = self._client.get_object(Bucket=bucket, Key=key)["Body"].read()
            return content

        return await asyncio.to_thread(read)


def s3_driver(bucket: str) -> S3StorageDriver:
    """Return the driver for a bucket. Raise UsageError without boto3."""
    try:
        import boto3  # type: ignore[import-untyped]
    except ImportError:
        raise UsageError("keeping parts of runs in S3 needs boto3: pip install boto3") from None
    return S3StorageDriver(_Boto3(boto3.client("s3")), bucket)
