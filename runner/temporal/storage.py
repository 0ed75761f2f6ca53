"""What is too large for a history: parts of a run's journal, and records above the limit of a payload.

Each is kept under the hash of its content, by a storage driver of the SDK, and the history has the hash: what comes
back is what was kept, or an error. `DURABLE_STORAGE` says where: a directory that all workers of a run reach (default:
one of this user's, readable by its owner only), or `s3://BUCKET`.
"""

from __future__ import annotations

import asyncio
import functools
import hashlib
import json
import os
import threading
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Any, TypeVar

from temporalio.api.common.v1 import Payload
from temporalio.converter import (
    PayloadCodec,
    StorageDriver,
    StorageDriverClaim,
    StorageDriverRetrieveContext,
    StorageDriverStoreContext,
    StorageDriverWorkflowInfo,
)

from durable.runner.errors import UsageError
from durable.runner.journal.blobs import FileBlobs

T = TypeVar("T")
PLACE = "DURABLE_STORAGE"


class StorageError(Exception):
    """What was kept cannot be had now; the server gives the workflow task again until it can."""


class FolderDriver(StorageDriver):
    """Keeps payloads as files of a directory, by workflow, each named by the hash of its content."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def name(self) -> str:
        return "durable.folder"

    async def store(self, context: StorageDriverStoreContext, payloads: Sequence[Payload]) -> list[StorageDriverClaim]:
        target = context.target
        owner = f"{target.namespace}\0{target.id}" if target is not None else ""
        run = hashlib.blake2b(owner.encode(), digest_size=16).hexdigest()
        claims = []
        for payload in payloads:
            data = payload.SerializeToString()
            name = FileBlobs(self.folder / run).put(lambda data=data: iter([data]))  # type: ignore[misc]
            claims.append(StorageDriverClaim({"run": run, "name": name, "size": str(len(data))}))
        return claims

    async def retrieve(
        self, context: StorageDriverRetrieveContext, claims: Sequence[StorageDriverClaim]
    ) -> list[Payload]:
        return [self._read(claim.claim_data["run"], claim) for claim in claims]

    def _read(self, run: str, claim: StorageDriverClaim) -> Payload:
        if not run.isalnum():
            raise ValueError(f"{run!r} is no folder of a run")
        blobs = FileBlobs(self.folder / run)
        found = Payload()
        found.ParseFromString(b"".join(blobs.get(claim.claim_data["name"], int(claim.claim_data["size"]))))
        return found


class Storage:
    """Keeps bytes by `driver`; `codec` is applied to them as to any payload (encryption)."""

    def __init__(self, driver: StorageDriver, codec: PayloadCodec | None = None) -> None:
        self.driver = driver
        self.codec = codec

    def put(self, data: bytes, workflow: StorageDriverWorkflowInfo) -> dict[str, Any]:
        """Keep `data`; return what `get` needs, as JSON. Raise StorageError."""
        try:
            claim = _wait(self._put(data, workflow))
        except Exception as error:
            raise StorageError(f"{self.driver.name()} cannot keep a part of run {workflow.id}: {error}") from error
        return {"h": _hash(data), "n": len(data), "driver": self.driver.name(), "claim": dict(claim.claim_data)}

    def get(self, kept: dict[str, Any]) -> bytes:
        """Return what was kept. Raise StorageError if it is not there or not what it was."""
        try:
            if kept["driver"] != self.driver.name():
                raise ValueError(f"it was kept by {kept['driver']}, this process has {self.driver.name()}")
            data = _wait(self._get(StorageDriverClaim(kept["claim"])))
        except Exception as error:
            cause = f"{error}: {error.__cause__}" if error.__cause__ is not None else str(error)
            raise StorageError(f"{LOST} ({cause}). {_ADVICE}") from error
        if len(data) != kept["n"] or _hash(data) != kept["h"]:
            raise StorageError(f"{LOST} (it has been changed: {json.dumps(kept['claim'])}). {_ADVICE}")
        return data

    async def _put(self, data: bytes, workflow: StorageDriverWorkflowInfo) -> StorageDriverClaim:
        payloads = [Payload(metadata={"encoding": b"binary/plain"}, data=data)]
        if self.codec is not None:
            payloads = await self.codec.encode(payloads)
        (claim,) = await self.driver.store(StorageDriverStoreContext(target=workflow), payloads)
        return claim

    async def _get(self, claim: StorageDriverClaim) -> bytes:
        payloads = await self.driver.retrieve(StorageDriverRetrieveContext(), [claim])
        if self.codec is not None:
            payloads = await self.codec.decode(payloads)
        return payloads[0].data


LOST = "a part of the run's journal cannot be read"
_ADVICE = (
    f"The run waits for it: give this worker the {PLACE} of the one that wrote it, or put the file back from a backup; "
    "nothing of the run is done again meanwhile"
)


def _hash(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=32).hexdigest()


@functools.cache
def storage() -> Storage:
    """Return this process's storage. Raise UsageError for a place that cannot be one."""
    return Storage(_driver(os.environ.get(PLACE, "")))


def _driver(place: str) -> StorageDriver:
    if place.startswith("s3://"):
        from durable.runner.temporal.storage_s3 import s3_driver

        return s3_driver(place.removeprefix("s3://").strip("/"))
    if "://" in place:
        raise UsageError(f"{PLACE} is a directory or s3://BUCKET, not {place!r}")
    return FolderDriver(Path(place).absolute() if place else _own_folder())


def _own_folder() -> Path:
    home = os.environ.get("DURABLE_HOME")
    if home:
        return Path(home).absolute() / "temporal"
    base = os.environ.get("XDG_STATE_HOME") or os.path.expanduser("~/.local/state")
    return Path(base) / "durable" / "temporal"


def _wait(work: Coroutine[Any, Any, T]) -> T:
    """Return the result of `work`, done on a loop of our own: who calls has a workflow's loop, or none."""
    return asyncio.run_coroutine_threadsafe(work, _loop()).result()


@functools.cache
def _loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="durable-storage", daemon=True).start()
    return loop
