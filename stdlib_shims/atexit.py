"""Exit callbacks of a run: its own list, called when its program has ended."""

from __future__ import annotations

import atexit as _real
import sys
import traceback
from collections.abc import Callable
from typing import Any

from durable.runner import context
from durable.runner.core.scheduler import Stopped
from durable.runner.errors import StopRun
from durable.runner.run import Run

_register, _unregister = _real.register, _real.unregister
_Callback = tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]


def __getattr__(name: str) -> Any:
    return getattr(_real, name)


def __dir__() -> list[str]:
    return dir(_real)


def _callbacks(run: Run) -> list[_Callback]:
    return run.local("atexit", list)


def register(func: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Callable[..., Any]:
    """Have `func(*args, **kwargs)` called when the program has ended; return `func`."""
    run = context.current()
    if run is None:
        return _register(func, *args, **kwargs)
    if not callable(func):
        raise TypeError("the first argument must be callable")
    _callbacks(run).append((func, args, kwargs))
    return func


def unregister(func: Callable[..., Any], /) -> None:
    """Forget every callback that equals `func`."""
    run = context.current()
    if run is None:
        _unregister(func)
    else:
        kept = [callback for callback in _callbacks(run) if callback[0] != func]
        _callbacks(run)[:] = kept


def register_first(run: Run, func: Callable[..., Any], *args: Any) -> None:
    """Have `func` called after all callbacks of the program (as what the interpreter registers before it starts)."""
    _callbacks(run).insert(0, (func, args, {}))


def run_exit_callbacks(run: Run) -> None:
    """Call the callbacks of `run`, the last registered first; an error in one is reported and the others are called."""
    callbacks = _callbacks(run)
    while callbacks:
        func, args, kwargs = callbacks.pop()
        try:
            func(*args, **kwargs)
        except (StopRun, Stopped):
            raise
        except BaseException as error:
            print(f"Exception ignored in atexit callback: {func!r}", file=sys.stderr)
            traceback.print_exception(error, file=sys.stderr)


def install() -> None:
    """Make the real module serve runs."""
    module: Any = _real
    module.register = register
    module.unregister = unregister
