"""Which engine a command means: the local one, or the Temporal server that options, variables or a profile name."""

from __future__ import annotations

import os
from dataclasses import dataclass

from durable.runner.errors import UsageError


@dataclass(frozen=True)
class Cluster:
    """A Temporal server as the command line names it; "" leaves the choice to the profile (temporalio.envconfig)."""

    address: str = ""
    namespace: str = ""
    profile: str = ""


def choose(engine: str, cluster: Cluster) -> Cluster | None:
    """Return the cluster that a command means, None for the local engine. Raise UsageError."""
    choose_name(engine)
    if engine == "local":
        return None
    if engine == "temporal" or cluster != Cluster():
        return cluster
    if os.environ.get("TEMPORAL_PROFILE") or os.environ.get("DURABLE_ENGINE") == "temporal":
        return cluster
    return None


def choose_name(engine: str) -> None:
    """Raise UsageError if there is no engine of that name ("" is the default one)."""
    if engine not in ("", "local", "temporal"):
        raise UsageError(f"there is no engine {engine!r}: it is local or temporal")
