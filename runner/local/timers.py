"""When timers are due, over a crash: long ones keep their moment, short ones see the outage as a pause.

A time-out of seconds guards work, and two short sleeps have an order. Where a crash cut work off it is done again and
gets the time that it had left; where it cut nothing off the first timer that is overdue ends at once, and the others as
much later as they would have. A deadline of hours is somebody's calendar.
"""

from __future__ import annotations

from collections.abc import Mapping

from durable.runner.core.messages import Perform, Request, StartTimer
from durable.runner.journal.rows import OpenRow
from durable.runner.local.recorder import BRIEF

SHORT = 60.0
"""Seconds up to which a timer counts as short."""


def pause_of(
    requests: Mapping[int, Request], begun: Mapping[int, OpenRow], last_sign: float | None, now: float
) -> float:
    """Return for how many seconds a run's short timers stood still.

    `requests` are those that are open when the run goes on, `begun` the rows of those that began before the crash, by
    number; `last_sign` is when the process was last seen alive, `now` the present (seconds since the epoch).
    """
    if any(isinstance(request, Perform) and not request.call.is_wait for request in requests.values()):
        since = last_sign
    else:
        timers = [begun[seq].until for seq, request in requests.items() if seq in begun and _is_short(request)]
        since = min([until for until in timers if until is not None], default=None)
    return 0.0 if since is None else max(0.0, now - since)


def brief_ones(
    requests: Mapping[int, Request], begun: Mapping[int, OpenRow], last_sign: float | None
) -> dict[int, OpenRow]:
    """Return rows for the open timers that were too brief to be written down: as if begun at the last sign of life."""
    if last_sign is None:
        return {}
    return {
        seq: OpenRow(seq, "timer", "sleep", request.site, last_sign, last_sign + request.seconds, 1, None)
        for seq, request in requests.items()
        if isinstance(request, StartTimer) and seq not in begun and request.seconds <= BRIEF
    }


def due_at(request: StartTimer, begun: OpenRow | None, pause: float, now: float) -> float:
    """Return the moment at which a timer is due (seconds since the epoch); `begun` is its row from before a crash."""
    if begun is None or begun.until is None:
        return now + request.seconds
    return begun.until + pause if _is_short(request) else begun.until


def _is_short(request: Request) -> bool:
    return isinstance(request, StartTimer) and request.seconds <= SHORT
