"""A log record that library code makes within a step ⇄ its part of the step's record.

The run handles it when it takes the step's outcome: with the handlers, the clock and the thread of the strand.
"""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

from durable.runner.codec import Unstorable

if TYPE_CHECKING:
    from durable.runner.run import Run

_OF_THE_MOMENT = frozenset(
    "args created exc_info msecs msg process processName relativeCreated taskName thread threadName".split()
)
_PLAIN = (str, int, float, type(None))


def stored(run: Run, record: logging.LogRecord) -> str:
    """Return a log record as text: its fields one by one, without what depends on the moment or cannot be stored."""
    fields = {name: value for name, value in vars(record).items() if name not in _OF_THE_MOMENT}
    fields["msg"], fields["args"] = _message(record)
    error = record.exc_info[1] if record.exc_info else None
    if error is not None:
        fields["exc_info"] = error
    found = {}
    for name, value in fields.items():
        try:
            found[name] = run.encoder.text(value)
        except Unstorable:
            continue
    return json.dumps(found)


def _message(record: logging.LogRecord) -> tuple[Any, Any]:
    """Return the message and its arguments, put together if those may be changed before the record is handled."""
    args = record.args or ()
    if isinstance(record.msg, str) and isinstance(args, tuple) and all(type(item) in _PLAIN for item in args):
        return record.msg, args
    try:
        return record.getMessage(), ()
    except Exception:  # the handler shall complain of it, as it would have
        return str(record.msg), tuple(map(str, args))


def log_again(run: Run, text: str) -> None:
    """Let the program's loggers handle the record that `stored` wrote."""
    fields = {name: run.decoder.value(value) for name, value in json.loads(text).items()}
    error = fields.get("exc_info")
    if error is not None:
        fields["exc_info"] = (type(error), error, error.__traceback__)
    logging.getLogger(fields["name"]).handle(logging.makeLogRecord(fields))
