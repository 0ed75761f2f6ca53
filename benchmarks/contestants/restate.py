"""Restate workflows written by hand, on a single restate-server."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from processes import can_import, free_port, server, wait_for_page

from contestants.protocol import LIBRARY, PEERS, Command, Launch, Options, Run, Sizes


class Restate:
    name = "Restate"
    sizes = Sizes(sequential=1000)

    def __init__(self, options: Options) -> None:
        self._python = options.peers_python
        self._server = find_server(options.restate)

    def missing(self) -> str | None:
        if self._server is None:
            return "restate-server is not there (npm install @restatedev/restate-server, then --restate FOLDER)"
        return can_import(self._python, "restate") or can_import(self._python, "hypercorn")

    @contextmanager
    def serve(self, directory: Path) -> Iterator[Launch]:
        fabric, admin, ingress, endpoint = (free_port() for _ in range(4))
        environment = {
            "RESTATE_BIND_ADDRESS": f"127.0.0.1:{fabric}",
            "RESTATE_ADMIN__BIND_ADDRESS": f"127.0.0.1:{admin}",
            "RESTATE_INGRESS__BIND_ADDRESS": f"127.0.0.1:{ingress}",
            "RESTATE_DISABLE_TELEMETRY": "true",
        }
        state = ["--base-dir", str(directory / "restate"), "--node-name", "bench"]
        command = [str(self._server), *state, "--no-logo", "--listen-mode", "tcp"]
        with server(command, directory / "server.log", admin, environment):
            wait_for_page(f"http://127.0.0.1:{admin}/health")
            wait_for_page(f"http://127.0.0.1:{ingress}/restate/health")

            def launch(run: Run) -> Command:
                ports = f"{ingress},{admin},{endpoint}"
                arguments = [ports, run.id, run.program, str(run.count), str(run.ledger)]
                script = str(PEERS / "restate_by_hand.py")
                return Command([self._python, script, *arguments], {"PYTHONPATH": str(LIBRARY)})

            yield launch


def find_server(folder: Path | None) -> str | None:
    """The server's own executable: the npm package's script is a node process in front of it."""
    if folder is None:
        return shutil.which("restate-server")
    found = sorted(folder.glob("node_modules/@restatedev/restate-server-*/bin/restate-server"))
    return str(found[0]) if found else shutil.which("restate-server", path=str(folder))
