"""Executors over strands: plain = durable = durable replayed from every prefix of its events."""

from __future__ import annotations

import concurrent.futures as futures
import threading
import traceback
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from typing import Any

import pytest

from durable.runner import context
from durable.runner.engines.memory import Played, play
from durable.runner.errors import StopRun
from durable.stdlib_shims.threading import join_threads


def effect(value: Any) -> Any:
    run = context.current()
    return value if run is None else run.step(lambda: value, effect="write", callee="effect")


def square(x: int) -> int:
    return int(effect(x)) ** 2


def invert(x: int) -> float:
    return 1 / effect(x)


def replayed_everywhere(program: Callable[[], Any]) -> Played:
    """Play `program` and then from every prefix of its events: the same value, nothing recorded performed again."""
    whole = play(program)
    assert whole.error is None
    steps = sum(entry.kind == "returned" for entry in whole.events)
    for cut in range(len(whole.events) + 1):
        part = play(program, whole.events[:cut])
        recorded = sum(entry.kind == "returned" for entry in whole.events[:cut])
        assert (part.value, len(part.performed)) == (whole.value, steps - recorded)
    return whole


def test_submit_map_and_result() -> None:
    def program() -> Any:
        with ThreadPoolExecutor(3) as pool:
            mapped = list(pool.map(square, range(6)))
            submitted = [pool.submit(square, i) for i in range(4)]
            broken = pool.submit(invert, 0)
            raised = type(broken.exception())
            with pytest.raises(ZeroDivisionError):
                broken.result()
        return mapped, [future.result() for future in submitted], raised, broken.done()

    expected = ([0, 1, 4, 9, 16, 25], [0, 1, 4, 9], ZeroDivisionError, True)
    assert replayed_everywhere(program).value == program() == expected


def test_max_workers_limits_what_is_under_way() -> None:
    def program() -> Any:
        under_way, most = 0, 0

        def work(_: int) -> str:
            nonlocal under_way, most
            under_way += 1
            most = max(most, under_way)
            effect(None)
            under_way -= 1
            return threading.current_thread().name

        with ThreadPoolExecutor(2) as pool:
            names = set(pool.map(work, range(8)))
        return most, sorted(names)

    assert replayed_everywhere(program).value == (2, ["ThreadPoolExecutor-0_0", "ThreadPoolExecutor-0_1"])


def test_as_completed_and_wait_iterate_alike_on_replay() -> None:
    def program() -> Any:
        with ThreadPoolExecutor(4) as pool:
            ordered = [future.result() for future in futures.as_completed([pool.submit(square, i) for i in range(6)])]
            done, pending = futures.wait([pool.submit(square, i) for i in range(6)])
            first, _ = futures.wait([pool.submit(square, 9)], return_when=futures.FIRST_COMPLETED)
        return ordered, [future.result() for future in done], len(pending), [future.result() for future in first]

    whole = play(program)
    again = play(program, whole.events)
    assert (again.value, again.performed) == (whole.value, [])
    assert sorted(whole.value[0]) == sorted(whole.value[1]) == [0, 1, 4, 9, 16, 25]
    assert whole.value[2:] == (0, [81])


def test_timeouts_cancel_and_callbacks() -> None:
    def program() -> Any:
        gate = threading.Event()
        seen: list[Any] = []
        with ThreadPoolExecutor(1) as pool:
            busy = pool.submit(gate.wait)
            waiting = pool.submit(square, 3)
            waiting.add_done_callback(lambda future: seen.append(future.cancelled()))
            with pytest.raises(futures.TimeoutError):
                busy.result(timeout=0.01)
            cancelled = (waiting.cancel(), busy.cancel())
            with pytest.raises(futures.CancelledError):
                waiting.result()
            gate.set()
        with pytest.raises(RuntimeError, match="cannot schedule new futures after shutdown"):
            pool.submit(square, 1)
        with pytest.raises(futures.InvalidStateError):
            busy.set_result(None)
        return seen, cancelled, busy.result()

    assert replayed_everywhere(program).value == program() == ([True], (True, False), True)


def test_initializer_and_strand_locals() -> None:
    def program() -> Any:
        own = threading.local()

        def begin(value: int) -> None:
            own.value = value

        with ThreadPoolExecutor(2, initializer=begin, initargs=(5,)) as pool:
            return list(pool.map(lambda x: x + own.value, range(4)))

    assert replayed_everywhere(program).value == program() == [5, 6, 7, 8]


def test_an_executor_nobody_shut_down_is_joined_at_the_end() -> None:
    done: list[int] = []

    def program() -> None:
        pool = ThreadPoolExecutor(2)
        for i in range(4):
            pool.submit(lambda i=i: done.append(effect(i)))
        run = context.current()
        assert run is not None
        join_threads(run)
        with pytest.raises(RuntimeError, match="after interpreter shutdown"):
            ThreadPoolExecutor(1).submit(square, 1)

    assert play(program).error is None
    assert sorted(done) == [0, 1, 2, 3]


def test_what_ends_the_run_is_not_lost_in_a_future() -> None:
    def stop() -> None:
        raise StopRun("over")

    def program() -> None:
        with ThreadPoolExecutor(1) as pool:
            pool.submit(stop)
        effect("not reached")

    with pytest.raises(StopRun, match="over"):
        play(program)


def _tracebacks(make: Callable[[], Any]) -> tuple[str, str]:
    def shown() -> str:
        with make() as pool:
            try:
                pool.submit(_divide, 0).result()
            except ZeroDivisionError as error:
                return "".join(context.unrecorded(traceback.format_exception, error))
        return ""

    return shown(), play(shown).value


def _divide(x: int) -> float:
    return 1 / x


def test_tracebacks_of_tasks_are_pythons() -> None:
    plain, durable = _tracebacks(lambda: ThreadPoolExecutor(1))
    assert durable == plain


def test_a_process_pool_runs_its_tasks_as_strands() -> None:
    def program() -> Any:
        numbers = [1, 2]
        with ProcessPoolExecutor(2) as pool:
            out = [list(pool.map(square, range(5), chunksize=2)), pool.submit(_grown, numbers).result(), numbers]
            with pytest.raises(ZeroDivisionError) as raised:
                pool.submit(invert, 0).result()
        return out, type(raised.value.__cause__).__name__, isinstance(pool, ProcessPoolExecutor)

    expected = ([[0, 1, 4, 9, 16], [1, 2, 3], [1, 2]], "_RemoteTraceback", True)
    assert replayed_everywhere(program).value == expected


def _grown(numbers: list[int]) -> list[int]:
    numbers.append(3)
    return numbers


def test_outside_runs_pools_are_real() -> None:
    play(lambda: None)
    with ThreadPoolExecutor(1) as pool:
        name = pool.submit(lambda: threading.current_thread().name).result()
    assert name.startswith("ThreadPoolExecutor-")


def test_a_dropped_run_records_nothing_more() -> None:
    """The workers of a pool catch what unwinds them, log it, and read the clock for that."""

    def program() -> list[int]:
        with ThreadPoolExecutor(1) as pool:
            return list(pool.map(square, range(3)))

    kinds = [entry.kind for entry in play(program).events]
    for cut in range(len(kinds)):
        dropped = [entry.kind for entry in play(program, crash_after=cut).events]
        assert dropped == kinds[: len(dropped)]
