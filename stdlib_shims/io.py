"""Opening files: `open` with Python's own checks and layers, over a raw stream whose operations are steps in a run."""

from __future__ import annotations

import io as _real
import os
import warnings
from dataclasses import dataclass
from typing import Any

from durable.runner import context
from durable.runner.core.call import Probe
from durable.runner.run import Run
from durable.stdlib_shims import _buffers, _files
from durable.stdlib_shims._descriptors import AHEAD, Descriptor, table_of
from durable.stdlib_shims._files import RecordedRaw, files_of
from durable.stdlib_shims._machinery import caller, is_machinery
from durable.stdlib_shims._probes import REPEAT, Made, place

_open = _real.open
_open_code = _real.open_code
_BLOCK = _real.DEFAULT_BUFFER_SIZE
_FLAGS = {
    "r": os.O_RDONLY,
    "w": os.O_WRONLY | os.O_CREAT | os.O_TRUNC,
    "x": os.O_WRONLY | os.O_CREAT | os.O_EXCL,
    "a": os.O_WRONLY | os.O_CREAT | os.O_APPEND,
}
_ACCESS = os.O_RDONLY | os.O_WRONLY | os.O_RDWR


def __getattr__(name: str) -> Any:
    return getattr(_real, name)


def __dir__() -> list[str]:
    return dir(_real)


@dataclass(frozen=True)
class _Mode:
    """A mode that `open` accepts: `kind` is "r", "w", "x" or "a"."""

    kind: str
    updating: bool
    binary: bool

    @property
    def flags(self) -> int:
        flags = _FLAGS[self.kind]
        return flags & ~_ACCESS | os.O_RDWR if self.updating else flags

    @property
    def raw(self) -> str:
        return f"{self.kind}b{'+' if self.updating else ''}" if self.kind != "w" or not self.updating else "rb+"


def open(
    file: Any,
    mode: str = "r",
    buffering: int = -1,
    encoding: str | None = None,
    errors: str | None = None,
    newline: str | None = None,
    closefd: bool = True,
    opener: Any = None,
) -> Any:
    """Open `file`; within a run the file's operations are steps."""
    run = context.current()
    if run is None or is_machinery(caller()):
        with context.outside():
            return _open(file, mode, buffering, encoding, errors, newline, closefd, opener)
    if not isinstance(file, int):
        file = os.fspath(file)
    parsed = _parse(file, mode, buffering, encoding, errors, newline)
    if parsed.binary and buffering == 1:
        text = "line buffering (buffering=1) isn't supported in binary mode, the default buffer size will be used"
        warnings.warn(text, RuntimeWarning, stacklevel=2)
    raw = _open_raw(run, file, parsed, closefd, opener)
    try:
        return _layers(run, raw, parsed, mode, (buffering, encoding, errors, newline))
    except BaseException:
        raw.close()
        raise


def _parse(file: Any, mode: Any, buffering: Any, encoding: Any, errors: Any, newline: Any) -> _Mode:
    """Return the mode; raise what plain Python raises for arguments that do not fit, without touching the file."""
    letters = set(mode) if isinstance(mode, str) else set("?")
    is_odd = len(letters) != len(mode) if isinstance(mode, str) else True
    is_text = "b" not in letters
    if (
        is_odd
        or letters - set("rwxabt+")
        or sum(kind in letters for kind in "rwxa") != 1
        or {"t", "b"} <= letters
        or (not is_text and (encoding, errors, newline) != (None, None, None))
        or not isinstance(buffering, int)
        or (is_text and buffering == 0)
        or newline not in (None, "", "\n", "\r", "\r\n")
    ):
        _real_complaint(mode, buffering, encoding, errors, newline)
    kind = next(iter(letters & set("rwxa")))
    return _Mode(kind, "+" in letters, not is_text)


def _real_complaint(mode: Any, buffering: Any, encoding: Any, errors: Any, newline: Any) -> None:
    """Let the real function refuse such arguments; it is given a file that it cannot harm."""
    with context.outside():
        _open(
            os.devnull, mode.replace("x", "a") if isinstance(mode, str) else mode, buffering, encoding, errors, newline
        )


def _open_raw(run: Run, file: Any, mode: _Mode, closefd: bool, opener: Any) -> Any:
    if opener is not None and not isinstance(file, int):
        fd = opener(file, mode.flags | os.O_CLOEXEC)
        if not isinstance(fd, int):
            raise TypeError("expected integer from opener")
        if fd < 0:
            raise ValueError(f"opener returned {fd}")
        return _adopt(run, fd, file, mode, True)
    if isinstance(file, int):
        if file < 0:
            raise ValueError("negative file descriptor")
        return _adopt(run, file, file, mode, closefd)
    if not closefd:
        raise ValueError("Cannot use closefd=False with file name")
    descriptor = Descriptor(place(file), mode.flags)
    raw = RecordedRaw(run, descriptor, file, mode.raw)
    effect = "read" if mode.kind == "r" else "write"
    ahead = AHEAD if mode.flags & _ACCESS == os.O_RDONLY else 0
    raw.start(run.step(descriptor.begin, file, 0o666, ahead, effect=effect, callee="open", probe=_probe(mode, file)))
    return raw


def _probe(mode: _Mode, file: Any) -> Probe:
    if mode.kind == "x":
        return Made(place(file), [True, True, False, 0, None, False])
    return REPEAT


def _adopt(run: Run, fd: int, name: Any, mode: _Mode, closefd: bool) -> Any:
    """Return a raw stream over a descriptor that exists: one of the run's, a standard stream or one from outside."""
    if fd in (0, 1, 2) and fd not in table_of(run).by_number:
        from durable.runner.program.streams import InputRaw, OutputRaw

        return InputRaw(run) if fd == 0 else OutputRaw(run, fd, name)
    descriptor = table_of(run).by_number.get(fd)
    is_own = descriptor is not None
    if descriptor is None:
        descriptor = Descriptor(None, mode.flags, fd, fd)
    raw = RecordedRaw(run, descriptor, name, mode.raw)
    raw._closefd = closefd
    offset = descriptor.offset
    found = run.step(_described, run, descriptor, fd, name, effect="read", callee="open")
    raw.start(found)
    if is_own and not descriptor.appends:
        descriptor.offset = offset
    if mode.kind == "a" and not descriptor.appends and descriptor.is_regular:
        descriptor.offset = run.step(descriptor.size, effect="read", callee="open")
    return raw


def _described(run: Run, descriptor: Descriptor, fd: int, name: Any) -> list[Any]:
    if descriptor.live is None and descriptor.path is None and descriptor.number == fd:
        descriptor.live = fd
    return descriptor.describe(name, 0)


def _layers(run: Run, raw: Any, mode: _Mode, text_mode: str, options: tuple[Any, ...]) -> Any:
    """Put Python's buffer and text layers on `raw`, as `io.open` does."""
    buffering, encoding, errors, newline = options
    is_line_buffered = buffering == 1 or (buffering < 0 and raw.isatty())
    if buffering == 0:
        return _registered(run, raw, raw)
    size = buffering if buffering > 1 else _BLOCK
    if mode.updating:
        buffer = _buffers.BufferedRandom(raw, size)
    elif mode.kind == "r":
        buffer = _buffers.BufferedReader(raw, size)
    else:
        buffer = _buffers.BufferedWriter(raw, size)
    if mode.binary:
        return _registered(run, raw, buffer)
    text = _buffers.TextIOWrapper(buffer, encoding, errors, newline, is_line_buffered)
    vars(text)["mode"] = text_mode
    return _registered(run, raw, text)


def _registered(run: Run, raw: Any, file: Any) -> Any:
    if isinstance(raw, RecordedRaw) and raw._can_write:
        files_of(run).opened[raw.index] = file
    return file


def open_code(path: str) -> Any:
    """Open the file at `path`, which is meant to be executed, for reading bytes."""
    if context.current() is None:
        return _open_code(path)
    if not isinstance(path, str):
        raise TypeError(f"open_code() argument 'path' must be str, not {type(path).__name__}")
    return open(path, "rb")


def install() -> None:
    """Make the real module serve runs."""
    module: Any = _real
    module.open = open
    module.open_code = open_code
    _files.install()
