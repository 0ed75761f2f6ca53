"""Steps that are coroutines: an awaitable for the program's event loop, performed on a real loop in another thread.

All coroutine steps of a run share one real event loop, so that a client's connections live on one loop. Several of them
overlap in time. When the task that awaits one is cancelled, the coroutine is cancelled too and its answer is dropped.
"""

from __future__ import annotations

import asyncio
import functools
import inspect
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from contextvars import ContextVar
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from durable.runner import attempts, context, keys
from durable.runner.core.call import Call, Performance, Site
from durable.runner.core.messages import Event

if TYPE_CHECKING:
    from durable.runner.attempts import Attempts
    from durable.runner.run import Run

SITE: ContextVar[Site | None] = ContextVar("SITE", default=None)
"""The site that generated code gave to the coroutine that runs now."""
_making = threading.Lock()


class RealLoop:
    """A real event loop in a thread of its own, for the coroutine steps of one run."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self.loop = asyncio.SelectorEventLoop()
        self.loop.set_exception_handler(lambda loop, context: None)
        self._thread = threading.Thread(target=self._work, name="durable-coroutines", daemon=True)
        self._thread.start()
        run.on_stop.append(self.stop)

    def _work(self) -> None:
        asyncio.set_event_loop(self.loop)
        with context.step_of(self._run):
            self.loop.run_forever()
        try:
            self.loop.run_until_complete(self._end())
        finally:
            self.loop.close()

    async def _end(self) -> None:
        """Cancel what is left."""
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.wait(left, timeout=1) if left else None

    def submit(self, make: Callable[[], Any]) -> Future[tuple[Any, BaseException | None]]:
        """Call `make` on the loop, await what it gives if that can be awaited; the future is its result and error."""
        return asyncio.run_coroutine_threadsafe(_outcome(make), self.loop)

    def stop(self) -> None:
        """End the loop and its thread; coroutines that still run are cancelled."""
        self.loop.call_soon_threadsafe(self.loop.stop)
        if threading.current_thread() is not self._thread:
            self._thread.join(timeout=2)


async def _outcome(make: Callable[[], Any]) -> tuple[Any, BaseException | None]:
    try:
        result = make()
        if inspect.isawaitable(result):
            result = await result
    except BaseException as error:
        return None, error
    return result, None


def real_loop(run: Run) -> RealLoop:
    """Return the real loop of `run`, started when it is first asked for."""
    with context.outside(), _making:
        return run.local("coroutines", lambda: RealLoop(run))


def elsewhere(run: Run, make: Callable[[], Any]) -> Any:
    """Call `make` on the real loop of `run`, unrecorded, and return or raise what comes of it."""
    with context.outside():
        result, error = real_loop(run).submit(make).result()
    if error is not None:
        raise error
    return result


class Awaiting(Performance):
    """What a coroutine step calls in its thread: runs the coroutine to its end, unless it was cancelled before."""

    def __init__(self, run: Run, call: Call) -> None:
        self._run = run
        self._call = call
        self.fn = call.fn
        self._future: Future[Any] | None = None
        self._is_cancelled = False

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self._is_cancelled:
            raise asyncio.CancelledError
        make = functools.partial(self.fn, *args, **kwargs)
        header = self._call.site.policy.idempotency_header
        if header:
            fn, args, keywords = keys.with_header(replace(self._call, fn=self.fn, args=args, kwargs=kwargs), header)
            make = functools.partial(fn, *args, **keywords)
        self._future = future = real_loop(self._run).submit(make)
        result, error = future.result()
        if error is not None:
            raise error
        return result

    def cancel(self) -> None:
        self._is_cancelled = True
        if self._future is not None:
            self._future.cancel()


async def perform(run: Run, call: Call) -> Any:
    """Perform `call`, whose `fn` gives a coroutine, as a step; return its recorded result or raise its exception."""
    _running_loop(call)
    if not call.site.policy.is_guarding:
        return await _perform_once(run, call)
    return await _attempted(run, call.site, lambda within: _perform_once(run, replace(call), within))


async def _perform_once(run: Run, call: Call, within: Attempts | None = None) -> Any:
    loop = _running_loop(call)
    performance = call.fn = Awaiting(run, call)
    answered: asyncio.Future[Event] = loop.create_future()

    def answer(event: Event) -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(_settle, answered, event)

    run.post(call, answer, within)
    try:
        event = await answered
    except BaseException:
        run.scheduler.withdraw(call.seq)
        performance.cancel()
        raise
    task = asyncio.current_task()
    return run.outcome_of(call, event, f"/{task.get_name()}" if task is not None else "")


async def _attempted(run: Run, site: Site, once: Callable[[Attempts], Awaitable[Any]]) -> Any:
    """Await `once` until its policy says that this is it."""
    making = attempts.Attempts(run, site)
    limit = asyncio.timeout(site.policy.deadline)
    try:
        async with limit:
            while True:
                try:
                    value = await once(making)
                except Exception as error:
                    pause = making.pause_after(error, is_raised=True)
                    if pause is None:
                        raise
                else:
                    pause = making.pause_after(value, is_raised=False)
                    if pause is None:
                        return value
                if pause:
                    await asyncio.sleep(pause)
    except TimeoutError:
        if limit.expired():
            raise making.late() from None
        raise


def _settle(answered: asyncio.Future[Event], event: Event) -> None:
    if not answered.done():
        answered.set_result(event)


def _running_loop(call: Call) -> asyncio.AbstractEventLoop:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        raise RuntimeError(
            f"{call.site.file}:{call.site.line}: {call.site.callee} is awaited, but no asyncio loop runs: "
            f"of the asynchronous libraries a durable run has asyncio (and anyio on it)"
        ) from None


def step(run: Run, call: Call) -> Awaitable[Any]:
    """Return a coroutine that performs `call` when it is awaited; it is named as what it calls."""
    coroutine: Any = perform(run, call)
    name = call.site.callee.rpartition(".")[2]
    coroutine.__name__, coroutine.__qualname__ = name, getattr(call.fn, "__qualname__", name)
    return coroutine  # type: ignore[no-any-return]


async def guarded(run: Run, made: Callable[[], Awaitable[Any]], site: Site) -> Any:
    """Await what `made` gives, a wait of the program or what makes its own steps, as the policy of its site says."""

    async def once(within: Attempts) -> Any:
        async with asyncio.timeout(site.policy.timeout):
            return await made()

    return await _attempted(run, site, once)


async def at_site(made: Awaitable[Any], site: Site) -> Any:
    """Await `made`, whose steps stand at `site`."""
    token = SITE.set(site)
    try:
        return await made
    finally:
        SITE.reset(token)
