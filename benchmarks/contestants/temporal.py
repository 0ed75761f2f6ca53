"""durable on Temporal, against the server of `durable dev`."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from processes import free_port, server

from contestants.local import durable_environment
from contestants.protocol import PROGRAMS, Command, Launch, Options, Run, Sizes
from contestants.temporal_by_hand import wait_for_namespace


class Temporal:
    name = "durable on Temporal"
    sizes = Sizes(sequential=300, replay=1000)

    def __init__(self, options: Options) -> None:
        self._durable = options.durable
        self._temporal = options.temporal

    def missing(self) -> str | None:
        for tool, option in ((self._durable, "--durable"), (self._temporal, "--temporal")):
            if shutil.which(tool) is None:
                return f"{tool} is not there ({option} PATH)"
        return None

    @contextmanager
    def serve(self, directory: Path) -> Iterator[Launch]:
        port = free_port()
        environment = durable_environment(directory)
        dev = [self._durable, "dev", "--port", str(port), "--db", str(directory / "temporal.db")]
        with server(dev, directory / "server.log", port, environment):
            address = f"127.0.0.1:{port}"
            wait_for_namespace(self._temporal, address)

            def launch(run: Run) -> Command:
                program = str(PROGRAMS / f"{run.program}.py")
                where = ["--engine", "temporal", "--address", address]
                arguments = ["--id", run.id, *where, program, str(run.count), str(run.ledger)]
                return Command([self._durable, "run", *arguments], environment)

            yield launch
