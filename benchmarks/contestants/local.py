"""durable with its local engine."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from contestants.protocol import LIBRARY, PROGRAMS, Command, Launch, Options, Run, Sizes


def durable_environment(directory: Path) -> dict[str, str]:
    """All that durable keeps, runs and caches, goes into `directory`."""
    return {
        "PYTHONPATH": str(LIBRARY),
        "DURABLE_HOME": str(directory / "durable"),
        "XDG_CACHE_HOME": str(directory / "cache"),
    }


class Local:
    name = "durable, local engine"
    sizes = Sizes(sequential=2000, replay=20000)

    def __init__(self, options: Options) -> None:
        self._durable = options.durable

    def missing(self) -> str | None:
        return None if shutil.which(self._durable) else f"{self._durable} is not there (--durable PATH)"

    @contextmanager
    def serve(self, directory: Path) -> Iterator[Launch]:
        def launch(run: Run) -> Command:
            program = str(PROGRAMS / f"{run.program}.py")
            return Command(
                [self._durable, "run", "--id", run.id, program, str(run.count), str(run.ledger)],
                durable_environment(directory),
            )

        yield launch
