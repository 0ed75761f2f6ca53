"""Threads that perform steps while other strands of the run can go on."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable


class Workers:
    """Grows by a daemon thread whenever a job finds none idle, up to `limit`; a daemon never keeps the process
    alive.
    """

    def __init__(self, limit: int = 256) -> None:
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._idle = threading.Semaphore(0)
        self._limit = limit
        self._count = 0

    def submit(self, job: Callable[[], None]) -> None:
        """Have `job` called soon on another thread; it must not raise."""
        self._jobs.put(job)
        if not self._idle.acquire(blocking=False) and self._count < self._limit:
            self._count += 1
            threading.Thread(target=self._work, name=f"durable-step-{self._count}", daemon=True).start()

    def close(self) -> None:
        """Let the threads end when they have nothing more to do."""
        for _ in range(self._count):
            self._jobs.put(None)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()
            self._idle.release()
