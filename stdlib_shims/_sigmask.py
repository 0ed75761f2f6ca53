"""Signals that threads of a run block, that wait until they do not, and that threads wait for."""

from __future__ import annotations

import signal as _real
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from durable.runner import context
from durable.runner.core.scheduler import Strand
from durable.runner.run import Run

_pthread_sigmask, _sigpending, _sigwait = _real.pthread_sigmask, _real.sigpending, _real.sigwait
_sigtimedwait, _sigwaitinfo = _real.sigtimedwait, _real.sigwaitinfo
_UNCATCHABLE = frozenset({_real.SIGKILL, _real.SIGSTOP})
_MASK, _ACCEPTED = "sigmask", "signal"


@dataclass
class _State:
    """The signals that wait, the strands that wait for some, and what an unblocked signal is given to."""

    pending: set[int] = field(default_factory=set)
    waiting: list[tuple[Strand, frozenset[int]]] = field(default_factory=list)
    handle: Callable[[int], None] = lambda number: None


def masks_of(run: Run) -> _State:
    """Return the masks of `run`."""
    return run.local("signal.masks", _State)


def forked(run: Run) -> _State:
    """Return the state of a process that `run` forks: no signal waits there."""
    return _State(handle=masks_of(run).handle)


def inherit(parent: Strand, child: Strand) -> None:
    """Let a new thread block what its maker blocks."""
    child.local[_MASK] = _mask(parent)


def blocked(run: Run) -> frozenset[int]:
    """Return the signals that every thread of `run` blocks."""
    masks = [_mask(strand) for strand in run.scheduler.strands if not strand.done and _is_thread(run, strand)]
    return frozenset.intersection(*masks) if masks else frozenset()


def is_kept(run: Run, number: int, of: Strand | None = None) -> bool:
    """Give a signal, sent to one thread or (None) to all, to who waits for it, or keep it if it is blocked."""
    state = masks_of(run)
    for index, (strand, numbers) in enumerate(state.waiting):
        if number in numbers and of in (None, strand):
            del state.waiting[index]
            strand.local[_ACCEPTED] = number
            run.unpark(strand)
            return True
    if number in (_mask(of) if of is not None else blocked(run)):
        state.pending.add(number)
        return True
    return False


def _mask(strand: Strand) -> frozenset[int]:
    found: frozenset[int] = strand.local.get(_MASK, frozenset())
    return found


def main_strand(run: Run) -> Strand:
    """Return the main thread of the process that executes."""
    from durable.stdlib_shims import _processes

    return _processes.main_strand(run)


def _is_thread(run: Run, strand: Strand) -> bool:
    return strand.process is run.scheduler.process and (strand is main_strand(run) or _MASK in strand.local)


def _numbers(signals: Iterable[int]) -> frozenset[int]:
    found = frozenset(map(int, signals))
    for number in found:
        if not 1 <= number < _real.NSIG:
            raise ValueError(f"signal number {number} out of range [1; {_real.NSIG - 1}]")
    return found


def _named(numbers: Iterable[int]) -> set[int]:
    known = _real.Signals._value2member_map_
    return {known.get(number, number) for number in numbers}  # type: ignore[misc]


def pthread_sigmask(how: int, mask: Iterable[int]) -> set[int]:
    """Change which signals the calling thread blocks; return those that it blocked before."""
    run = context.current()
    if run is None:
        return set(_pthread_sigmask(how, mask))
    numbers, before = _numbers(mask), _mask(run.strand)
    changed = {
        _real.SIG_BLOCK: before | numbers,
        _real.SIG_UNBLOCK: before - numbers,
        _real.SIG_SETMASK: numbers,
    }
    if how not in changed:
        raise OSError(22, "Invalid argument")
    run.strand.local[_MASK] = frozenset(changed[_real.Sigmasks(how)]) - _UNCATCHABLE
    state = masks_of(run)
    for number in sorted(state.pending - _mask(run.strand)):
        state.pending.discard(number)
        state.handle(number)
    return _named(before)


def sigpending() -> set[int]:
    """Return the signals that were sent while they were blocked."""
    run = context.current()
    return set(_sigpending()) if run is None else _named(masks_of(run).pending)


def sigwait(sigset: Iterable[int]) -> int:
    """Wait for one of the signals, take it and return its number."""
    run = context.current()
    if run is None:
        return _sigwait(sigset)
    (number,) = _named([_accepted(run, _numbers(sigset), None) or 0])
    return number


def sigwaitinfo(sigset: Iterable[int], /) -> _real.struct_siginfo:
    """Wait for one of the signals, take it and return what is known of it."""
    run = context.current()
    if run is None:
        return _sigwaitinfo(sigset)
    return _info(_accepted(run, _numbers(sigset), None) or 0)


def sigtimedwait(sigset: Iterable[int], timeout: float, /) -> _real.struct_siginfo | None:
    """Wait at most `timeout` seconds for one of the signals; None if none came."""
    run = context.current()
    if run is None:
        return _sigtimedwait(sigset, timeout)
    if timeout < 0:
        raise ValueError("timeout must be non-negative")
    number = _accepted(run, _numbers(sigset), timeout)
    return None if number is None else _info(number)


def _accepted(run: Run, numbers: frozenset[int], timeout: float | None) -> int | None:
    state, strand = masks_of(run), run.strand
    here = min(state.pending & numbers, default=None)
    if here is not None:
        state.pending.discard(here)
        return here
    state.waiting.append((strand, numbers))
    if run.park(timeout):
        number: int = strand.local.pop(_ACCEPTED)
        return number
    state.waiting = [one for one in state.waiting if one[0] is not strand]
    return None


def _info(number: int) -> _real.struct_siginfo:
    import os

    return _real.struct_siginfo((number, 0, 0, os.getpid(), os.getuid(), 0, 0))


FUNCTIONS = (pthread_sigmask, sigpending, sigwait, sigwaitinfo, sigtimedwait)
