"""DBOS workflows written by hand, with DBOS's SQLite database."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from processes import can_import

from contestants.protocol import LIBRARY, PEERS, Command, Launch, Options, Run, Sizes


class Dbos:
    name = "DBOS on SQLite"
    sizes = Sizes(sequential=1000)

    def __init__(self, options: Options) -> None:
        self._python = options.peers_python

    def missing(self) -> str | None:
        return can_import(self._python, "dbos")

    @contextmanager
    def serve(self, directory: Path) -> Iterator[Launch]:
        def launch(run: Run) -> Command:
            arguments = [str(directory / "dbos.sqlite"), run.id, run.program, str(run.count), str(run.ledger)]
            script = str(PEERS / "dbos_by_hand.py")
            return Command([self._python, script, *arguments], {"PYTHONPATH": str(LIBRARY)})

        yield launch
