"""asyncio in runs: plain = durable = durable replayed from every prefix of its events."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import signal
import sys
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from durable.runner import context, steps
from durable.runner.engines.memory import Played, play
from durable.runner.errors import RefusedCall
from durable.stdlib_shims._asyncio_loop import EventLoop

Check = Callable[..., Played]


def effect(value: Any) -> Any:
    """Return `value` by a step that blocks the loop."""
    run = context.current()
    return value if run is None else run.step(lambda: value, effect="write", callee="effect")


async def _look_up(value: Any, seconds: float = 0.0) -> Any:
    await asyncio.sleep(seconds)
    if isinstance(value, Exception):
        raise value
    return value


def look_up(value: Any, seconds: float = 0.0) -> Awaitable[Any]:
    """Return what a coroutine function of a library gives, as generated code calls it."""
    step: Awaitable[Any] = steps.wrap(_look_up, "read", sys._getframe(), is_said=True)(value, seconds)
    return step


def test_timers_fire_in_their_order(same: Check) -> None:
    def program() -> Any:
        order: list[Any] = []

        async def sleeper(name: str, seconds: float, times: int) -> None:
            for number in range(times):
                await asyncio.sleep(seconds)
                order.append((name, number))

        async def main() -> None:
            await asyncio.gather(sleeper("a", 0.02, 3), sleeper("b", 0.3, 1), sleeper("c", 0.02, 2))

        asyncio.run(main())
        return order

    a, b, c = (("a", n) for n in range(3)), ("b", 0), (("c", n) for n in range(2))
    assert sorted(same(program).value) == sorted([*a, b, *c])


def test_sleeps_begun_together_end_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the journal's work lies between their starts: here each look at the clock takes three milliseconds."""
    clock = itertools.count(step=0.003)
    monkeypatch.setattr(EventLoop, "time", lambda loop: next(clock))

    def program() -> Any:
        async def main() -> Any:
            waits = {"a": 0.1, "b": 0.1, "late": 0.2, "c": 0.1}
            tasks = {asyncio.create_task(asyncio.sleep(seconds), name=name) for name, seconds in waits.items()}
            seen = []
            while tasks:
                done, tasks = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                seen.append(sorted(task.get_name() for task in done))
            return seen

        return asyncio.run(main())

    assert play(program).value == [["a", "b", "c"], ["late"]]


def test_tasks_groups_and_effects(same: Check) -> None:
    def program() -> Any:
        done: list[Any] = []

        async def work(name: str, fails: bool) -> None:
            try:
                done.append(effect(name))
                await asyncio.sleep(0.01)
                if fails:
                    raise ValueError(name)
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                done.append(effect(f"{name} cancelled"))
                raise

        async def main() -> None:
            async with asyncio.TaskGroup() as group:
                group.create_task(work("a", False))
                group.create_task(work("b", True))

        try:
            asyncio.run(main())
        except* ValueError as errors:
            done.append([str(error) for error in errors.exceptions])
        return done

    assert same(program).value == ["a", "b", "a cancelled", ["b"]]


def test_coroutine_steps_overlap_and_are_performed_once(replayed: Check) -> None:
    def program() -> Any:
        async def main() -> Any:
            found = await asyncio.gather(*(look_up(n, 0.01 * (3 - n)) for n in range(3)), look_up("x"))
            try:
                await look_up(KeyError("missing"))
            except KeyError as error:
                found.append(error.args)
            return found

        return asyncio.run(main())

    played = replayed(program)
    assert played.value == [0, 1, 2, "x", ("missing",)]
    assert len(played.performed) == 5


def test_a_cancelled_coroutine_step_is_given_up(replayed: Check) -> None:
    def program() -> Any:
        async def main() -> Any:
            slow = asyncio.ensure_future(look_up("slow", 30))
            quick = await look_up("quick")
            slow.cancel()
            return quick, (await asyncio.gather(slow, return_exceptions=True))[0].__class__.__name__

        return asyncio.run(main())

    assert play(program).value == ("quick", "CancelledError")


def test_a_loop_that_spins_lets_others_go_on(same: Check) -> None:
    def program() -> Any:
        seen: list[str] = []

        def nap() -> None:
            time.sleep(0.01)
            seen.append("thread")

        async def main() -> None:
            thread = threading.Thread(target=nap)
            thread.start()
            asyncio.get_running_loop().call_later(0.01, seen.append, "timer")
            while len(seen) < 2:
                await asyncio.sleep(0)
            thread.join()

        asyncio.run(main())
        return sorted(seen)

    assert same(program).value == ["thread", "timer"]


def test_sets_of_tasks_iterate_alike(replayed: Check) -> None:
    def program() -> Any:
        async def main() -> Any:
            tasks = {asyncio.ensure_future(look_up(n)) for n in range(20)}
            done, _ = await asyncio.wait(tasks)
            return [task.result() for task in done], [task.get_name() for task in asyncio.all_tasks()]

        return asyncio.run(main())

    assert replayed(program).value[1] == ["Task-1"]


def test_each_run_and_each_strand_has_its_own_loop_and_names(same: Check) -> None:
    def program() -> Any:
        async def name() -> Any:
            await asyncio.sleep(0)
            return [asyncio.current_task().get_name(), repr(asyncio.get_running_loop())]  # type: ignore[union-attr]

        async def main() -> Any:
            inner = await asyncio.to_thread(lambda: asyncio.run(name()))
            return [*inner, *(await name()), asyncio.get_event_loop() is asyncio.get_running_loop()]

        found = asyncio.run(main())
        with pytest.raises(RuntimeError, match="no running event loop"):
            asyncio.get_running_loop()
        return found

    value = same(program, is_plain_too=False).value
    loop = "<_UnixSelectorEventLoop running=True closed=False debug=False>"
    assert value == ["Task-2", loop, "Task-1", loop, True]
    policy = asyncio.get_event_loop_policy()
    assert play(program).value == value
    assert asyncio.get_event_loop_policy() is policy


def test_signals_reach_the_loop(same: Check) -> None:
    def program() -> Any:
        async def main() -> Any:
            loop, heard = asyncio.get_running_loop(), asyncio.Event()
            loop.add_signal_handler(signal.SIGUSR1, heard.set)
            signal.raise_signal(signal.SIGUSR1)
            await heard.wait()
            return loop.remove_signal_handler(signal.SIGUSR1), loop.remove_signal_handler(signal.SIGUSR1)

        return asyncio.run(main())

    assert same(program, is_plain_too=False).value == (True, False)


def test_ctrl_c_cancels_the_main_task(same: Check) -> None:
    def program() -> Any:
        seen: list[str] = []

        async def main() -> None:
            asyncio.get_running_loop().call_later(0.01, signal.raise_signal, signal.SIGINT)
            try:
                await asyncio.sleep(60)
            finally:
                seen.append("finally")

        try:
            asyncio.run(main())
        except KeyboardInterrupt:
            seen.append("interrupted")
        return seen

    assert same(program).value == ["finally", "interrupted"]


def test_async_generators_end_with_the_loop(same: Check) -> None:
    def program() -> Any:
        ended: list[str] = []

        async def numbers(name: str) -> AsyncIterator[int]:
            try:
                yield 1
                yield 2
            finally:
                await asyncio.sleep(0.01)
                ended.append(name)

        async def main() -> Any:
            kept = [numbers("first"), numbers("second")]
            return [await anext(each) for each in kept], kept

        asyncio.run(main())
        return sorted(ended)  # the order is that of a set of addresses in plain Python

    assert same(program).value == ["first", "second"]


def test_what_is_not_durable_is_refused_past_the_programs_own_handlers() -> None:
    def program() -> None:
        async def main() -> None:
            with contextlib.suppress(Exception):
                await asyncio.get_running_loop().start_tls(None, asyncio.Protocol(), None)  # type: ignore[arg-type]

        asyncio.run(main())

    with pytest.raises(RefusedCall, match=r"test_asyncio.py:\d+: loop.start_tls is refused in a durable run; use "):
        play(program)


def test_a_loop_is_not_for_others() -> None:
    loops: list[asyncio.AbstractEventLoop] = []

    def program() -> None:
        loops.append(asyncio.new_event_loop())

    play(program)
    with pytest.raises(RuntimeError, match="belongs to a durable run"):
        loops[0].run_forever()
    with asyncio.Runner() as runner:
        assert type(runner.get_loop()) is asyncio.SelectorEventLoop
