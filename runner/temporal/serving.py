"""What a workflow in this process needs of the outside: its bundle, its spec, and which queue performs its steps."""

from __future__ import annotations

import functools
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from temporalio.common import RawValue

from durable.runner.errors import DurableError
from durable.runner.spec import RunSpec
from durable.runner.temporal.live import Origin

if TYPE_CHECKING:
    from durable.transpiler.ir.bundle import Bundle

__all__ = ["PROCESS", "TASK_SECONDS", "RawValue", "Start", "load", "origin_of", "plain_spec", "spec_of", "stored_spec"]


TASK_SECONDS = 5.0
"""A workflow task whose worker died is given to another after so long; a live worker prolongs it by itself."""


@dataclass
class Process:
    """How this process takes part: `queue` is its own task queue for steps, "" where it has none."""

    queue: str = ""
    is_eager: bool = True


PROCESS = Process()


@dataclass(frozen=True)
class Start:
    """Where and when a workflow was started; `at` is nanoseconds since the epoch.

    `is_pinned`: the server gives its tasks to the version it is pinned to, so other code than it began with is meant.
    """

    id: str
    seed: str
    at: int
    is_pinned: bool = False


def origin_of(folder: Path, arguments: list[str], stored: dict[str, Any] | None, start: Start) -> Origin:
    """Return what the run is made from. Raise DurableError if the bundle is not the one it began with (promise 10)."""
    bundle = load(folder)
    spec = spec_of(stored) if stored is not None else plain_spec(bundle, arguments, start)
    if spec.bundle != bundle.hash and start.is_pinned:
        spec = replace(spec, bundle=bundle.hash, learned=())
    if spec.bundle != bundle.hash:
        raise DurableError(f"run {start.id} began with the code {spec.bundle}, this worker serves {bundle.hash}")
    return Origin(spec, bundle, start.at)


@functools.lru_cache(maxsize=64)
def load(folder: Path) -> Bundle:
    """Return the bundle in `folder`."""
    from durable.transpiler.ir.bundle import Bundle

    return Bundle.load(folder)


def plain_spec(bundle: Bundle, arguments: list[str], start: Start) -> RunSpec:
    """Return the spec of a run which somebody else's client started."""
    script = bundle.manifest["program"]
    path = str(bundle.module("__main__").path)
    return RunSpec(
        id=start.id,
        script=script,
        path=path,
        argv=(path, *arguments),
        cwd=bundle.manifest["root"] if os.path.isdir(bundle.manifest["root"]) else os.getcwd(),
        bundle=bundle.hash,
        seed=start.seed,
        module_mode=bundle.manifest["mode"] == "module",
    )


def stored_spec(spec: RunSpec) -> dict[str, Any]:
    """Return the JSON form of `spec` that a workflow is started with."""
    import dataclasses

    return dataclasses.asdict(spec)


def spec_of(stored: dict[str, Any]) -> RunSpec:
    """Return the spec that `stored_spec` stored."""
    known = {**stored}
    for name in ("argv", "tty"):
        known[name] = tuple(known[name])
    known["learned"] = tuple((file, line, column, since) for file, line, column, since in known["learned"])
    return RunSpec(**known)
