"""The ends of pipes to a child process of a run."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

from durable.runner import context


class Pipe:
    """One end of a pipe to a child; each use of it is a step."""

    def __init__(self, process: Any, name: str, is_text: bool) -> None:
        self._process = process
        self._name = name
        self._is_text = is_text
        self._closed = False
        self.encoding = process.encoding
        self.errors = process.errors

    def _do(self, method: str, *args: Any) -> Any:
        child = self._process._child
        assert child is not None
        if context.current() is None:
            return getattr(getattr(child.revived(method), self._name), method)(*args)
        if self._closed:
            raise ValueError("I/O operation on closed file.")

        def act(live: Any) -> Any:
            return getattr(getattr(live, self._name), method)(*args)

        effect = "write" if self._name == "stdin" else "read"
        return self._process._do(f"{self._name}.{method}", act, effect)

    # Reading

    def read(self, size: int | None = -1) -> Any:
        return self._do("read", size)

    def read1(self, size: int = -1) -> Any:
        return self._do("read1", size)

    def readline(self, size: int = -1) -> Any:
        return self._do("readline", size)

    def readlines(self, hint: int = -1) -> Any:
        return self._do("readlines", hint)

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        line = self.readline()
        if not line:
            raise StopIteration
        return line

    # Writing

    def write(self, data: Any) -> Any:
        return self._do("write", data)

    def writelines(self, lines: Any) -> None:
        self._do("writelines", list(lines))

    def flush(self) -> None:
        if self._name == "stdin":
            self._do("flush")

    # Its state

    def close(self) -> None:
        if not self._closed:
            try:
                self._do("close")
            finally:
                self._closed = True

    @property
    def closed(self) -> bool:
        return self._closed

    def fileno(self) -> int:
        return int(self._do("fileno"))

    def readable(self) -> bool:
        return self._name != "stdin"

    def writable(self) -> bool:
        return self._name == "stdin"

    def seekable(self) -> bool:
        return False

    def isatty(self) -> bool:
        return False

    def __enter__(self) -> Pipe:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _class(self) -> type:
        if self._is_text:
            return io.TextIOWrapper
        return io.BufferedWriter if self._name == "stdin" else io.BufferedReader

    __class__: Any = property(_class)
