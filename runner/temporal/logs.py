"""What the SDK has to say: nothing on the program's stderr but one line of durable's own for what a user must know.

`DURABLE_TEMPORAL_LOG=info` (or debug, …) lets the SDK's core log as it does by itself.
"""

from __future__ import annotations

import functools
import logging
import os

from temporalio.runtime import LoggingConfig, Runtime, TelemetryConfig

from durable.runner.temporal.connection import say


@functools.cache
def runtime() -> Runtime:
    """Return the SDK's runtime of this process."""
    level = os.environ.get("DURABLE_TEMPORAL_LOG", "")
    logger = logging.getLogger("temporalio")
    if not level:
        logger.propagate = False
        logger.addHandler(_Lines())
    filter = f"temporalio_sdk_core={level},temporalio_client={level},temporalio_common={level}" if level else "off"
    return Runtime(telemetry=TelemetryConfig(logging=LoggingConfig(filter)))


class _Lines(logging.Handler):
    """Says each error once."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._said: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage().split(" on workflow ")[0]
        error = record.exc_info[1] if record.exc_info else None
        line = f"{text}: {type(error).__name__}: {error}" if error is not None else text
        if line not in self._said:
            self._said.add(line)
            say(line)
