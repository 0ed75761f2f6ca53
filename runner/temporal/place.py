"""The working directory of a run in a process that serves many: each of our threads has its own (Linux).

Elsewhere the process has one directory, and runs that were started in different ones belong in different workers.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
import threading

_CLONE_FS = 0x200
_chdir = os.chdir


class _State(threading.local):
    is_own = False


_state = _State()


def enter(cwd: str) -> None:
    """Give this thread the working directory `cwd`, if this machine has it."""
    if not _state.is_own:
        _state.is_own = True
        if sys.platform == "linux":
            ctypes.CDLL(None).unshare(_CLONE_FS)
    with contextlib.suppress(OSError):
        _chdir(cwd)
