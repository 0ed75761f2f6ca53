"""Files of a run that a child process has as its streams: as they were before it, if the child is started again."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Mapping
from typing import Any

from durable.runner.core.call import UNKNOWN, Settled
from durable.runner.errors import ResourceLost
from durable.runner.run import Run
from durable.stdlib_shims._descriptors import Descriptor, appended_since, table_of
from durable.stdlib_shims._files import RecordedRaw

Mark = list[int] | None
"""The size and the position of a regular file before a child had it (bytes); None for any other file."""


class Lent:
    """One file that a child gets. The methods are to be called within steps.

    What the child wrote is cut off again before another start, unless it may not be the child's alone: the file is open
    for appending, or was lent or written again.
    """

    def __init__(self, file: Descriptor) -> None:
        file.lend()
        self._file = file
        self._facts = file.lends, file.offset
        self._mark: Mark = None

    def mark(self) -> Mark:
        """Return what stands in the file now, to be remembered with the start of the child."""
        return self._file.mark()

    def rewind(self, mark: Mark) -> None:
        """Have the next `give` put the file back to `mark`."""
        self._mark = mark

    def give(self) -> int:
        """Return the descriptor for the child, opened again if the program has closed the file since."""
        file = self._file
        mark, self._mark = self._mark, None
        is_alone = self._facts == (file.lends, file.offset) and not file.appends
        if mark is not None and (is_alone or not file.is_written):
            file.rewind(mark)
        return file.fd()

    def take_back(self) -> None:
        """Close the descriptor, once the child has its own, if the program has closed the file."""
        if self._file.is_closed:
            self._file.release()


class Streams:
    """The files lent to a child whose whole life is one step: the probe of that step."""

    def __init__(self, lent: Mapping[str, Lent]) -> None:
        self._lent = lent

    def note(self) -> Any:
        return marks_of(self._lent)

    def settle(self, note: Any) -> Settled:
        rewind(self._lent, note)
        return UNKNOWN


class Given:
    """The files that a step got to write to: the probe of that step. What it wrote before a crash counts once."""

    def __init__(self, files: list[Descriptor]) -> None:
        self._files = files

    def note(self) -> Any:
        for file in self._files:
            file.doubted = b""
        try:
            return [file.size() for file in self._files]
        except (OSError, ResourceLost):  # the step itself will say so
            return None

    def settle(self, note: Any) -> Settled:
        with contextlib.suppress(OSError, ResourceLost):
            for file, size in zip(self._files, note or (), strict=False):
                if file.appends:
                    file.doubted = appended_since(file, size) or b""
                elif file.size() > size:
                    file.truncate(size)
        return UNKNOWN


def given(roots: tuple[Any, ...]) -> Given | None:
    """Return the probe of a step that gets files of the run to write to, None for one that gets none."""
    files = [*filter(None, (_written(root) for root in roots if isinstance(root, io.IOBase)))]
    return Given(files) if files else None


def _written(file: Any) -> Descriptor | None:
    raw = getattr(file, "buffer", file)
    raw = getattr(raw, "raw", raw)
    if not isinstance(raw, RecordedRaw) or raw.closed:
        return None
    found = raw._file
    return found if found.is_regular and found.is_written and not found.is_lent else None


def marks_of(lent: Mapping[str, Lent]) -> dict[str, Mark]:
    """Return the marks of all files."""
    return {name: file.mark() for name, file in lent.items()}


def rewind(lent: Mapping[str, Lent], marks: Mapping[str, Mark]) -> None:
    """Have all files put back to `marks` when a child gets them."""
    for name, mark in marks.items():
        lent[name].rewind(mark)


def lent_to_child(run: Run, stream: Any) -> Lent | None:
    """Return the file of `run` that `stream` (an object or number) is, None for one without a name or not its own."""
    if type(stream) is int:
        file = table_of(run).by_number.get(stream)
    else:
        raw = getattr(stream, "buffer", stream)
        raw = getattr(raw, "raw", raw)
        file = raw._file if isinstance(raw, RecordedRaw) and not raw.closed else None
    return None if file is None or file.path is None else Lent(file)
