"""Processes of a run: plain = durable = durable replayed from every prefix of its events."""

from __future__ import annotations

import ctypes
import multiprocessing
import multiprocessing.dummy
import multiprocessing.pool
import os
import pathlib
import queue
import signal
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from durable.runner import context
from durable.runner.engines.memory import play
from durable.runner.errors import RefusedCall

fork = multiprocessing.get_context("fork")


def effect(value: Any) -> Any:
    run = context.current()
    return value if run is None else run.step(lambda: value, effect="write", callee="effect")


def put_effects(results: Any, values: list[Any]) -> None:
    for value in values:
        results.put((effect(value), os.getpid() != os.getppid()))


def test_queues_carry_what_children_find(replayed: Callable[..., Any]) -> None:
    def program() -> Any:
        results = fork.Queue()
        children = [fork.Process(target=put_effects, args=(results, [n, n * 10])) for n in (1, 2)]
        for child in children:
            child.start()
        found = sorted(results.get() for _ in range(4))
        for child in children:
            child.join()
        return found, [child.exitcode for child in children], multiprocessing.active_children()

    played = replayed(program)
    assert played.value == program()
    assert len(played.performed) == 4


def write_and_count(name: str) -> int:
    path = pathlib.Path(name)
    path.write_text(name)
    return path.stat().st_size


def test_pools_of_processes_and_threads(same: Callable[..., Any]) -> None:
    def program() -> Any:
        with fork.Pool(1, maxtasksperchild=1) as pool:
            sizes = pool.map(write_and_count, ["a", "bb", "ccc"], chunksize=1)
            later = pool.apply_async(pow, (2, 5))
            found = [sizes, later.get(timeout=10), list(pool.imap(abs, [-1, -2]))]
        with multiprocessing.pool.ThreadPool(1) as threads:
            return [*found, threads.map(write_and_count, ["d", "ee"]), sorted(threads.imap_unordered(abs, [-3, 3]))]

    same(program)


class Box:
    """Holds a value; a copy of it is another box."""

    made = 0

    def __init__(self, value: Any) -> None:
        self.value = value
        self.me = self
        Box.made += 1

    def __deepcopy__(self, memo: Any) -> Any:
        raise AssertionError("a fork calls nothing")


def change(box: Box, others: dict[Any, Any], out: Any) -> None:
    box.value.append("child")
    others[box] = others.pop(box) + 1
    out.send((box.value, box.me is box, list(others.values()), others[box], ctypes_of(others)))


def ctypes_of(others: dict[Any, Any]) -> int:
    number: ctypes.c_int = others["number"]
    number.value += 1
    return number.value


def test_a_child_has_a_copy_in_which_aliases_hold(same: Callable[..., Any]) -> None:
    def program() -> Any:
        box = Box([1])
        others: dict[Any, Any] = {box: 5, "number": ctypes.c_int(7)}
        receiver, sender = fork.Pipe(duplex=False)
        child = fork.Process(target=change, args=(box, others, sender))
        child.start()
        found = receiver.recv()
        child.join()
        return [str(item) for item in found[:2]], found[3:], box.value, others[box], others["number"].value

    same(program)


def test_closures_and_suspended_generators(same: Callable[..., Any]) -> None:
    def program() -> Any:
        count = 0
        out = fork.SimpleQueue()

        def more() -> None:
            nonlocal count
            count += 1
            out.put(count)

        for _ in range(2):
            child = fork.Process(target=more)
            child.start()
            child.join()
        return [out.get(), out.get(), count]

    same(program)
    numbers = iter([1])
    generator = (number for number in numbers)

    def refused() -> None:
        fork.Process(target=lambda: next(generator)).start()
        time.sleep(10)

    with pytest.raises(RefusedCall, match="going on with the generator"):
        play(refused)


def test_locks_and_shared_values(same: Callable[..., Any]) -> None:
    def work(total: Any, gate: Any, door: Any) -> None:
        gate.wait()
        with door, total.get_lock():
            total[0] += effect(1)

    def program() -> Any:
        total, gate, door = fork.Array("i", 2), fork.Event(), fork.BoundedSemaphore(2)
        children = [fork.Process(target=work, args=(total, gate, door)) for _ in range(3)]
        for child in children:
            child.start()
        waited = gate.wait(0.01)
        gate.set()
        for child in children:
            child.join()
        with pytest.raises(ValueError, match="too many times"):
            door.release()
        return total[:], waited, gate.is_set(), fork.Lock().acquire(block=False)

    same(program)


def test_time_outs_are_timers(same: Callable[..., Any]) -> None:
    def program() -> Any:
        empty = fork.Queue()
        here, there = fork.Pipe()
        child = fork.Process(target=time.sleep, args=(60,))
        child.start()
        child.join(timeout=0.01)
        found = [child.exitcode, here.poll(0.01), fork.Condition().acquire(timeout=0.01)]
        with pytest.raises(queue.Empty):
            empty.get(timeout=0.01)
        child.terminate()
        child.join()
        there.close()
        with pytest.raises(EOFError):
            here.recv()
        return [*found, child.exitcode]

    same(program)


def test_a_signal_for_a_child(same: Callable[..., Any]) -> None:
    def obey(ready: Any, told: Any) -> None:
        signal.signal(signal.SIGUSR1, lambda number, frame: told.put(number))
        ready.set()
        signal.pause()
        os._exit(9)

    def program() -> Any:
        ready, told = fork.Event(), fork.SimpleQueue()
        child = fork.Process(target=obey, args=(ready, told))
        child.start()
        ready.wait()
        time.sleep(0.05)
        os.kill(child.pid or 0, signal.SIGUSR1)
        child.join()
        return told.get() == signal.SIGUSR1, child.exitcode

    same(program)


def test_threads_of_children_end_with_them(same: Callable[..., Any]) -> None:
    def work(out: Any) -> None:
        threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
        last = threading.Thread(target=lambda: out.put(threading.active_count()))
        last.start()

    def program() -> Any:
        out = fork.SimpleQueue()
        child = fork.Process(target=work, args=(out,))
        child.start()
        child.join()
        return out.get(), threading.active_count(), child.exitcode

    same(program)


def test_an_impatient_parent_lets_its_children_go_on(same: Callable[..., Any]) -> None:
    def program() -> Any:
        done = fork.Event()
        child = fork.Process(target=done.set)
        child.start()
        while not done.is_set():
            pass
        while child.is_alive():
            pass
        return child.exitcode

    same(program)
