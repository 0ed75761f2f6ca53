"""The processes of a run: each child is a group of strands with a memory of its own.

A child begins with a copy of its parent's memory (a fork) or with none (a spawn). Whenever the scheduler goes on with
a strand of another process, the memory of that is put in its place: names of the program's modules, what the run keeps
in cells (`sys.stdout`), the modules themselves, the state of `random`. What a child does to the world is a step like
any other; between processes nothing is recorded, for a replay does the same again.
"""

from __future__ import annotations

import contextvars
import random
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

from durable.runner import context
from durable.runner.core.call import Call
from durable.runner.core.scheduler import Strand
from durable.runner.program.loader import Modules
from durable.runner.run import Run
from durable.runner.spec import Outcome
from durable.stdlib_shims import _fork_caches as _fork_caches
from durable.stdlib_shims import _fork_locks as _fork_locks
from durable.stdlib_shims import _fork_types as _fork_types
from durable.stdlib_shims._fork_copy import Copier, kept_by_libraries
from durable.stdlib_shims._fork_places import Place
from durable.stdlib_shims._in_step import needs_memory
from durable.stdlib_shims._run_pipes import Ends, Flow
from durable.stdlib_shims._strands import FATAL
from durable.stdlib_shims._sync import allocate_rlock

_OWN = frozenset(
    """threading os.place step.hooks os.environ os.getpid os.getppid signal signal.masks atexit streams stdin
    stdin.pending weakref.finalizers weakref.late asyncio.names""".split()
)
"""What `Run.local` keeps for each process of its own."""


class Memory:
    """The memory of one process: what is exchanged when it goes on or is left, and what is its own besides."""

    def __init__(self, locals_: dict[str, Any]) -> None:
        self.locals = locals_
        self.places: dict[int, tuple[Place, Any]] = {}
        self.cells: list[Any] = []
        self.modules: dict[str, Any] = {}
        self.random = random.Random(0)
        self.ends = Ends()
        self.kept: Any = None
        """What a child began with. It stays, as a process that ends finalises nothing."""

    def save(self, run: Run) -> None:
        """Keep what is in the places now."""
        self.places = {key: (place, place.take()) for key, (place, _) in self.places.items()}
        if run.is_entered:
            self.cells = [getattr(owner, name) for owner, name, _, _ in run.cells]
        self.random = run.random
        modules = run.modules
        self.modules = modules.present() if isinstance(modules, Modules) else {}

    def load(self, run: Run) -> None:
        """Put back what was kept."""
        for place, content in self.places.values():
            place.put(content)
        if run.is_entered:
            for (owner, name, _, _), value in zip(run.cells, self.cells, strict=False):
                setattr(owner, name, value)
        run.random = self.random
        if isinstance(run.modules, Modules):
            run.modules.replace(self.modules)


class Process:
    """A child process: `status` is its exit code once it has ended, negative if a signal ended it."""

    def __init__(self, pid: int, parent: Process | None, memory: Memory, is_fork: bool) -> None:
        self.pid = pid
        self.is_fork = is_fork
        self.parent = parent
        self.memory = memory
        self.main: Strand | None = None
        self.status: int | None = None
        self.ended = Flow()

    def __repr__(self) -> str:
        return f"<Process {self.pid}>"


class Processes:
    """All processes of one run; the run's `memories`. Made by `processes_of` when the first child is started."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self.main = Memory(run._locals)
        self.children: dict[int, Process] = {}
        self.first_pid = _own_pid()
        self._active = self.main
        self._lock = allocate_rlock()
        run.scheduler.on_process = self._exchange

    def memory(self, process: Process | None) -> Memory:
        return self.main if process is None else process.memory

    @property
    def here(self) -> Memory:
        """The memory of the process that executes."""
        return self.memory(self._run.scheduler.process)

    def table_of(self, key: Any, table: dict[str, Any]) -> dict[str, Any]:
        """Return where the value of `key` is for the process at work on this thread."""
        process = context.process(self._run)
        return table if process is None or key not in _OWN else process.memory.locals

    def tables(self) -> list[dict[str, Any]]:
        """Return what each process has of its own."""
        return [self.main.locals, *(child.memory.locals for child in self.children.values())]

    @contextmanager
    def performing(self, call: Call) -> Iterator[None]:
        """Inside the block a step is performed; one that executes code of the program has its process's memory."""
        if not self._has_living or not needs_memory(call, self._is_program):
            yield
            return
        with self._lock:
            before = self._active
            self._put(self.memory(call.process))
            try:
                yield
            finally:
                self._put(before)

    @contextmanager
    def executing(self) -> Iterator[None]:
        """Inside the block strands execute, and no step that needs the memory of one process."""
        if not self._has_living:
            yield
            return
        with self._lock:
            yield

    @property
    def _has_living(self) -> bool:
        return any(child.status is None for child in self.children.values())

    def _exchange(self, process: Process | None) -> None:
        self._put(self.memory(process))

    def _put(self, memory: Memory) -> None:
        if memory is not self._active:
            self._active.save(self._run)
            self._active = memory
            memory.load(self._run)

    def _is_program(self, name: str) -> bool:
        modules = self._run.modules
        return modules is not None and (name in ("__main__", "__mp_main__") or name in modules.loaded)

    # Making and ending

    def fork(self, roots: Any) -> tuple[Process, Any]:
        """Return a new process, which does not run yet, with a copy of the present memory, and its copy of `roots`."""
        run, here = self._run, self.here
        modules = run.modules.present() if isinstance(run.modules, Modules) else {}
        from durable.stdlib_shims import _fork_state

        copier = Copier(self._is_program, kept_by_libraries(self._is_program))
        pid = self._next_pid()
        child = Process(pid, run.scheduler.process, Memory(_fork_state.forked(run, pid)), is_fork=True)
        memory = child.memory
        memory.ends = here.ends.forked(copier)
        _own_streams(run, copier, here, memory)
        for module in modules.values():
            copier.namespace(vars(module))
        copied = copier.copy(roots)
        cells = [copier.copy(getattr(owner, name)) for owner, name, _, _ in run.cells]
        handlers = copier.copy(_handlers(memory))
        copier.finish()
        _handlers(memory).update(handlers)
        memory.cells, memory.modules, memory.kept = cells, modules, copier.memo
        memory.random = random.Random(int.from_bytes(run.entropy(64), "big"))
        for key, (place, content) in copier.places.items():
            memory.places[key] = (place, content)
            here.places.setdefault(key, (place, None))
        self.children[child.pid] = child
        return child, copied

    def spawn(self) -> Process:
        """Return a new process, which does not run yet, with a memory like a new interpreter's."""
        from durable.stdlib_shims import _fork_state

        run = self._run
        pid = self._next_pid()
        child = Process(pid, run.scheduler.process, Memory(_fork_state.fresh(run, pid)), is_fork=False)
        child.memory.cells = [outer for _, _, _, outer in run.cells]
        child.memory.random = random.Random(int.from_bytes(run.entropy(64), "big"))
        self.children[pid] = child
        return child

    def start(self, child: Process, body: Callable[[], int], name: str) -> None:
        """Let `body()`, which returns the exit status, run as the first thread of `child`."""
        run, parent = self._run, self._run.strand
        strand = run.spawn(lambda: self._run_child(child, body), name)
        strand.process = child
        child.main = strand
        for key in ("ident", "sigmask"):
            if key in parent.local and (child.is_fork or key != "ident"):
                strand.local[key] = parent.local[key]
        assert strand.glet is not None
        if child.is_fork:
            strand.glet.gr_context = contextvars.copy_context()

    def _run_child(self, child: Process, body: Callable[[], int]) -> None:
        try:
            status = body()
        except FATAL as error:
            self.fail(child, error)
        else:
            self.end(child, status & 0xFF)

    def fail(self, child: Process, error: BaseException) -> None:
        """End the whole run with `error`, which was raised in `child`."""
        self._run.scheduler.interrupt(self._run.scheduler.strands[0], error)
        self.end(child, 1)

    def end(self, child: Process, status: int) -> None:
        """End `child` at once: none of its strands goes on, its ends of pipes are closed."""
        scheduler = self._run.scheduler
        if child.status is not None:
            return
        child.status = status
        is_own = scheduler.process is child
        for strand in scheduler.strands:
            if strand.process is child:
                scheduler.kill(strand)
        child.memory.ends.close_all()
        child.ended.changed()
        if is_own:
            scheduler.leave()

    def leave_now(self, status: int) -> NoReturn:
        """End the process that executes at once; the run, if it is the program itself."""
        run = self._run
        if run.scheduler.process is not None:
            self.end(run.scheduler.process, status)
        run.end_now(Outcome("completed", status))

    def _next_pid(self) -> int:
        return self.first_pid + 1 + len(self.children)


def processes_of(run: Run) -> Processes:
    """Return the processes of `run`."""
    if run.memories is None:
        run.memories = Processes(run)
        if isinstance(run.modules, Modules):
            run.modules.add_alias("__mp_main__", "__main__")
    assert isinstance(run.memories, Processes)
    return run.memories


def child_of(run: Run, pid: int) -> Process | None:
    """Return the child process of `run` that has this number, None if there is none."""
    return None if run.memories is None else processes_of(run).children.get(pid)


def is_of_run(run: Run, pid: int) -> bool:
    """Say whether `pid` is the program's number or that of a child, ended or not."""
    processes = processes_of(run)
    return pid == processes.first_pid or pid in processes.children


def main_strand(run: Run) -> Strand:
    """Return the main thread of the process that executes."""
    process = run.scheduler.process
    return run.scheduler.strands[0] if process is None or process.main is None else process.main


def _own_pid() -> int:
    import os

    return os.getpid()


def _handlers(memory: Memory) -> dict[int, Any]:
    state = memory.locals.get("signal")
    return {} if state is None else state.handlers


def _own_streams(run: Run, copier: Copier, here: Memory, memory: Memory) -> None:
    """Give the child standard streams of its own, as its buffers are: the parent has flushed its."""
    from durable.runner.program.streams import make_output

    streams: tuple[Any, Any] = here.locals.get("streams") or (sys.__stdout__, sys.__stderr__)
    made = []
    for fd, stream in zip((1, 2), streams, strict=True):
        if type(stream).__module__.startswith("durable."):
            copied = make_output(run, fd)
            if not stream.closed:
                copied.reconfigure(line_buffering=stream.line_buffering, write_through=stream.write_through)
            copier.note(stream, copied)
            stream = copied
        made.append(stream)
    memory.locals["streams"] = tuple(made)
