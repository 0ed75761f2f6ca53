"""A run as it is shown: its steps as lines, its output as bytes, once or as they come."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable, Iterable
from typing import Any

from durable.runner.cli.looking import FINAL, print_table
from durable.runner.reporting.described import place_of, start_of, status_of, wait_of

_PAUSE = 0.3
_HEAD = ("AT", "SEQ", "STEP", "EFFECT", "PLACE", "STATUS", "ATTEMPTS", "DURATION")
_WIDTHS = (8, 4, 34, 6, 18, 22, 8, 8)


def print_run(found: dict[str, Any]) -> None:
    """Print a run as `durable show` does: its steps with the time since its start, then what it waits for."""
    print(_title(found))
    start = start_of(found)
    print_table([_HEAD, *(_cells(step, start) for step in found["steps"])])
    for wait in found["waits"]:
        print(_wait(wait))


def follow_run(describe: Callable[[], dict[str, Any]]) -> int:
    """Print each step when it has ended, until the run has; return 0."""
    _end_at_interrupt()
    found = describe()
    print(_title(found))
    _print_wide(_HEAD)
    shown: set[int] = set()
    waits: list[str] = []
    while True:
        start = start_of(found)
        for step in found["steps"]:
            if step["status"] in ("completed", "raised") and step["seq"] not in shown:
                shown.add(step["seq"])
                _print_wide(_cells(step, start))
        now = [_wait(wait) for wait in found["waits"]]
        for line in now:
            if line not in waits:
                print(line, flush=True)
        waits = now
        if found["status"] in FINAL:
            print(_title(found), flush=True)
            return 0
        time.sleep(_PAUSE)
        found = describe()


def _title(found: dict[str, Any]) -> str:
    error = f"  {found['error']}" if found.get("error") else ""
    return f"{found['id']}  {found['script']}  {found['status']}{error}"


def _cells(step: dict[str, Any], start: float) -> tuple[str, ...]:
    duration = "" if step["duration"] is None else f"{step['duration']:.3f}s"
    at = f"+{max(0.0, step['started_at'] - start):.3f}s" if step["started_at"] else ""
    return (
        at,
        str(step["seq"]),
        step["name"],
        step["effect"],
        place_of(step),
        status_of(step),
        str(step["attempts"]),
        duration,
    )


def _print_wide(cells: tuple[str, ...]) -> None:
    """Print a line in columns that do not wait for the widest cell to come."""
    print("  ".join(cell.ljust(width) for cell, width in zip(cells, _WIDTHS, strict=True)).rstrip(), flush=True)


def _wait(wait: dict[str, Any]) -> str:
    return f"waits: {wait_of(wait, '%Y-%m-%d %H:%M:%S')}"


class Output:
    """A run's output going out; `wanted` are the descriptors (1, 2) that are shown, each on its own stream."""

    def __init__(self, wanted: tuple[int, ...]) -> None:
        self._wanted = wanted
        self._shown = {1: 0, 2: 0}

    def show(self, chunks: Iterable[tuple[int, bytes]]) -> None:
        """Print what was not shown yet of all that the run has written."""
        made = {1: 0, 2: 0}
        for fd, data in chunks:
            new = data[max(0, self._shown[fd] - made[fd]) :]
            made[fd] += len(data)
            if new and fd in self._wanted:
                out = sys.stdout if fd == 1 else sys.stderr
                out.buffer.write(new)
                out.flush()
        self._shown = {fd: max(self._shown[fd], made[fd]) for fd in made}

    def follow(self, chunks: Callable[[], Iterable[tuple[int, bytes]]], is_over: Callable[[], bool]) -> None:
        """Go on showing what comes until the run has ended."""
        _end_at_interrupt()
        while True:
            over = is_over()  # asked first: what was written before the end is there then
            self.show(chunks())
            if over:
                return
            time.sleep(_PAUSE)


def _end_at_interrupt() -> None:
    """Let Ctrl-C end a command that only looks, without a word."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
