"""When a timer is due, over a crash: long ones keep their moment, short ones beside cut-off work keep what was left.

A time-out of seconds guards work. Where a crash cut that work off it is done again, and it gets the time that it had
left, as after a pause of the machine; a deadline of hours is somebody's calendar.
"""

from __future__ import annotations

import time

from durable.runner.core.messages import StartTimer
from durable.runner.journal.store import OpenRow

SHORT = 60.0
"""Seconds up to which a timer counts as a time-out of work."""


def due_at(request: StartTimer, begun: OpenRow | None, last_sign: float | None) -> float:
    """Return the moment at which a timer is due (seconds since the epoch).

    `begun` is the timer's row if it began before a crash; `last_sign` is then when the process was last seen alive,
    None if the crash cut no step off.
    """
    now = time.time()
    if begun is None or begun.until is None:
        return now + request.seconds
    if last_sign is None or request.seconds > SHORT:
        return begun.until
    left = begun.until - max(last_sign, begun.at)
    return max(begun.until, now + min(max(left, 0.0), request.seconds))
