"""Threads as strands: plain = durable = durable replayed from every prefix of its events."""

from __future__ import annotations

import io
import random
import sys
import threading
import time
from collections.abc import Callable
from contextlib import redirect_stderr
from typing import Any

import pytest

from durable.runner import context
from durable.runner.engines.memory import Played, play
from durable.stdlib_shims.threading import join_threads


def effect(value: Any) -> Any:
    """Return `value` after a time that nobody knows, as a step of the run."""
    run = context.current()
    return _slow(value) if run is None else run.step(_slow, value, effect="write", callee="slow")


def _slow(value: Any) -> Any:
    time.sleep(random.random() * 0.003)
    return value


def replayed_everywhere(program: Callable[[], Any]) -> Played:
    """Play `program`, then again from every prefix of its events: same value, and no recorded step performed again."""
    whole = play(program)
    assert whole.error is None
    steps = sum(entry.kind in ("returned", "raised") for entry in whole.events)
    again = play(program, whole.events)
    assert (again.value, again.stdout, again.performed) == (whole.value, whole.stdout, [])
    for cut in range(len(whole.events)):
        part = play(program, whole.events[:cut])
        assert part.value == whole.value
        recorded = sum(entry.kind in ("returned", "raised") for entry in whole.events[:cut])
        assert len(part.performed) == steps - recorded
    return whole


def test_twenty_strands_of_random_latency_replay_to_the_same_requests() -> None:
    def program() -> list[Any]:
        done: list[Any] = []

        def work(i: int) -> None:
            done.append(("first", effect(i)))
            done.append(("second", effect(i * i)))

        threads = [threading.Thread(target=work, args=(i,)) for i in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return done

    whole = play(program)
    assert sorted(whole.value) == sorted([("first", i) for i in range(20)] + [("second", i * i) for i in range(20)])
    for _ in range(3):
        again = play(program, whole.events)
        assert (again.value, again.performed, again.events) == (whole.value, [], whole.events)


def test_names_idents_and_tables_are_the_runs_own() -> None:
    def program() -> Any:
        seen: list[Any] = []

        def note() -> None:
            seen.append((threading.current_thread().name, threading.current_thread() is threading.main_thread()))
            seen.append(threading.get_ident() == threading.current_thread().ident)

        class Sub(threading.Thread):
            def run(self) -> None:
                note()

        note()
        threads = [threading.Thread(target=note), Sub(), threading.Thread(target=note, name="mine", daemon=True)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        alive = [thread.is_alive() for thread in threads]
        return seen, alive, threads[2].daemon, [thread.name for thread in threading.enumerate()]

    played = replayed_everywhere(program)
    seen, alive, daemon, names = played.value
    assert [item[0] for item in seen[::2]] == ["MainThread", "Thread-1 (note)", "Thread-2", "mine"]
    assert seen[1::2] == [True] * 4
    assert (alive, daemon, names) == ([False] * 3, True, ["MainThread"])
    assert play(lambda: threading.get_ident()).value == play(lambda: threading.get_ident()).value


def test_lock_condition_event_semaphore_barrier() -> None:
    def program() -> Any:
        lock, log, total = threading.Lock(), [], [0]
        gate, pool, wall = threading.Event(), threading.BoundedSemaphore(2), threading.Barrier(4)
        inside: list[int] = []

        def work(i: int) -> None:
            gate.wait()
            with pool:
                inside.append(i)
                assert len(inside) <= 2
                effect(i)
                inside.remove(i)
            with lock:
                before = total[0]
                effect(i)
                total[0] = before + 1
            wall.wait()
            log.append("past")

        threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
        for thread in threads:
            thread.start()
        gate.set()
        for thread in threads:
            thread.join()
        return total, log, lock.locked(), gate.is_set()

    assert replayed_everywhere(program).value == program() == ([4], ["past"] * 4, False, True)


def test_rlock_and_condition_hand_over() -> None:
    def program() -> Any:
        lock = threading.RLock()
        ready = threading.Condition(lock)
        items: list[int] = []
        got: list[int] = []

        def consume() -> None:
            with ready, lock:
                ready.wait_for(lambda: items)
                got.append(items.pop())

        threads = [threading.Thread(target=consume) for _ in range(3)]
        for thread in threads:
            thread.start()
        for i in range(3):
            value = effect(i)
            with ready:
                items.append(value)
                ready.notify()
        for thread in threads:
            thread.join()
        return sorted(got)

    assert replayed_everywhere(program).value == program() == [0, 1, 2]


def test_timeouts_are_timers_of_the_run() -> None:
    def program() -> Any:
        lock = threading.Lock()
        lock.acquire()
        waits = [lock.acquire(timeout=0.01), lock.acquire(False), threading.Event().wait(0.01)]
        thread = threading.Thread(target=threading.Event().wait, daemon=True)
        thread.start()
        thread.join(0.01)
        waits.append(thread.is_alive())
        fired: list[str] = []
        timer = threading.Timer(0.01, fired.append, ["fired"])
        timer.start()
        timer.join()
        stopped = threading.Timer(60, fired.append, ["never"])
        stopped.start()
        stopped.cancel()
        stopped.join()
        return waits, fired

    whole = replayed_everywhere(program)
    assert whole.value == ([False, False, False, True], ["fired"])
    assert sum(entry.kind == "fired" for entry in whole.events) == 4


@pytest.mark.parametrize(
    ("misuse", "error"),
    [
        (lambda: threading.Lock().release(), RuntimeError),
        (lambda: threading.RLock().release(), RuntimeError),
        (lambda: threading.Lock().acquire(False, 1), ValueError),
        (lambda: threading.Lock().acquire(timeout=-2), ValueError),
        (lambda: threading.Lock().acquire(timeout=1e12), OverflowError),
        (lambda: threading.Thread().join(), RuntimeError),
        (lambda: threading.current_thread().join(), RuntimeError),
        (lambda: threading.BoundedSemaphore(1).release(), ValueError),
        (lambda: threading.local().missing, AttributeError),
    ],
)
def test_misuse_raises_what_python_raises(misuse: Callable[[], Any], error: type[Exception]) -> None:
    with pytest.raises(error) as plain:
        misuse()
    played = play(misuse)
    assert type(played.error) is error
    assert str(played.error) == str(plain.value)


def test_local_is_each_strands_own() -> None:
    class Counted(threading.local):
        def __init__(self, start: int) -> None:
            self.value = start

    def program() -> Any:
        counted = Counted(10)
        seen: list[Any] = []

        def work(i: int) -> None:
            counted.value += i
            effect(i)
            seen.append(counted.value)

        threads = [threading.Thread(target=work, args=(i,)) for i in (1, 2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return sorted(seen), counted.value

    assert replayed_everywhere(program).value == program() == ([11, 12], 10)


def _uncaught() -> None:
    raise ValueError("uncaught")


def test_an_uncaught_exception_prints_what_python_prints() -> None:
    def program() -> None:
        thread = threading.Thread(target=_uncaught, name="worker")
        thread.start()
        thread.join()

    plain, durable = io.StringIO(), io.StringIO()
    with redirect_stderr(plain):
        program()
    with redirect_stderr(durable):
        play(program)
    assert durable.getvalue() == plain.getvalue()
    assert plain.getvalue().startswith("Exception in thread worker:\nTraceback (most recent call last):\n")
    assert "in _bootstrap_inner" in plain.getvalue()


def test_excepthook_of_the_program_is_the_runs_own() -> None:
    def program() -> Any:
        seen: list[Any] = []
        threading.excepthook = lambda args: seen.append((args.exc_type, str(args.exc_value), args.thread.name))
        thread = threading.Thread(target=_uncaught)
        thread.start()
        thread.join()
        return seen

    before = threading.excepthook
    assert play(program).value == [(ValueError, "uncaught", "Thread-1 (_uncaught)")]
    assert threading.excepthook is before


def test_the_end_of_the_program_waits_for_threads() -> None:
    done: list[int] = []

    def program() -> None:
        def late(i: int) -> None:
            effect(i)
            if i < 2:
                threading.Thread(target=late, args=(i + 1,)).start()
            done.append(i)

        threading.Thread(target=late, args=(0,)).start()
        threading.Thread(target=threading.Event().wait, daemon=True).start()
        run = context.current()
        assert run is not None
        join_threads(run)

    play(program)
    assert sorted(done) == [0, 1, 2]


def test_a_step_may_use_locks_of_the_program() -> None:
    def program() -> Any:
        run = context.current()
        assert run is not None
        lock, inner = threading.Lock(), threading.RLock()

        def body() -> str:
            with lock, inner:
                return "done"

        with inner:
            return run.step(body, effect="write", callee="body")

    assert replayed_everywhere(program).value == "done"


def test_outside_runs_everything_is_real() -> None:
    play(lambda: None)
    lock = threading.Lock()
    assert type(lock).__module__ == "_thread"
    assert isinstance(play(lambda: threading.Lock()).value, type(lock))
    result: list[Any] = []
    thread = threading.Thread(target=lambda: result.append(threading.current_thread() is not threading.main_thread()))
    thread.start()
    thread.join()
    assert result == [True]
    assert sys.modules["threading"].Thread is threading.Thread
