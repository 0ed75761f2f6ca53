"""Python's own debugger on the strands of a replayed run: what is typed there computes and touches nothing."""

from __future__ import annotations

import os
import pdb
import sys
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from durable.runner import context
from durable.runner.codec.frames import is_own
from durable.runner.core.messages import Request
from durable.runner.core.scheduler import Stopped
from durable.runner.lines import next_line
from durable.runner.run import Run

_HELP = """On a run's past, pdb has these besides its own commands:

f(or)w(ar)d [N]   go on to the moment at which the next step (timer, prompt) is asked for, or the N-th
ba(ck) [N]        go back to the moment before this one, or N before: the run is replayed up to there
goto N            go to the moment at which step N is asked for (`durable show` numbers them)
restart           go to the program's first line

Steps are answered from the journal. What you type can compute, but it cannot touch the world."""


class Moved(Exception):
    """The run is to be replayed to another moment: `at` is a request's number, -1 the program's first line."""

    def __init__(self, at: int) -> None:
        super().__init__(at)
        self.at = at


class _Lines:
    """Standard input line by line, with nothing read ahead: the rest is for the process that goes back."""

    def readline(self) -> str:
        return next_line().decode("utf-8", "replace")


class _Host:
    """The host of a run while people type: it has no time for them."""

    is_past = False

    def __init__(self, debugger: Debugger, activation: int) -> None:
        self._debugger = debugger
        self.activation = activation

    def ambient(self, kind: str, produce: Callable[[], Any]) -> Any:
        raise Stopped(f"{kind} touches the world; a look at the past only computes")

    def emit(self, fd: int, data: bytes) -> None:
        self._debugger.message(data.decode(errors="replace").rstrip("\n"))


class Debugger(pdb.Pdb):
    """pdb for the strands of `run`. `at` is the number of the request at which it stops first, -1 the first line."""

    def __init__(self, run: Run, at: int) -> None:
        is_terminal = os.isatty(0) and os.isatty(1)
        streams: dict[str, Any] = {} if is_terminal else {"stdin": _Lines(), "stdout": sys.__stdout__}
        super().__init__(nosigint=True, readrc=False, **streams)
        if is_terminal and sys.__stdin__ is not None and sys.__stdout__ is not None:
            self.stdin, self.stdout = sys.__stdin__, sys.__stdout__
        self.use_rawinput = is_terminal
        self.run_ = run
        self.target = at
        self.asked = -1
        self.is_live = False
        self.leave: Callable[[int], None] = lambda at: None

    # The run's side

    def attach(self) -> None:
        """Follow all that the strands of the run do from now on."""
        self.reset()
        scheduler: Any = self.run_.scheduler
        request, post, block, spawn = scheduler.request, scheduler.post, scheduler.block, scheduler.spawn

        def asking(made: Request, *rest: Any) -> Any:
            self._asked(made)
            return (post if rest else request)(made, *rest)

        def blocking() -> Any:
            with context.outside():
                sys.settrace(None)
            try:
                return block()
            finally:
                self._follow()

        def spawning(target: Callable[[], Any], *args: Any, **kwargs: Any) -> Any:
            def body() -> Any:
                self._follow()
                return target()

            return spawn(body, *args, **kwargs)

        scheduler.request = scheduler.post = asking
        scheduler.block, scheduler.spawn = blocking, spawning

    def _follow(self) -> None:
        if self.is_live or self.target == -1:
            with context.outside():
                sys.settrace(self.trace_dispatch)

    def _asked(self, request: Request) -> None:
        self.asked = request.seq
        if self.target < 0 or request.seq < self.target:
            return
        frame = self._program_frame(sys._getframe())
        if frame is not None:
            self.stop_in(frame, f"step {request.seq} is asked for")

    def _program_frame(self, frame: types.FrameType | None) -> types.FrameType | None:
        while frame is not None and frame.f_code.co_filename not in self.run_.sites.files:
            frame = frame.f_back
        return frame

    def stop_in(self, frame: types.FrameType, why: str) -> None:
        """Let people look at `frame` where it stands, and go on as they say."""
        self.is_live, self.target = True, sys.maxsize
        with context.outside():
            self.message(f"-- {why} --")
            self.reset()
            outer: types.FrameType | None = frame
            while outer is not None:
                outer.f_trace = self.trace_dispatch
                self.botframe = outer
                outer = outer.f_back
            self.interaction(frame, None)
            sys.settrace(self.trace_dispatch)

    # pdb's side

    def stop_here(self, frame: types.FrameType) -> bool:
        return frame.f_code.co_filename in self.run_.sites.files and bool(super().stop_here(frame))

    def break_here(self, frame: types.FrameType) -> bool:
        if frame.f_code.co_filename not in self.run_.sites.files:
            return False
        with self._looking():
            return bool(super().break_here(frame))

    def user_call(self, frame: types.FrameType, argument_list: None) -> None:
        if self.is_live:
            super().user_call(frame, argument_list)

    def user_line(self, frame: types.FrameType) -> None:
        self.is_live = True
        if self.target == -1:
            self.target = sys.maxsize
        super().user_line(frame)

    def interaction(self, frame: Any, traceback: Any) -> None:
        with context.outside():
            super().interaction(frame, traceback)

    def get_stack(self, f: Any, t: Any) -> tuple[list[tuple[types.FrameType, int]], int]:
        """Return the stack without durable's own frames."""
        found, index = super().get_stack(f, t)
        innermost = found[index]
        kept = [one for one in found if not is_own(one[0].f_code.co_filename)]
        return kept or found, kept.index(innermost) if innermost in kept else max(0, len(kept) - 1)

    @contextmanager
    def _looking(self) -> Iterator[None]:
        """Inside the block code of the program may be called, and can touch nothing."""
        run, scheduler = self.run_, self.run_.scheduler
        before = context.enter(run), scheduler.current, scheduler.stopped, run.violation, run.host
        scheduler.current, scheduler.stopped = scheduler.current or scheduler.strands[0], True
        run.host = _Host(self, run.host.activation)
        try:
            yield
        finally:
            outer, scheduler.current, scheduler.stopped, run.violation, run.host = before
            context.enter(outer)

    def default(self, line: str) -> None:
        with self._looking():
            super().default(line)

    def _getval(self, arg: str) -> Any:
        with self._looking():
            return super()._getval(arg)

    def _getval_except(self, arg: str, frame: Any = None) -> Any:
        with self._looking():
            return super()._getval_except(arg, frame)

    def do_p(self, arg: str) -> None:
        with self._looking():
            super().do_p(arg)

    def do_pp(self, arg: str) -> None:
        with self._looking():
            super().do_pp(arg)

    # Moves

    def do_forward(self, arg: str) -> bool | None:
        number = self._number(arg, 1)
        if number is None:
            return None
        self.target = self.asked + number
        self._set_stopinfo(self.botframe, None, -1)  # type: ignore[attr-defined]
        return True

    def do_back(self, arg: str) -> bool | None:
        number = self._number(arg, 1)
        if number is not None:
            self._go(max(-1, self.asked - number))
        return None

    def do_goto(self, arg: str) -> bool | None:
        number = self._number(arg, None)
        if number is not None:
            self._go(number)
        return None

    def do_restart(self, arg: str) -> bool | None:
        self._go(-1)
        return None

    def do_quit(self, arg: str) -> bool | None:
        self.stdout.flush()
        os._exit(0)

    def do_moves(self, arg: str) -> None:
        self.message(_HELP)

    def do_interact(self, arg: str) -> None:
        self.error("interact is not there in the past: type an expression, or !statement")

    do_jump = do_debug = do_interact  # pyright: ignore[reportAssignmentType]
    do_fwd = do_forward
    do_ba = do_back
    do_run = do_restart
    do_q = do_exit = do_EOF = do_quit
    do_j = do_jump

    def _go(self, at: int) -> None:
        self.stdout.flush()
        self.leave(at)

    def _number(self, arg: str, default: int | None) -> int | None:
        if not arg and default is not None:
            return default
        if arg.isdigit():
            return int(arg)
        self.error("this wants a number")
        return None
