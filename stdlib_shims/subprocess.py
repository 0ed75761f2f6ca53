"""Child processes as steps: `run`, `call`, `check_call`, `check_output`, `getoutput`, `getstatusoutput` are one each.

`Popen` is a class whose operations are steps (see `_popen`). Results and exceptions are of the real classes. A child's
output belongs to the run's (see `_children`); its environment and working directory are the program's.
"""

from __future__ import annotations

import functools
import subprocess as _real
from typing import Any

from durable.runner import context
from durable.stdlib_shims._children import RealPopen, command_of, step
from durable.stdlib_shims._popen import Popen

_run = _real.run
_call = _real.call
_check_call = _real.check_call
_check_output = _real.check_output
_getoutput = _real.getoutput
_getstatusoutput = _real.getstatusoutput

__all__ = ["Popen", "call", "check_call", "check_output", "getoutput", "getstatusoutput", "run"]


def __getattr__(name: str) -> Any:
    return getattr(_real, name)


def __dir__() -> list[str]:
    return dir(_real)


def _one_step(real: Any, popenargs: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    run = context.current()
    if run is None:
        return real(*popenargs, **kwargs)
    command = command_of(run, real, popenargs, kwargs)
    return step(run, command, command.perform, "write", f"subprocess.{real.__name__}", probe=command.probe)


@functools.wraps(_run)
def run(*popenargs: Any, **kwargs: Any) -> Any:
    result = _one_step(_run, popenargs, kwargs)
    if isinstance(result, _real.CompletedProcess):
        return result
    args = popenargs[0] if popenargs else kwargs["args"]
    return _real.CompletedProcess(args, *result)


@functools.wraps(_call)
def call(*popenargs: Any, **kwargs: Any) -> Any:
    return _one_step(_call, popenargs, kwargs)


@functools.wraps(_check_call)
def check_call(*popenargs: Any, **kwargs: Any) -> Any:
    return _one_step(_check_call, popenargs, kwargs)


@functools.wraps(_check_output)
def check_output(*popenargs: Any, **kwargs: Any) -> Any:
    return _one_step(_check_output, popenargs, kwargs)


@functools.wraps(_getoutput)
def getoutput(cmd: Any, **kwargs: Any) -> Any:
    return _getstatusoutput_of(_getoutput, cmd, kwargs)


@functools.wraps(_getstatusoutput)
def getstatusoutput(cmd: Any, **kwargs: Any) -> Any:
    return _getstatusoutput_of(_getstatusoutput, cmd, kwargs)


def _getstatusoutput_of(real: Any, cmd: Any, kwargs: dict[str, Any]) -> Any:
    run = context.current()
    if run is None:
        return real(cmd, **kwargs)
    return run.step(real, cmd, effect="write", callee=f"subprocess.{real.__name__}", **kwargs)


def install() -> None:
    """Make the real module serve strands; a second call does nothing."""
    real: Any = _real
    if real.Popen is not RealPopen:
        return
    real.Popen = Popen
    for shim in (run, call, check_call, check_output, getoutput, getstatusoutput):
        setattr(real, shim.__name__, shim)
