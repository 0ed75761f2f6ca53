"""Whether a Temporal server can be reached, without waiting for one that is away."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest, GetSystemInfoRequest
from temporalio.client import Client
from temporalio.service import RPCError

from durable.runner.errors import EngineError
from durable.runner.temporal.connection import target_of

if TYPE_CHECKING:
    from durable.runner.cli.engines import Cluster

_PATIENCE = 5.0


def reach(cluster: Cluster) -> str:
    """Return address, namespace and version of the server that `cluster` means. Raise EngineError, UsageError."""
    profile, address, namespace = target_of(cluster)

    async def ask() -> str:
        config = {**profile.to_client_connect_config(), "target_host": address, "namespace": namespace}
        client = await Client.connect(**config)  # type: ignore[arg-type]
        await client.workflow_service.describe_namespace(DescribeNamespaceRequest(namespace=namespace))
        info = await client.workflow_service.get_system_info(GetSystemInfoRequest())
        return f"{address} answers, namespace {namespace}, server {info.server_version or 'of unknown version'}"

    async def main() -> str:
        return await asyncio.wait_for(ask(), _PATIENCE)

    try:
        return asyncio.run(main())
    except TimeoutError:
        raise EngineError(f"{address} does not answer within {_PATIENCE:g} s") from None
    except (RuntimeError, ValueError, RPCError) as error:
        raise EngineError(f"{address}, namespace {namespace}: {error}") from None
