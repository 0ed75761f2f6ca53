"""What a step says besides its result: text for the program's standard streams, warnings, and log records.

A library that prints, logs or warns within a step speaks to the program, not to the process: it is gathered while the
step is performed, recorded with its outcome, and said by the run when it takes that, live as on replay. So it goes
where the program's streams lead at that moment, and through its warning filters.
"""

from __future__ import annotations

import functools
import io
import json
import logging
import sys
import types
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from durable.runner import logged

if TYPE_CHECKING:
    from durable.runner.core.call import Site
    from durable.runner.run import Run

_HEAD, _MIDDLE = '{"$":"said","said":', ',"record":'
_FRAME = "<step>"
_real_handle = logging.Logger.handle
_real_show: Callable[[Any], None] = warnings._showwarnmsg  # type: ignore[attr-defined]


_said: ContextVar[list[Any] | None] = ContextVar("said", default=None)
"""What the step that is performed here has said: on its thread, and in the coroutine that it awaits on another."""


@contextmanager
def gathered() -> Iterator[list[Any]]:
    """Inside the block what is said is put in the list: (descriptor, text), `warnings.WarningMessage`, `LogRecord`."""
    heard: list[Any] = []
    token = _said.set(heard)
    try:
        yield heard
    finally:
        _said.reset(token)


def take(fd: int, text: str) -> bool:
    """Gather text for a stream ("": a flush); return False if nothing is gathered here."""
    heard = _said.get()
    if heard is None:
        return False
    heard.append((fd, text))
    return True


# The record


def with_record(run: Run, said: list[Any], record: str) -> str:
    """Return the record of a step that said something: its text and warnings before the record of its outcome."""
    if not said:
        return record
    return f"{_HEAD}{json.dumps([_part(run, one) for one in said])}{_MIDDLE}{record}}}"


def _part(run: Run, one: Any) -> list[Any]:
    if isinstance(one, warnings.WarningMessage):
        return _warning_record(run, one)
    return ["log", logged.stored(run, one)] if isinstance(one, logging.LogRecord) else list(one)


def deliver(run: Run, record: str) -> str:
    """Say what was recorded with a step's outcome and return the record of that."""
    if not record.startswith(_HEAD):
        return record
    said, end = json.JSONDecoder().raw_decode(record, len(_HEAD))
    for one in said:
        if one[0] == "warning":
            _warn_again(run, *one[1:])
        elif one[0] == "log":
            logged.log_again(run, one[1])
        else:
            _write(*one)
    return record[end + len(_MIDDLE) : -1]


def _write(fd: int, text: str) -> None:
    stream = sys.stdout if fd == 1 else sys.stderr
    if stream is not None:
        stream.write(text) if text else stream.flush()


def _warning_record(run: Run, warning: warnings.WarningMessage) -> list[Any]:
    module = getattr(warning, "durable_module", "")
    return ["warning", run.encoder.text(warning.message), warning.filename, warning.lineno, module]


def _warn_again(run: Run, message: str, filename: str, line: int, name: str) -> None:
    warning = run.decoder.value(message)
    module = sys.modules.get(name)
    registry = vars(module).setdefault("__warningregistry__", {}) if module is not None else {}
    warnings.warn_explicit(warning, type(warning), filename, line, name, registry)


# The frame that a step is called from


@functools.lru_cache(maxsize=4096)
def _caller_code(file: str, line: int) -> types.CodeType:
    def call(fn: Any, args: Any, kwargs: Any) -> Any: return fn(*args, **kwargs)  # fmt: skip

    return call.__code__.replace(co_filename=file, co_firstlineno=line, co_name=_FRAME, co_qualname=_FRAME)


def call_from(run: Run, site: Site) -> Callable[[Any, Any, Any], Any]:
    """Return `call(fn, args, kwargs)`, whose frame stands at `site`: what warns its caller then warns the program."""
    if not site.file:
        return lambda fn, args, kwargs: fn(*args, **kwargs)
    name = run.modules.name_of(site.file) if run.modules is not None else "__main__"
    return types.FunctionType(_caller_code(site.file, site.line), {"__name__": name})


def is_caller(code: types.CodeType) -> bool:
    """Say whether the code is that of `call_from`."""
    return code.co_name == _FRAME


# The process


class OutputOfSteps:
    """Stands for a stream of the process; while a step is performed, what is written goes to the program."""

    def __init__(self, real: Any, fd: int) -> None:
        self._real = real
        self._fd = fd

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def write(self, text: str) -> int:
        return len(text) if text and take(self._fd, text) else self._real.write(text)

    def writelines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        if not take(self._fd, ""):
            self._real.flush()


class Output(io.TextIOWrapper):
    """The program's stdout or stderr."""

    def write(self, text: str, /) -> int:
        if text and _said.get() is not None and take(self.fileno(), text):
            return len(text)
        return super().write(text)

    def flush(self) -> None:
        if _said.get() is None or not take(self.fileno(), ""):
            super().flush()


Output.__name__ = Output.__qualname__ = "TextIOWrapper"
Output.__module__ = "_io"


def _show(message: Any) -> None:
    """Take the place of the function that shows a warning which the filters let through."""
    heard = _said.get()
    if heard is None:
        _real_show(message)
        return
    message.durable_module = _forget(message)
    heard.append(message)


def _forget(message: Any) -> str:
    """Let the run meet a warning as if it had not been shown before; return the name of the module it is about."""
    text = str(message.message)
    warnings.onceregistry.pop((text, message.category), None)  # type: ignore[attr-defined]
    frame: types.FrameType | None = sys._getframe(2)
    while frame is not None:
        if frame.f_code.co_filename == message.filename and frame.f_lineno == message.lineno:
            registry = frame.f_globals.get("__warningregistry__", {})
            for line in (message.lineno, 0):
                registry.pop((text, message.category, line), None)
            return str(frame.f_globals.get("__name__", ""))
        frame = frame.f_back
    return ""


def _handle(logger: logging.Logger, record: logging.LogRecord) -> None:
    """Take the place of `Logger.handle`: within a step the record is for the handlers that the program has set up."""
    heard = _said.get()
    if heard is None:
        _real_handle(logger, record)
    else:
        heard.append(record)


def install_loggers() -> None:
    """Let the loggers of this process serve steps; a second call does nothing."""
    logging.Logger.handle = _handle  # type: ignore[method-assign, assignment]


def install() -> None:
    """Let this process's streams, warnings and loggers serve steps; a second call does nothing."""
    warnings._showwarnmsg = _show  # type: ignore[attr-defined]
    install_loggers()
    for fd, name in ((1, "stdout"), (2, "stderr")):
        stream = getattr(sys, name)
        if stream is not None and not isinstance(stream, OutputOfSteps):
            setattr(sys, name, OutputOfSteps(stream, fd))
