"""Serves the pages on the loopback interface until it is stopped."""

from __future__ import annotations

import os
import signal
import socket
import sys
import webbrowser
from contextlib import suppress
from typing import TYPE_CHECKING

import uvicorn

from durable.runner.errors import UsageError
from durable.runner.ui.application import application
from durable.runner.ui.board import Board
from durable.runner.ui.guard import Keys

if TYPE_CHECKING:
    from durable.runner.cli.engines import Cluster

_HOST = "127.0.0.1"


def serve(cluster: Cluster | None, port: int, is_opened: bool) -> int:
    """Print the pages' address and serve them until Ctrl-C or SIGTERM. Raise UsageError if the port is taken."""
    with _bound(port) as listening:
        keys = Keys(listening.getsockname()[1])
        config = uvicorn.Config(
            application(Board(cluster), keys),
            lifespan="off",
            ws="none",
            log_level="warning",
            access_log=False,  # an address has the token in it
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=1,
        )
        print(keys.address, flush=True)
        if is_opened and _has_browser():
            webbrowser.open(keys.address_for_once())
        signal.signal(signal.SIGTERM, lambda number, frame: None)  # what uvicorn passes on when it has stopped
        with suppress(KeyboardInterrupt):
            uvicorn.Server(config).run(sockets=[listening])
    return 0


def _bound(port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((_HOST, port))
    except (OSError, OverflowError) as error:
        listening.close()
        raise UsageError(f"port {port} cannot be had: {getattr(error, 'strerror', None) or error}") from error
    return listening


def _has_browser() -> bool:
    """Say whether a browser can be opened beside this terminal: on Linux there must be a display."""
    if not sys.stdout.isatty():
        return False
    return sys.platform != "linux" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
