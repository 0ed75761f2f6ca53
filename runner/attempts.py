"""Attempts: a step is performed until it succeeds, its policy gives up, or its deadline is over.

Each attempt is recorded as a step, each wait between two as a timer, in the strand (or task) that makes the call: just
as if the program had a loop around it. So a crash between attempts loses none of them, and no thread is held meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from durable.runner import context
from durable.runner.core.messages import Event, StartTimer

if TYPE_CHECKING:
    from durable.runner.core.call import Call, Site
    from durable.runner.run import Run


@dataclass
class Attempts:
    """The attempts of one step, or of one call that makes steps of its own: those have one key in all attempts."""

    run: Run
    site: Site
    number: int = 1
    is_over: bool = False
    _firsts: list[int] = field(default_factory=list)
    _asked: int = 0

    def admit(self, call: Call) -> None:
        """Number `call`, which is made in this attempt: `first` is the number that it had in the first one."""
        if self._asked == len(self._firsts):
            self._firsts.append(call.seq)
        call.first, call.attempt = self._firsts[self._asked], self.number
        self._asked += 1

    def pause_after(self, value: Any, is_raised: bool) -> float | None:
        """Return how long to wait before the next attempt, None if what came of this one stands."""
        from durable.runner import failures

        policy = self.site.policy
        if self.is_over or self.number > policy.retries:
            return None
        with context.outside():
            if not failures.is_failure(policy, value, is_raised):
                return None
            seed = f"{self.run.spec.seed}:{self.run.scheduler.next_seq}"
            wait = failures.pause(policy, self.number, seed)
        asked = failures.asked_pause(value, self._now)
        self.number += 1
        self._asked = 0
        return max(wait, asked)

    def _now(self) -> float:
        import time

        return self.run.ambient("time.time", time.time)

    def late(self) -> TimeoutError:
        """Return the error of a step whose deadline is over."""
        self.is_over = True
        return TimeoutError(f"{self.site.callee} took longer than {self.site.policy.deadline:g} s (policy: deadline)")


def attempted(run: Run, site: Site, once: Callable[[], Any], timeout: float | None = None) -> Any:
    """Call `once` until its policy says that this is it; each attempt takes `timeout` seconds at most."""
    attempts = Attempts(run, site)
    if timeout is not None:
        once = _limited(run, site, once, timeout)
    with _deadline(run, site, site.policy.deadline, attempts.late), _making(run, attempts):
        while True:
            try:
                value = once()
            except Exception as error:
                pause = attempts.pause_after(error, is_raised=True)
                if pause is None:
                    raise
            else:
                pause = attempts.pause_after(value, is_raised=False)
                if pause is None:
                    return value
            if pause:
                run.scheduler.request(StartTimer(run.scheduler.take_seq(), pause, site))


def current(run: Run) -> Attempts | None:
    """Return the attempts that the current strand is making."""
    strand = run.scheduler.current
    return None if strand is None else strand.local.get("attempts")


@contextmanager
def _making(run: Run, attempts: Attempts) -> Iterator[None]:
    local = run.strand.local
    before = local.get("attempts")
    local["attempts"] = attempts
    try:
        yield
    finally:
        local["attempts"] = before


def _limited(run: Run, site: Site, once: Callable[[], Any], timeout: float) -> Callable[[], Any]:
    def late() -> TimeoutError:
        return TimeoutError(f"{site.callee} took longer than {timeout:g} s (policy: timeout)")

    def limited() -> Any:
        with _deadline(run, site, timeout, late):
            return once()

    return limited


@contextmanager
def _deadline(run: Run, site: Site, seconds: float | None, late: Callable[[], TimeoutError]) -> Iterator[None]:
    """Raise `late()` in the block if it takes longer than `seconds`: a timer, which a crash does not start over."""
    if seconds is None:
        yield
        return
    scheduler, strand = run.scheduler, run.strand
    seq = scheduler.take_seq()

    def fire(event: Event) -> None:
        if not scheduler.is_ready(strand):
            scheduler.interrupt(strand, late())

    scheduler.post(StartTimer(seq, seconds, site), fire)
    try:
        yield
    finally:
        scheduler.withdraw(seq)
