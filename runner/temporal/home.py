"""The one thread of this process on which strands execute.

A greenlet belongs to its thread, and `sys.modules` and `sys.stdout` to the process.

Who owns the process gives its main thread (`serve`), so that programs run where plain Python runs them. In somebody
else's process a thread of its own is started on first use.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

T = TypeVar("T")
_Job = Callable[[], None]


class HomeThread:
    """Runs jobs one at a time, in the order in which they were given."""

    def __init__(self) -> None:
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._is_served = False

    def submit(self, fn: Callable[[], T]) -> Future[T]:
        """Have `fn()` called on the home thread; return its future."""
        future: Future[T] = Future()

        def job() -> None:
            try:
                future.set_result(fn())
            except BaseException as error:
                future.set_exception(error)

        self._jobs.put(job)
        self._ensure()
        return future

    def serve(self, until: Future[T]) -> T:
        """Be the home thread until `until` is done, and return its result. Call it from the thread that shall be it."""
        with self._lock:
            self._is_served = True
        until.add_done_callback(lambda done: self._jobs.put(None))
        while (job := self._jobs.get()) is not None:
            job()
        return until.result()

    def claim(self) -> None:
        """Say that `serve` is about to be called, so that no thread is started meanwhile."""
        with self._lock:
            self._is_served = True

    def _ensure(self) -> None:
        with self._lock:
            if self._is_served:
                return
            self._is_served = True
        threading.Thread(target=self.serve, args=(Future(),), name="durable-strands", daemon=True).start()


HOME = HomeThread()
