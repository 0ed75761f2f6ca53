"""Waiting for sockets: a strand sleeps until an end is ready; one step a run, at most, looks at the outside for all.

That step is asked for when somebody waits for an end that the outside can reach, follows who waits while it is under
way, and is recorded only when something has happened.
"""

from __future__ import annotations

import os
import select
import sys
import threading
from typing import Protocol

from durable.runner import context
from durable.runner.core.call import Call
from durable.runner.core.messages import Event, Perform, Returned
from durable.runner.core.scheduler import Strand
from durable.runner.run import Run
from durable.stdlib_shims._net_ends import READ, WRITE, End, network_of

_poll = select.poll
_eventfd, _eventfd_write, _eventfd_read, _close = os.eventfd, os.eventfd_write, os.eventfd_read, os.close


class _Opened(Protocol):
    def fileno(self) -> int: ...


class Look:
    """One look at the outside: `interest` maps ends' numbers to what they are waited for; it may change meanwhile."""

    def __init__(self) -> None:
        self.interest: dict[int, tuple[End, int]] = {}
        self.is_over = False
        self.seq = -1
        self._wake: int | None = None
        self._lock = context.unrecorded(threading.Lock)  # one of the process, for a step and the strands

    def follow(self, interest: dict[int, tuple[End, int]]) -> None:
        """Look at these ends from now on."""
        with self._lock:
            self.interest = interest
            self._poke()

    def stop(self) -> None:
        """Give up."""
        with self._lock:
            self.is_over = True
            self._poke()

    def _poke(self) -> None:
        if self._wake is not None:
            _eventfd_write(self._wake, 1)

    def __call__(self) -> list[list[int]]:
        """Wait until something is ready (within a step); return pairs of number and what it is ready for."""
        self._wake = wake = _eventfd(0, os.EFD_CLOEXEC)
        try:
            while not self.is_over:
                found = self._found(wake)
                if found:
                    return found
            return []
        finally:
            with self._lock:
                self._wake = None
            _close(wake)

    def _found(self, wake: int) -> list[list[int]]:
        with self._lock:
            interest = dict(self.interest)
        poll = _poll()
        poll.register(wake, select.POLLIN)
        numbers: dict[int, int] = {}
        for number, (end, wanted) in interest.items():
            assert end.outside is not None
            try:
                live: _Opened = end.outside.revived()
            except ConnectionError:
                return [[number, READ | WRITE]]
            except OSError:
                continue  # closed while it was waited for
            if live.fileno() < 0:
                continue
            numbers[live.fileno()] = number
            asked = (select.POLLIN if wanted & READ else 0) | (select.POLLOUT if wanted & WRITE else 0)
            poll.register(live.fileno(), asked)
        ready = dict(poll.poll())
        if ready.pop(wake, None):
            _eventfd_read(wake)
        return [[numbers[fd], _as_ready(mask)] for fd, mask in sorted(ready.items()) if not mask & select.POLLNVAL]


def _as_ready(mask: int) -> int:
    if mask & (select.POLLERR | select.POLLHUP):
        return READ | WRITE
    return (READ if mask & select.POLLIN else 0) | (WRITE if mask & select.POLLOUT else 0)


class Lookout:
    """Asks for looks at the outside on behalf of all that wait in a run."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.look: Look | None = None
        self.failure: BaseException | None = None
        run.on_stop.append(self._stopped)

    def update(self) -> None:
        """Have the look under way cover just what is waited for now."""
        run = self.run
        if run.scheduler.stopped:
            return
        interest = self._interest()
        if self.look is not None:
            if interest:
                self.look.follow(interest)
                return
            look, self.look = self.look, None
            run.scheduler.withdraw(look.seq)
            look.stop()
        elif interest:
            self._begin(interest)

    def _interest(self) -> dict[int, tuple[End, int]]:
        found: dict[int, tuple[End, int]] = {}
        for number, end in network_of(self.run).by_number.items():
            wanted = 0
            if end.waiters and end.outside is not None and not end.is_inner:
                for mask in end.waiters.values():
                    wanted |= mask
            if wanted & ~end.ready():
                found[number] = end, wanted
        return found

    def _begin(self, interest: dict[int, tuple[End, int]]) -> None:
        look = self.look = Look()
        look.interest = interest
        run = self.run
        site = run.sites.dynamic(sys._getframe(1), "socket.wait", "read")
        call = Call(look, (), {}, "read", site, is_wait=True)
        call.seq = look.seq = run.scheduler.take_seq()
        call.strand = "sockets"
        run.scheduler.post(Perform(call.seq, call), lambda event: self._looked(call, event))

    def _looked(self, call: Call, event: Event) -> None:
        self.look = None
        network = network_of(self.run)
        if not isinstance(event, Returned):
            self.failure = self.run.decoder.value(event.record)  # type: ignore[union-attr]
            for end in list(network.by_number.values()):
                for waiter in list(end.waiters):
                    waiter.wake()
            return
        changed: list[End] = []
        for number, ready in self.run.outcome_of(call, event):
            if number in network.by_number:
                changed.append(network.by_number[number])
                changed[-1].seen |= ready
        for end in changed:
            end.changed()
        self.update()

    def _stopped(self) -> None:
        """Let go of what the process holds for a run that was dropped."""
        if self.look is not None:
            self.look.stop()
        for end in list(network_of(self.run).by_number.values()):
            if end.outside is not None:
                end.outside.release()


def lookout_of(run: Run) -> Lookout:
    """Return the lookout of `run`."""

    def make() -> Lookout:
        made = Lookout(run)
        network_of(run).update = made.update
        return made

    return run.local("socket.lookout", make)


class Waiting:
    """A strand that waits for ends to become ready."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self._strand: Strand | None = None

    def wake(self) -> None:
        strand, self._strand = self._strand, None
        if strand is not None and strand.resume[0]:
            self.run.unpark(strand)

    def wait(self, wanted: dict[End, int], timeout: float | None) -> bool:
        """Suspend the strand until one of `wanted` may be ready; return False if `timeout` seconds went by first."""
        lookout = lookout_of(self.run)
        for end, mask in wanted.items():
            end.waiters[self] = mask
        try:
            lookout.update()
            self._strand = self.run.strand
            is_woken = self.run.park(timeout)
        finally:  # a look under way stays: whoever waits next changes what it looks at
            self._strand = None
            for end in wanted:
                end.waiters.pop(self, None)
        if lookout.failure is not None:
            raise lookout.failure
        return is_woken


def wait_until(end: End, wanted: int, timeout: float | None) -> None:
    """Suspend the strand until `end` is ready for `wanted`. Raise BlockingIOError or TimeoutError, as a socket does."""
    if end.ready() & wanted:
        return
    if timeout == 0:
        raise BlockingIOError(11, os.strerror(11))
    if not Waiting(end.run).wait({end: wanted}, timeout):
        raise TimeoutError("timed out")
