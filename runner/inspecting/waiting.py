"""What a line of control waits for, in words."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from durable.runner.codec.frames import is_own
from durable.runner.core.messages import AskPrompt, Perform, StartTimer
from durable.runner.inspecting.stacks import Spot, Stack, is_program
from durable.runner.run import Run

_WAITS = {
    "Thread.join": "the end of thread",
    "Thread.start": "the start of thread",
    "Lock.acquire": "a lock",
    "Lock.__enter__": "a lock",
    "RLock.acquire": "a lock",
    "RLock.__enter__": "a lock",
    "Condition.wait": "a condition",
    "Condition.wait_for": "a condition",
    "Event.wait": "an event",
    "Semaphore.acquire": "a semaphore",
    "Barrier.wait": "a barrier",
    "Queue.get": "an item of a queue",
    "Queue.put": "room in a queue",
    "Queue.join": "the end of a queue's work",
    "SimpleQueue.get": "an item of a queue",
    "Future.result": "a future",
    "Future.exception": "a future",
    "Executor.__exit__": "the end of an executor's work",
    "Executor.map.<locals>.result_iterator": "a future",
    "_result_or_cancel": "a future",
    "as_completed": "futures",
    "wait": "futures",
    "run": "its event loop",
    "Runner.run": "its event loop",
}


@dataclass(frozen=True)
class Computing:
    """The strand waits for nothing: it was still computing when it was looked at."""


@dataclass(frozen=True)
class NewMoment:
    """The strand asked for a value of the moment (`kind`) which the journal does not have yet."""

    kind: str


@dataclass(frozen=True)
class Facts:
    """What the journal knows beyond the replay, by request: when a timer is due and which steps are in doubt."""

    until: Mapping[int, float]
    in_doubt: frozenset[int] = frozenset()


def waiting_on(stack: Stack, run: Run, facts: Facts) -> str:
    """Return what `stack` waits for ("step requests.post (seq 7)"), "" if it could go on."""
    if stack.task is not None:
        return _task_wait(stack)
    waiting = stack.strand.waiting
    if isinstance(waiting, Perform):
        doubt = ", in doubt" if waiting.seq in facts.in_doubt else ""
        return f"step {waiting.call.site.callee} (seq {waiting.seq}{doubt})"
    if isinstance(waiting, StartTimer):
        return f"timer {_until(waiting.seq, waiting.seconds, facts)} (seq {waiting.seq})"
    if isinstance(waiting, AskPrompt):
        asked = f"prompt {waiting.text.strip()!r}" if waiting.kind != "read" else "standard input"
        return f"{asked} (seq {waiting.seq})"
    if isinstance(waiting, NewMoment):
        return f"the present moment ({waiting.kind})"
    if isinstance(waiting, Computing):
        return "nothing: it computes"
    return _blocked(stack, run, facts)


def _until(seq: int, seconds: float, facts: Facts) -> str:
    until = facts.until.get(seq)
    if until is None:
        return f"of {seconds:g} s"
    return time.strftime("until %Y-%m-%d %H:%M:%S", time.localtime(until))


def _blocked(stack: Stack, run: Run, facts: Facts) -> str:
    """Return what a strand waits for that only another strand can give."""
    below = _below_program(stack, run)
    text = _kind(below) if below else "the end of its threads" if stack.strand.local.get("main") else ""
    timer = stack.strand.local.get("park")
    if timer is not None and timer in facts.until:
        text += time.strftime(" until %Y-%m-%d %H:%M:%S", time.localtime(facts.until[timer]))
    return text


def _below_program(stack: Stack, run: Run) -> list[Spot]:
    """Return the frames below the innermost one of the program; all of a thread that runs a library's function."""
    for index in range(len(stack.spots) - 1, -1, -1):
        if is_program(stack.spots[index], run):
            return list(stack.spots[index + 1 :])
    return [] if stack.strand.local.get("main") else list(stack.spots)


def _kind(below: list[Spot]) -> str:
    for spot in below:
        name = spot.frame.f_code.co_qualname
        if name in _WAITS:
            return _WAITS[name] + _named(spot, name)
    for spot in below:
        if not is_own(spot.frame.f_code.co_filename):
            code = spot.frame.f_code
            return f"{code.co_qualname} ({os.path.basename(code.co_filename)}:{spot.line})"
    return below[0].frame.f_code.co_qualname if below else ""


def _named(spot: Spot, name: str) -> str:
    owner = spot.frame.f_locals.get("self")
    if name.startswith("Thread."):
        return f" {getattr(owner, '_name', '')!r}"
    holder = getattr(getattr(owner, "_block", owner), "_holder", None) if "Lock." in name else None
    return f" that {holder.name!r} holds" if holder is not None else ""


def _task_wait(stack: Stack) -> str:
    """Return what a suspended task awaits."""
    waiter: Any = getattr(stack.task, "_fut_waiter", None)
    if waiter is None:
        return "its turn in the event loop"
    name = getattr(waiter, "get_name", None)
    if name is not None:
        return f"task {name()!r}"
    for spot in reversed(stack.spots):
        call = spot.frame.f_locals.get("call") if spot.frame.f_code.co_name == "perform" else None
        if call is not None and is_own(spot.frame.f_code.co_filename):
            return f"step {call.site.callee} (seq {call.seq})"
    last = stack.spots[-1].frame.f_code
    if last.co_qualname == "sleep":
        return f"a sleep of {stack.spots[-1].frame.f_locals.get('delay', '?')} s"
    return "tasks that it gathers" if type(waiter).__name__ == "_GatheringFuture" else "a future"
