"""Managers: the real server, in a child process of the run, over the run's own connections."""

from __future__ import annotations

import multiprocessing.managers as _real
import multiprocessing.process as _process
import sys
import threading
from typing import Any

from durable.runner import context
from durable.stdlib_shims._leaf import stand_for

_Server: Any = _real.Server
_serve = _Server.serve_forever


def __getattr__(name: str) -> Any:
    return getattr(_real, name)


def __dir__() -> list[str]:
    return dir(_real)


def _served(self: Any) -> None:
    if context.current() is None:
        _serve(self)
        return
    self.stop_event = threading.Event()
    current: Any = _process.current_process()
    current._manager_server = self
    threading.Thread(target=self.accepter, daemon=True).start()
    self.stop_event.wait()  # the real one looks every second
    sys.exit(0)


def install() -> None:
    """Make the real class serve runs; a second call does nothing."""
    if _Server.serve_forever is not _served:
        stand_for(_served, _serve)
        _Server.serve_forever = _served
