"""A Temporal workflow written by hand on the stock dev server."""

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from processes import PATIENCE, TooSlow, can_import, free_port, server

from contestants.protocol import LIBRARY, PEERS, Command, Launch, Options, Run, Sizes


def wait_for_namespace(temporal: str, address: str) -> None:
    """Returns when the server at `address` takes workflows in its default namespace."""
    describe = [temporal, "operator", "namespace", "describe", "default", "--address", address]
    deadline = time.monotonic() + PATIENCE
    while subprocess.run(describe, capture_output=True).returncode != 0:
        if time.monotonic() > deadline:
            raise TooSlow(f"no namespace `default` at {address} after {PATIENCE} s")


class TemporalByHand:
    name = "Temporal by hand, stock dev server"
    sizes = Sizes(sequential=200)

    def __init__(self, options: Options) -> None:
        self._python = options.peers_python
        self._temporal = options.temporal

    def missing(self) -> str | None:
        if shutil.which(self._temporal) is None:
            return f"{self._temporal} is not there (--temporal PATH)"
        return can_import(self._python, "temporalio")

    @contextmanager
    def serve(self, directory: Path) -> Iterator[Launch]:
        port = free_port()
        command = [self._temporal, "server", "start-dev", "--headless", "--port", str(port), "--log-level", "error"]
        database = ["--db-filename", str(directory / "temporal.db")]
        with server([*command, *database], directory / "server.log", port):
            address = f"127.0.0.1:{port}"
            wait_for_namespace(self._temporal, address)

            def launch(run: Run) -> Command:
                arguments = [address, run.id, run.program, str(run.count), str(run.ledger)]
                script = str(PEERS / "temporal_by_hand.py")
                return Command([self._python, script, *arguments], {"PYTHONPATH": str(LIBRARY)})

            yield launch
