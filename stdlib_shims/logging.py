"""Logging in a run: the real module, configured afresh for each run that a process executes.

The root logger keeps its identity, since library loggers hang on it; what a program sets up (its handlers, its level,
the loggers that it makes) is the run's. Records take their time from the recorded clock, output goes to the run's
streams, a log file is a file of the run.
"""

from __future__ import annotations

import logging as _real
import weakref
from typing import Any

from durable.runner import context
from durable.runner.run import Run
from durable.stdlib_shims import atexit as _atexit
from durable.stdlib_shims._inline import mark
from durable.stdlib_shims._leaf import stand_for

_is_enabled_for = _real.Logger.isEnabledFor
_record_init = _real.LogRecord.__init__
_STATE = ("level", "handlers", "propagate", "disabled", "filters")
_baseline: dict[_real.Logger, dict[str, Any]] = {}


def __getattr__(name: str) -> Any:
    return getattr(_real, name)


def __dir__() -> list[str]:
    return dir(_real)


def _enabled(self: _real.Logger, level: int) -> bool:
    """Say whether `level` is logged here; a run does not use the cache, which belongs to the process."""
    if context.current() is None:
        run = context.performing()
        return _is_enabled_for(self, level) if run is None else _enabled_in_step(run, self, level)
    return not self.disabled and self.manager.disable < level and level >= self.getEffectiveLevel()


def _enabled_in_step(run: Run, logger: _real.Logger, level: int) -> bool:
    """Say whether the program's configuration lets `level` of a library's logger pass: it is handled after the step."""
    if logger.disabled or run.cells.value(logger.manager, "_disable") >= level:
        return False
    named: _real.Logger | None = logger
    while named is not None and named is not _real.root:
        if named.level:
            return level >= named.level
        named = named.parent
    return level >= int(run.cells.value(_real.root, "level"))


def _initialise(self: _real.LogRecord, *args: Any, **kwargs: Any) -> None:
    _record_init(self, *args, **kwargs)
    run = context.current()
    if run is not None:
        start = run.local("logging.start", lambda: self.created)
        self.relativeCreated = (self.created - start) * 1000


def _reset_library_loggers() -> None:
    """Give every logger of the process what it had before any run."""
    for logger in list(_real.Logger.manager.loggerDict.values()):
        if isinstance(logger, _real.Logger):
            state = {name: getattr(logger, name) for name in _STATE}
            known = _baseline.setdefault(logger, {k: list(v) if isinstance(v, list) else v for k, v in state.items()})
            for name, value in known.items():
                setattr(logger, name, list(value) if isinstance(value, list) else value)


def prepare(run: Run) -> None:
    """Give `run` its own logging configuration: that of a process which has just started."""
    module: Any = _real
    root, manager = module.root, module.Logger.manager
    _reset_library_loggers()
    handlers: list[Any] = []
    fresh: dict[str, Any] = {"handlers": [], "filters": [], "level": _real.WARNING, "disabled": False}
    for name, value in fresh.items():
        run.cells.add(root, name, value)
    run.cells.add(manager, "loggerDict", dict(manager.loggerDict))
    run.cells.add(manager, "_disable", 0)
    for name in ("loggerClass", "logRecordFactory"):
        run.cells.add(manager, name, None)
    run.cells.add(module, "_loggerClass", _real.Logger)
    run.cells.add(module, "_logRecordFactory", _real.LogRecord)
    run.cells.add(module, "_handlers", weakref.WeakValueDictionary())
    run.cells.add(module, "_handlerList", handlers)
    for name in ("_levelToName", "_nameToLevel"):
        run.cells.add(module, name, dict(getattr(module, name)))
    _atexit.register_first(run, _shut_down, handlers)


def _shut_down(handlers: list[Any]) -> None:
    """Flush and close the handlers, as the real module does at exit."""
    _real.shutdown(handlers)


def install() -> None:
    """Make the real module serve runs."""
    module: Any = _real
    stand_for(_enabled, _is_enabled_for)
    stand_for(_initialise, _record_init)
    module.Logger.isEnabledFor = _enabled
    module.LogRecord.__init__ = _initialise
    mark(module, ("basicConfig", "FileHandler", "StreamHandler", "Logger", "LoggerAdapter"))
