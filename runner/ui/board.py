"""What the pages show and send, asked of the same functions as `ps`, `show`, `logs`, `report`, `answer` and `cancel`.

The methods block and are called from several threads.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from durable.runner.errors import UsageError
from durable.runner.reporting.facts import Progress, Report, gather
from durable.runner.reporting.sources import Drawing, drawing_of, sources_of

if TYPE_CHECKING:
    from durable.runner.cli.engines import Cluster


class Board:
    """The runs of one engine: of the nearest journal, or of a Temporal cluster. All raise DurableError.

    Journals are read by one thread at a time: a file that is closed in one thread drops the locks that SQLite holds on
    it in another.
    """

    def __init__(self, cluster: Cluster | None) -> None:
        self.cluster = cluster
        self._journals = threading.Lock()
        self._compiling = threading.Lock()
        self._drawings: dict[tuple[str, int], Drawing] = {}

    @property
    def engine(self) -> str:
        return "local" if self.cluster is None else "temporal"

    @contextmanager
    def _asking(self) -> Iterator[None]:
        """Inside the block the engine may be asked. Raise EngineError for a server that is away."""
        if self.cluster is None:
            with self._journals:
                yield
            return
        from durable.runner.temporal.looking_at_server import reach

        reach(self.cluster)
        yield

    def runs(self) -> list[dict[str, Any]]:
        """Return the runs, newest first, as `durable ps --json` shows them."""
        with self._asking():
            if self.cluster is None:
                from durable.runner.cli.looking import local_runs

                return local_runs()
            from durable.runner.temporal.commands import list_runs

            return list_runs(self.cluster)

    def describe(self, run: str) -> dict[str, Any]:
        """Return a run as `durable show --json` shows it."""
        with self._asking():
            return sources_of(run, self.cluster).describe()

    def report(self, run: str) -> tuple[dict[str, Any], Report]:
        """Return a run as `show --json` has it, and its report without variables and graph."""
        with self._asking():
            sources = sources_of(run, self.cluster)
            found = sources.describe()
            whole = replace(sources, describe=lambda: found, picture=dict, graph=lambda found: "")
            return found, gather(whole)

    def output(self, run: str, fd: int) -> bytes:
        """Return exactly what the program has written to a descriptor."""
        with self._asking():
            return b"".join(data for wrote, data in sources_of(run, self.cluster).output() if wrote == fd)

    def strands(self, run: str) -> list[dict[str, Any]]:
        """Return where a run is, as `durable inspect --json` shows it."""
        from durable.runner.inspecting.asking import inspect_copy, inspect_on_cluster, located
        from durable.runner.inspecting.picture import Moment

        moment = Moment(run)
        if self.cluster is not None:
            with self._asking():
                return list(inspect_on_cluster(self.cluster, moment)["strands"])
        with ExitStack() as stack:
            with self._journals:
                home, spec = stack.enter_context(located(run))
            return list(inspect_copy(home, spec, moment)["strands"])

    def graph(self, run: str) -> str:
        """Return the program's graph as SVG, the run's progress laid over it."""
        found = self.describe(run)
        path = str(found.get("path", ""))
        key = path, _changed(path)
        with self._compiling:
            if key not in self._drawings:
                self._drawings[key] = drawing_of(found)
        return self._drawings[key](Progress.of(found))

    def resume(self, run: str) -> None:
        """Have a process in the background go on with an interrupted run. Raise UsageError on Temporal."""
        if self.cluster is not None:
            raise UsageError("workers go on with runs on Temporal: start `durable worker`")
        from durable.runner.local.detached import resume_detached

        with self._asking():
            resume_detached(run)

    def send(self, run: str, kind: str, name: str, payload: str) -> None:
        """Leave an answer, a signal or a cancellation for a run."""
        from durable.runner.cli.running import send

        if kind == "answer" and self.cluster is None:
            waits = self.describe(run)["waits"]
            if not any(wait["kind"] == "prompt" and str(wait["seq"]) == name for wait in waits):
                raise UsageError(f"run {run} does not ask that any more")
        with self._asking():
            send(run, kind, name, payload, self.cluster)


def _changed(path: str) -> int:
    """Return a number that changes with a file; 0 where there is none."""
    try:
        return Path(path).stat().st_mtime_ns
    except OSError:
        return 0
