"""A run that a resident worker has resumed and that sleeps for long: its process ends, and the worker wakes it on time.

Ending the process is a crash like any other; what the run waits for is in the journal.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable

from durable.runner.core.messages import Request
from durable.runner.journal.rows import OpenRow
from durable.runner.journal.store import Journal

VARIABLE = "DURABLE_RESIDENT"
"""Set in the environment of the processes that a worker starts."""
RESTING = 75
"""Exit code of a process whose run sleeps."""
_LONG = 60.0


def rest_if_asleep(journal: Journal, n: int, requests: Iterable[Request]) -> None:
    """End this process if a worker has started it and run number `n` waits for nothing but far timers and prompts."""
    if VARIABLE not in os.environ:
        return
    noted = {row.seq: row for row in journal.open_rows(n)}
    waits = [noted.get(request.seq) for request in requests]
    if any(row is None or row.kind == "step" for row in waits) or journal.inbox(n):
        return
    if wake_time(row for row in waits if row is not None) - time.time() > _LONG:
        os._exit(RESTING)


def wake_time(rows: Iterable[OpenRow]) -> float:
    """Return when the next timer is due (seconds since the epoch); never, where there are only prompts."""
    return min((row.until for row in rows if row.until is not None), default=float("inf"))
