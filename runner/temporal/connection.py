"""From the command line's words to a connected client: profiles of `temporalio.envconfig`, options over them."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, TypeVar

from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client
from temporalio.envconfig import ClientConfigProfile
from temporalio.service import RPCError, RPCStatusCode

from durable.runner.errors import EngineError, UsageError
from durable.runner.journal.cipher import VARIABLE

if TYPE_CHECKING:
    from durable.runner.cli.engines import Cluster

T = TypeVar("T")
_DEFAULT_ADDRESS = "127.0.0.1:7233"
_LONGEST_PAUSE = 2.0
_NEW_SERVER = 10.0
"""Seconds for which a server that has just been started may not know its namespaces yet."""
AWAY = frozenset(
    {RPCStatusCode.UNAVAILABLE, RPCStatusCode.DEADLINE_EXCEEDED, RPCStatusCode.CANCELLED, RPCStatusCode.UNKNOWN}
)


def target_of(cluster: Cluster) -> tuple[ClientConfigProfile, str, str]:
    """Return the profile, the address and the namespace that `cluster` means. Raise UsageError for a bad profile."""
    try:
        profile = ClientConfigProfile.load(profile=cluster.profile or None)
    except RuntimeError as error:
        raise UsageError(f"the Temporal configuration cannot be used: {error}") from error
    address = cluster.address or profile.address or _DEFAULT_ADDRESS
    return profile, address, cluster.namespace or profile.namespace or "default"


async def connect(cluster: Cluster) -> Client:
    """Return a client; while the server is away, say so and wait. Raise EngineError, UsageError."""
    from durable.runner.temporal.logs import runtime

    if os.environ.get(VARIABLE):
        raise UsageError(f"{VARIABLE} is for the local engine: what goes to Temporal is not encrypted by durable yet")
    profile, address, namespace = target_of(cluster)
    config: dict[str, Any] = {
        **profile.to_client_connect_config(),
        "target_host": address,
        "namespace": namespace,
        "runtime": runtime(),
    }
    pause, has_told = 0.1, False
    while True:
        try:
            client = await Client.connect(**config)
            await _await_namespace(client, address)
            return client
        except ValueError as error:
            raise UsageError(f"{address!r} is no address of a Temporal server: {error}") from error
        except RuntimeError as error:
            _refuse_hopeless(error, address)
        if not has_told:
            has_told = True
            say(f"waiting for the Temporal server at {address}")
        await asyncio.sleep(pause)
        pause = min(_LONGEST_PAUSE, pause * 2)


def with_client(cluster: Cluster, work: Callable[[Client], Coroutine[Any, Any, T]]) -> T:
    """Return what `work` does with a connected client. Raise EngineError for what the server refuses, UsageError."""

    async def main() -> T:
        try:
            return await work(await connect(cluster))
        except RPCError as error:
            raise EngineError(f"the Temporal server answers: {error.message}") from error

    return asyncio.run(main())


def _refuse_hopeless(error: RuntimeError, address: str) -> None:
    """Raise EngineError if waiting cannot help: the server refuses us, or the address cannot be one."""
    text = str(error)
    for sign in (
        "PermissionDenied",
        "Unauthenticated",
        "permission denied",
        "invalid authority",
        "InvalidUri",
        "certificate",
    ):
        if sign in text:
            raise EngineError(f"the Temporal server at {address} cannot be used: {text}") from error


async def _await_namespace(client: Client, address: str) -> None:
    deadline = asyncio.get_running_loop().time() + _NEW_SERVER
    while True:
        try:
            await client.workflow_service.describe_namespace(DescribeNamespaceRequest(namespace=client.namespace))
            return
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND and asyncio.get_running_loop().time() < deadline:
                await asyncio.sleep(0.2)
            elif error.status is RPCStatusCode.NOT_FOUND:
                raise EngineError(f"the Temporal server at {address} has no namespace {client.namespace!r}") from error
            elif error.status in (RPCStatusCode.PERMISSION_DENIED, RPCStatusCode.UNAUTHENTICATED):
                raise EngineError(f"the Temporal server at {address} refuses us: {error.message}") from error
            else:
                raise RuntimeError(str(error)) from error


def say(text: str) -> None:
    """Print a line of durable's own."""
    print(f"durable: {text}", file=sys.__stderr__, flush=True)
