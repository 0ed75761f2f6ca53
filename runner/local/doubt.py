"""What becomes of a step that was in flight when its process died (promise 4)."""

from __future__ import annotations

import sys
from enum import Enum

from durable.runner import context
from durable.runner.codec import Unstorable
from durable.runner.core.call import UNKNOWN, Call, Settled
from durable.runner.core.messages import Raised, Returned
from durable.runner.errors import StepInDoubt
from durable.runner.journal.rows import OpenRow
from durable.runner.run import Run


class Decision(Enum):
    """What to do with a step in doubt."""

    RETRY = "retry"
    FAIL = "fail"


def event_without_trying(run: Run, call: Call) -> Returned | Raised | None:
    """Return the event of a step in doubt if it needs not or must not be performed again; None for one to perform."""
    if not call.extra.get("doubtful"):
        return None
    begun: OpenRow | None = call.extra.get("begun")
    found = look(call, begun.note) if begun is not None else UNKNOWN
    if found.state == "undone":
        return None
    if found.state == "done" and (event := settled_event(run, call, found)) is not None:
        return event
    return failure(run, call) if decide(call) is Decision.FAIL else None


def look(call: Call, note: object) -> Settled:
    """Return what the world says of a step in doubt; "unknown" where it cannot tell."""
    if call.probe is None:
        return UNKNOWN
    with context.outside():
        return call.probe.settle(note)


def settled_event(run: Run, call: Call, found: Settled) -> Returned | None:
    """Return the event of a step that the world shows to be done, None if its result cannot be known from that."""
    try:
        return Returned(call.seq, run.encoder.text(found.value, "result", call.roots))
    except Unstorable:
        return None


def decide(call: Call) -> Decision:
    """Return what the step's policy says; "ask" asks on a terminal and retries where there is none."""
    policy = call.site.policy.in_doubt or "ask"
    if policy == "fail":
        return Decision.FAIL
    if policy == "retry" or not (sys.stdin.isatty() and sys.stderr.isatty()):
        return Decision.RETRY
    site = call.site
    print(f"durable: {site.callee} at {site.file}:{site.line} was in flight when the process died.", file=sys.stderr)
    print("durable: Nobody knows whether it happened. Do it (again)? [y/n] ", end="", file=sys.stderr, flush=True)
    return Decision.RETRY if sys.stdin.readline().strip().lower() in ("y", "yes") else Decision.FAIL


def failure(run: Run, call: Call) -> Raised:
    """Return the event of a step in doubt that shall not be tried again."""
    site = call.site
    error = StepInDoubt(
        f"{site.file}:{site.line}: {site.callee} was in flight when the process died, and its policy is "
        f'in_doubt = "fail". Look whether it happened, then give `durable retry {run.spec.id}` to do it again.'
    )
    return Raised(call.seq, run.encoder.text(error))
