"""Children that begin with a memory of their own from the start: the `spawn` and `forkserver` methods in a run."""

from __future__ import annotations

import io
import multiprocessing.process as _process
import multiprocessing.spawn as _spawn
import pickle
import sys
import types
from multiprocessing import reduction
from multiprocessing.context import set_spawning_popen
from typing import Any

from durable.runner import context
from durable.runner.errors import RefusedCall
from durable.runner.run import Run
from durable.stdlib_shims._leaf import stand_for
from durable.stdlib_shims._processes import Process, processes_of
from durable.stdlib_shims._run_pipes import Handle, make_pipe
from durable.stdlib_shims.multiprocessing import popen_fork


def install(popen: Any) -> None:
    """Make a real class of such children serve runs; a second call does nothing."""
    launch = popen._launch
    if launch.__module__ == __name__:
        return

    def launched(self: Any, process_obj: Any) -> None:
        run = context.current()
        if run is None:
            launch(self, process_obj)
        else:
            _launch(run, self, process_obj)

    stand_for(launched, launch)
    popen._launch = launched
    if "poll" in vars(popen):
        poll = popen.poll

        def polled(self: Any, flag: int = popen_fork.NOT_WAITING) -> Any:
            is_child = getattr(self, "_durable_child", None) is not None
            return popen_fork.polled(self, flag) if is_child else poll(self, flag)

        stand_for(polled, poll)
        popen.poll = polled


def _launch(run: Run, popen: Any, process_obj: Any) -> None:
    if run.modules is None:
        site = run.sites.dynamic(sys._getframe(1), f"the start method {popen.method!r}", "refused")
        raise RefusedCall(site.callee, site, "use the method 'fork'")
    message = _message(popen, process_obj)
    processes = processes_of(run)
    (parent_r, child_w), (child_r, parent_w) = make_pipe(run, False), make_pipe(run, False)
    child = processes.spawn()
    sentinel = child.memory.ends.add(run, child_r.end)
    child.memory.ends.add(run, child_w.end)
    popen_fork.keep_ends(popen, child, (parent_r, parent_w), (child_r, child_w))
    processes.start(child, lambda: _begin(run, child, message, sentinel), process_obj.name)


def _message(popen: Any, process_obj: Any) -> bytes:
    """Return what the child is told: the state of the interpreter, and its work. Raise what pickling it raises."""
    data = _spawn.get_preparation_data(process_obj._name)
    data.pop("dir", None)  # it is there already
    message = io.BytesIO()
    set_spawning_popen(popen)
    try:
        reduction.dump(data, message)
        reduction.dump(process_obj, message)
    finally:
        set_spawning_popen(None)
    return message.getvalue()


def _begin(run: Run, child: Process, message: bytes, sentinel: Handle) -> int:
    """Do in the child what its interpreter would do."""
    from durable.runner.program.main import prepare

    prepare(run)
    sys.modules["__main__"] = types.ModuleType("__main__")
    current: Any = _process.current_process()
    current._inheriting = True
    source = io.BytesIO(message)
    try:
        prepared = pickle.load(source)
        _spawn.prepare(prepared)
        process_obj = pickle.load(source)
    except BaseException as error:
        return _failed(error)
    finally:
        del current._inheriting
    return popen_fork.bootstrapped(run, child, process_obj, sentinel)


def _failed(error: BaseException) -> int:
    """Report what ended a new interpreter before its work began, and return its exit code."""
    from durable.stdlib_shims._strands import FATAL

    if isinstance(error, FATAL):
        raise error
    if isinstance(error, SystemExit):
        return error.code if isinstance(error.code, int) else int(error.code is not None)
    sys.excepthook(type(error), error, error.__traceback__)
    sys.stdout.flush()
    return 1
