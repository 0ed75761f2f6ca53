"""Queues between strands: plain = durable = durable replayed from every prefix of its events."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import Any

import pytest

from durable.runner import context
from durable.runner.engines.memory import play

KINDS = ["Queue", "LifoQueue", "PriorityQueue", "SimpleQueue"]


def effect(value: Any) -> Any:
    run = context.current()
    return value if run is None else run.step(lambda: value, effect="write", callee="effect")


def replayed_everywhere(program: Callable[[], Any]) -> Any:
    """Play `program` and then from every prefix of its events; return the value, which is always the same."""
    whole = play(program)
    assert whole.error is None
    steps = sum(entry.kind == "returned" for entry in whole.events)
    for cut in range(len(whole.events) + 1):
        part = play(program, whole.events[:cut])
        recorded = sum(entry.kind == "returned" for entry in whole.events[:cut])
        assert (part.value, len(part.performed)) == (whole.value, steps - recorded)
    return whole.value


@pytest.mark.parametrize("kind", KINDS)
def test_producers_and_consumers(kind: str) -> None:
    def program() -> Any:
        tasks = getattr(queue, kind)()
        results: list[int] = []

        def consume() -> None:
            while (item := tasks.get()) != (9, None):
                results.append(effect(item[1]) ** 2)
            tasks.put((9, None))

        threads = [threading.Thread(target=consume) for _ in range(3)]
        for i in range(6):
            tasks.put((i, i))
        if kind == "LifoQueue":
            items = [tasks.get() for _ in range(6)]
            tasks.put((9, None))
            for item in items:
                tasks.put(item)
        else:
            tasks.put((9, None))
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return sorted(results), tasks.qsize(), tasks.empty()

    assert replayed_everywhere(program) == program() == ([0, 1, 4, 9, 16, 25], 1, False)


@pytest.mark.parametrize("kind", KINDS)
def test_order_and_errors(kind: str) -> None:
    def program() -> Any:
        items = getattr(queue, kind)()
        for value in (2, 3, 1):
            items.put(value)
        out = [items.get() for _ in range(3)]
        for call in (items.get_nowait, lambda: items.get(False), lambda: items.get(timeout=0.0001)):
            with pytest.raises(queue.Empty):
                call()
        with pytest.raises(ValueError, match="'timeout' must be a non-negative number"):
            items.get(timeout=-1)
        return out

    assert play(program).value == program()


def test_a_full_queue_makes_producers_wait() -> None:
    def program() -> Any:
        tasks: queue.Queue[int] = queue.Queue(1)
        tasks.put(0)
        with pytest.raises(queue.Full):
            tasks.put_nowait(1)
        with pytest.raises(queue.Full):
            tasks.put(1, timeout=0.0001)
        got: list[int] = []

        def consume() -> None:
            while True:
                got.append(tasks.get())
                effect(None)
                tasks.task_done()

        threading.Thread(target=consume, daemon=True).start()
        for i in range(1, 4):
            tasks.put(i)
        tasks.join()
        return got

    assert replayed_everywhere(program) == program() == [0, 1, 2, 3]


def test_simple_queue_is_the_real_class_to_isinstance() -> None:
    def made() -> Any:
        return queue.SimpleQueue()

    play(lambda: None)
    for items in (made(), play(made).value):
        assert isinstance(items, queue.SimpleQueue)
    assert type(queue.SimpleQueue()).__module__ == "_queue"


def test_a_step_cannot_wake_a_strand() -> None:
    def program() -> Any:
        run = context.current()
        assert run is not None
        items: Any = queue.SimpleQueue()
        thread = threading.Thread(target=items.get, daemon=True)
        thread.start()
        run.step(items.put, 1, effect="write", callee="put")

    error = play(program).error
    assert isinstance(error, RuntimeError)
    assert "a step cannot hand it over" in str(error)
