"""The process of a test made to look, for the time of one run, as a process of the program's own does when it starts.

What a test runner has put into the process (warning filters, hooks, a loop, entries of `sys.path`) is not there inside
the block, and what a run puts there (modules, streams, handlers) is not there behind it.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import io
import json
import logging
import os
import signal
import subprocess
import sys
import threading
import traceback
import types
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from durable.runner.local import crash
from durable.runner.program import main as program

_OF_PYTEST = ("PYTEST_CURRENT_TEST", "PYTEST_VERSION")
_FILTERS: list[Any] = [
    ("default", None, DeprecationWarning, "__main__", 0),
    ("ignore", None, DeprecationWarning, None, 0),
    ("ignore", None, PendingDeprecationWarning, None, 0),
    ("ignore", None, ImportWarning, None, 0),
    ("ignore", None, ResourceWarning, None, 0),
]
"""Those that the interpreter starts with."""
_PLACES: tuple[tuple[Any, str], ...] = (
    (sys, "stdin stdout stderr excepthook __excepthook__ unraisablehook"),
    (traceback, "_walk_tb_with_full_positions walk_tb walk_stack"),
)
"""What a process that runs a program exchanges for good."""
_STATE = ("level", "handlers", "propagate", "disabled", "filters")


@contextmanager
def as_own_process(folder: Path, environment: Mapping[str, str | None]) -> Iterator[None]:
    """Inside the block the process is as one that starts in `folder`; `environment` has variables that are set for
    it, or unset (None).
    """
    with contextlib.ExitStack() as stack:
        for block in (_environment(environment), _directory(folder), _path(), _warnings(), _loggers(), _hooks()):
            stack.enter_context(block)
        for block in (_modules(), _interrupt(), _no_loop()):
            stack.enter_context(block)
        yield


@contextmanager
def _environment(changes: Mapping[str, str | None]) -> Iterator[None]:
    before = dict(os.environ)
    for name, value in {**dict.fromkeys(_OF_PYTEST), **changes}.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
    try:
        yield
    finally:
        for name in os.environ.keys() - before.keys():
            del os.environ[name]
        os.environ.update(before)


@contextmanager
def _directory(folder: Path) -> Iterator[None]:
    before = os.getcwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


@contextmanager
def _path() -> Iterator[None]:
    """Have the module path of an interpreter that was just started, behind an entry which the program's replaces."""
    before = sys.path[:]
    sys.path[:] = ["", *_plain_path(os.environ.get("PYTHONPATH", ""))]
    try:
        yield
    finally:
        sys.path[:] = before


@functools.cache
def _plain_path(variable: str) -> tuple[str, ...]:
    """Return what stands in `sys.path` behind the script's folder, with `variable` as PYTHONPATH."""
    asked = [sys.executable, "-c", "import json, sys; print(json.dumps(sys.path[1:]))"]
    done = subprocess.run(asked, capture_output=True, check=True, env={**os.environ, "PYTHONPATH": variable})
    return tuple(json.loads(done.stdout))


@contextmanager
def _warnings() -> Iterator[None]:
    module: Any = warnings
    with warnings.catch_warnings():
        module._showwarnmsg_impl = _show_warning()
        module.showwarning = module._showwarning_orig
        warnings.filters[:] = _FILTERS  # type: ignore[index]
        module._filters_mutated()
        yield


@functools.cache
def _show_warning() -> types.FunctionType:
    """Return the interpreter's own way to show a warning, whatever stands in its place."""
    spec = warnings.__spec__
    loader: Any = spec.loader if spec is not None else None
    codes = [code for code in loader.get_code("warnings").co_consts if isinstance(code, types.CodeType)]
    return types.FunctionType(next(code for code in codes if code.co_name == "_showwarnmsg_impl"), warnings.__dict__)


@contextmanager
def _loggers() -> Iterator[None]:
    """Have loggers as they are when a library has made them, and behind the block as they were."""
    before = {}
    for logger in list(logging.Logger.manager.loggerDict.values()):
        if isinstance(logger, logging.Logger):
            state = {name: getattr(logger, name) for name in _STATE}
            before[logger] = {key: list(value) if isinstance(value, list) else value for key, value in state.items()}
            quiet: list[logging.Handler] = [
                handler for handler in logger.handlers if isinstance(handler, logging.NullHandler)
            ]
            logger.level, logger.handlers, logger.propagate, logger.disabled, logger.filters = 0, quiet, True, False, []
    try:
        yield
    finally:
        for logger, state in before.items():
            for name, value in state.items():
                setattr(logger, name, value)


@contextmanager
def _hooks() -> Iterator[None]:
    """Exchange what hangs on `sys` and durable's own places for one run of a process."""
    before = [(owner, name, getattr(owner, name)) for owner, names in _PLACES for name in names.split()]
    hooks: list[Any] = program.UNCAUGHT[:]
    point, limit, finders = crash.point, sys.getrecursionlimit(), sys.meta_path[:]
    sys.meta_path[:] = [finder for finder in finders if not type(finder).__module__.startswith("_pytest.")]
    crash.point = None
    sys.stdin = io.StringIO()
    sys.unraisablehook = sys.__unraisablehook__
    try:
        yield
    finally:
        for owner, name, value in before:
            setattr(owner, name, value)
        program.UNCAUGHT[:] = hooks
        crash.point = point
        sys.meta_path[:] = [*(each for each in sys.meta_path if each not in finders), *finders]
        sys.setrecursionlimit(limit)


@contextmanager
def _modules() -> Iterator[None]:
    """Take the program's modules out of the process again; libraries that it imported stay, as they are shared."""
    before = dict(sys.modules)
    try:
        yield
    finally:
        for name, module in list(sys.modules.items()):
            if before.get(name) is not module and _is_programs(module):
                sys.modules.pop(name)
        for name, module in before.items():
            if name not in sys.modules or sys.modules[name] is not module:
                sys.modules[name] = module


def _is_programs(module: types.ModuleType) -> bool:
    from durable.runner.program.late import TextLoader
    from durable.runner.program.loader import BundleLoader

    spec = getattr(module, "__spec__", None)
    return spec is None or spec.loader is None or isinstance(spec.loader, BundleLoader | TextLoader)


@contextmanager
def _interrupt() -> Iterator[None]:
    """Let Ctrl-C end the test, whatever the program does with a KeyboardInterrupt."""
    is_main = threading.current_thread() is threading.main_thread()
    if not is_main:
        yield
        return
    hits: list[int] = []

    def stop(number: int, frame: object) -> None:
        hits.append(number)
        raise KeyboardInterrupt

    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGALRM)}
    if before[signal.SIGINT] is signal.default_int_handler:
        signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if hits:
            raise KeyboardInterrupt


@contextmanager
def _no_loop() -> Iterator[None]:
    """Have no event loop running here: a test that is a coroutine has one."""
    running = asyncio._get_running_loop()
    asyncio._set_running_loop(None)
    try:
        yield
    finally:
        asyncio._set_running_loop(running)
