"""Requests that strands make and events that answer them; values only, made and compared but never acted on here.

A run is a function from events to requests. Every request has a sequence number, given in the order in which the run
made it; the event that answers a request carries the same number.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from durable.runner.core.call import Call, Site


class Perform(NamedTuple):
    """Perform a step: call `call` once and answer with `Returned` or `Raised`."""

    seq: int
    call: Call


class StartTimer(NamedTuple):
    """Answer with `Fired` after `seconds` (float, seconds, at least 0)."""

    seq: int
    seconds: float
    site: Site | None = None


class AskPrompt(NamedTuple):
    """Ask a person or the standard input; answer with `Answered`.

    `kind` is "line" (as `input()`), "secret" (as `getpass()`) or "read" (raw standard input, `text` is the size).
    """

    seq: int
    kind: str
    text: str
    site: Site | None = None


class Withdraw(NamedTuple):
    """The answer to request `seq` is no longer wanted (a timer that lost its race)."""

    seq: int


Request = Perform | StartTimer | AskPrompt | Withdraw


def site_of(request: Request | None) -> Site | None:
    """Return where the program makes `request`; None for none, and where nobody knows."""
    return request.call.site if isinstance(request, Perform) else getattr(request, "site", None)


class Returned(NamedTuple):
    """Step `seq` returned; `record` is the encoded outcome (see `durable.runner.codec`)."""

    seq: int
    record: str


class Raised(NamedTuple):
    """Step `seq` raised; `record` is the encoded exception."""

    seq: int
    record: str


class Fired(NamedTuple):
    """Timer `seq` is due."""

    seq: int


class Answered(NamedTuple):
    """Prompt `seq` was answered; `record` is the encoded text, or null at the end of the input."""

    seq: int
    record: str


class Signalled(NamedTuple):
    """A signal named `name` (as "SIGTERM", or any name) arrived for the run; `record` is its encoded value."""

    name: str
    record: str


class Cancelled(NamedTuple):
    """Somebody cancelled the run: KeyboardInterrupt in its main strand."""


Event = Returned | Raised | Fired | Answered | Signalled | Cancelled
