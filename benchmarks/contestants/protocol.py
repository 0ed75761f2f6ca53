"""What the harness knows of a contestant: how to start its servers and which command performs a run."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

BENCHMARKS = Path(__file__).resolve().parents[1]
PROGRAMS = BENCHMARKS / "programs"
PEERS = BENCHMARKS / "peers"
LIBRARY = BENCHMARKS / "library"


@dataclass(frozen=True)
class Options:
    """Where the tools are: durable's own command, the Python that has the peers, the folder of restate-server."""

    durable: str
    temporal: str
    peers_python: str
    restate: Path | None


@dataclass(frozen=True)
class Run:
    """A run to perform: `count` steps of a program, each a line in `ledger`. The same id again goes on with it."""

    id: str
    program: str
    count: int
    ledger: Path


@dataclass(frozen=True)
class Command:
    """A process to start: it performs its run to the end and exits, 0 when all went well."""

    arguments: list[str]
    environment: dict[str, str] = field(default_factory=dict)


Launch = Callable[[Run], Command]


@dataclass(frozen=True)
class Sizes:
    """How many steps give a time long enough to measure and short enough to wait for."""

    sequential: int
    replay: int = 0


class Contestant(Protocol):
    """One way to run a program durably."""

    name: str
    sizes: Sizes

    def __init__(self, options: Options) -> None: ...

    def missing(self) -> str | None:
        """What keeps this contestant from running here, or None."""
        ...

    def serve(self, directory: Path) -> AbstractContextManager[Launch]:
        """Its servers, ready, on free ports, with all their state in the empty `directory`; stopped at the end."""
        ...
