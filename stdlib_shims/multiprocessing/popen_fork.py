"""Starting a child by fork: a copy of the parent's memory, with strands of its own."""

from __future__ import annotations

import multiprocessing.popen_fork as _real
import multiprocessing.util as _util
import os
import sys
from typing import Any

from durable.runner import context
from durable.runner.run import Run
from durable.stdlib_shims._leaf import stand_for
from durable.stdlib_shims._processes import Process, processes_of
from durable.stdlib_shims._run_pipes import Handle, be_patient, make_pipe, wait_until
from durable.stdlib_shims._strands import FATAL

_Popen: Any = _real.Popen
_launch, _poll = _Popen._launch, _Popen.poll
NOT_WAITING = os.WNOHANG


def __getattr__(name: str) -> Any:
    return getattr(_real, name)


def __dir__() -> list[str]:
    return dir(_real)


def _launched(self: Any, process_obj: Any) -> None:
    run = context.current()
    if run is None:
        _launch(self, process_obj)
        return
    processes = processes_of(run)
    (parent_r, child_w), (child_r, parent_w) = make_pipe(run, False), make_pipe(run, False)
    child, copied = processes.fork((process_obj, parent_r, parent_w, child_r))
    keep_ends(self, child, (parent_r, parent_w), (child_r, child_w))
    start_copy(run, child, *copied)


def start_copy(run: Run, child: Process, process_obj: Any, parent_r: Handle, parent_w: Handle, child_r: Handle) -> None:
    """Let `child` do what `process_obj`, its own copy, is for."""

    def bootstrap() -> int:
        parent_r.close()
        parent_w.close()
        return bootstrapped(run, child, process_obj, child_r)

    processes_of(run).start(child, bootstrap, process_obj.name)


def bootstrapped(run: Run, child: Process, process_obj: Any, parent_sentinel: Handle) -> int:
    """Run `process_obj` in `child`, where it is; what ends the whole run is not its to report."""
    plain = process_obj.run

    def run_it() -> None:
        try:
            plain()
        except FATAL as error:
            processes_of(run).fail(child, error)

    process_obj.run = run_it
    code: int = process_obj._bootstrap(parent_sentinel=parent_sentinel)
    if sys.version_info >= (3, 13):
        from durable.stdlib_shims.atexit import run_exit_callbacks

        run_exit_callbacks(run)
    return code


def keep_ends(popen: Any, child: Process, mine: tuple[Handle, ...], its: tuple[Handle, ...]) -> None:
    """Let `popen`, in the parent, be `child` with the ends of its pipes that are the parent's."""
    popen.pid, popen._durable_child = child.pid, child
    popen.sentinel = mine[0]
    for handle in its:
        handle.close()
    popen.finalizer = _util.Finalize(popen, close_all, mine)


def close_all(*handles: Handle) -> None:
    for handle in handles:
        handle.close()


def polled(self: Any, flag: int = os.WNOHANG) -> int | None:
    run = context.current()
    child: Process | None = getattr(self, "_durable_child", None)
    if run is None or child is None:
        found: int | None = _poll(self, flag)
        return found
    if self.returncode is None and run.scheduler.process is child.parent:
        if child.status is None and flag == os.WNOHANG:
            be_patient(run)
        elif child.status is None:
            wait_until(run, lambda: child.status is not None, (child.ended,))
        self.returncode = child.status
    return self.returncode  # type: ignore[no-any-return]


def install() -> None:
    """Make the real class serve runs; a second call does nothing."""
    if _Popen._launch is _launched:
        return
    for ours, real in ((_launched, _launch), (polled, _poll)):
        stand_for(ours, real)
    _Popen._launch, _Popen.poll = _launched, polled
