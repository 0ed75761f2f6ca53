"""The process of `durable debug`: replays a run from a copy of its journal, with the debugger in its strands.

Going back is starting again, with an earlier moment and the same breakpoints.
"""

from __future__ import annotations

import bdb
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any, NoReturn

from durable.runner import context
from durable.runner.debugging.debugger import Debugger
from durable.runner.errors import DurableError
from durable.runner.inspecting.__main__ import opened
from durable.runner.inspecting.local import LocalReplay
from durable.runner.inspecting.picture import Moment
from durable.runner.inspecting.stacks import stacks_of
from durable.runner.local.driver import say


def main() -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)  # the command itself ignores Ctrl-C
    path = Path(sys.argv[1])
    order = json.loads(path.read_text(encoding="utf-8"))
    try:
        _debug(path, order)
    except DurableError as error:
        say(str(error))
        _end(error.exit_code)
    _end(0)


def _debug(path: Path, order: dict[str, Any]) -> None:
    journal, row = opened(order, Moment(order["run"]))
    replay = LocalReplay(journal, row)
    debugger = Debugger(replay.run, order["at"])
    _set_breaks(debugger, order["breaks"])
    replay.show = lambda fd, data: _write(debugger, fd, data)

    def leave(at: int) -> NoReturn:
        breaks = [_kept(one) for one in bdb.Breakpoint.bpbynumber if one is not None]
        with context.outside():
            path.write_text(json.dumps({**order, "at": at, "breaks": breaks}), encoding="utf-8")
            os.execv(sys.executable, [sys.executable, "-m", "durable.runner.debugging", str(path)])

    debugger.leave = leave
    debugger.attach()
    for _ in replay.steps():
        pass
    sys.settrace(None)
    _at_the_end(debugger, replay)


def _at_the_end(debugger: Debugger, replay: LocalReplay) -> None:
    """Let people look at where the run stands, or how it ended."""
    run = replay.run
    if run.is_finished:
        code = run.outcome.exit_code if run.outcome is not None else 0
        debugger.message(f"-- the program ends with exit code {code} --")
        debugger.asked += 1  # the end is a moment too
        error = replay.looked.uncaught
        while error is not None and error.__traceback__ is not None:
            debugger.message(f"{type(error).__name__}: {error}")
            debugger.reset()
            debugger.interaction(None, error.__traceback__)
        return
    frames = [
        spot.frame
        for stack in stacks_of(run)
        for spot in stack.spots
        if spot.frame.f_code.co_filename in run.sites.files
    ]
    while frames:
        debugger.stop_in(frames[-1], "the journal ends here")
        sys.settrace(None)


def _set_breaks(debugger: Debugger, breaks: list[list[Any]]) -> None:
    for one in breaks:
        debugger.set_break(*one)


def _kept(one: bdb.Breakpoint) -> list[Any]:
    """Return the arguments that set a breakpoint again."""
    return [one.file, one.line, one.temporary, one.cond, one.funcname]


def _write(debugger: Debugger, fd: int, data: bytes) -> None:
    if debugger.is_live:
        with context.outside():
            os.write(fd, data)


def _end(code: int) -> NoReturn:
    sys.stdout.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
