"""The streams of a `durable run` on Temporal: output as the program makes it, input as it asks for it."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable

from durable.runner.core.messages import AskPrompt
from durable.runner.local.console import Console

_POLL = 0.02


class Terminal:
    """Shows one run on this process's streams and answers its prompts from standard input; see live.Watcher.

    `answer(seq, text)` is called from the terminal's own thread.
    """

    def __init__(self, run: str, answer: Callable[[int, str], None]) -> None:
        self._console = Console(run, [])
        self._answer = answer
        self._shown = {1: 0, 2: 0}
        self._lock = threading.Lock()
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._read = b""
        self._asked: set[int] = set()
        self._is_live = False
        self._thread = threading.Thread(target=self._work, name="durable-terminal", daemon=True)
        self._thread.start()

    def emitted(self, fd: int, start: int, data: bytes) -> None:
        with self._lock:
            new = data[max(0, self._shown[fd] - start) :]
            self._shown[fd] = max(self._shown[fd], start + len(data))
            if new:
                self._jobs.put(lambda: self._show(fd, new))

    def missing(self, chunks: list[tuple[int, bytes]]) -> None:
        """Show what of all the run's output was not shown yet (it was made in another process)."""
        made = {1: 0, 2: 0}
        for fd, data in chunks:
            self.emitted(fd, made[fd], data)
            made[fd] += len(data)

    def asked(self, request: AskPrompt) -> None:
        with self._lock:
            if request.seq in self._asked:
                return
            self._asked.add(request.seq)
            self._jobs.put(lambda: self._ask(request))

    def answered(self, seq: int, text: str, source: str) -> None:
        with self._lock:
            self._asked.add(seq)
            if source == "stdin" and not self._is_live:
                self._read += text.encode("utf-8", "surrogateescape")
            self._jobs.put(lambda: self._console.answered(seq))

    def close(self) -> None:
        """Write what is left and return."""
        self._jobs.put(None)
        self._thread.join()

    # On the terminal's thread

    def _show(self, fd: int, data: bytes) -> None:
        self._console.emit(fd, data)
        self._console.flush()

    def _ask(self, request: AskPrompt) -> None:
        if not self._is_live:
            self._is_live = True
            self._console.go_live(self._read)
        self._console.ask(request)

    def _work(self) -> None:
        while True:
            try:
                job = self._jobs.get(timeout=_POLL if self._console.is_asking else None)
            except queue.Empty:
                self._poll()
                continue
            if job is None:
                return
            job()

    def _poll(self) -> None:
        found = self._console.poll()
        if found is not None:
            self._console.answered(found[0])
            self._answer(*found)
            time.sleep(0)
