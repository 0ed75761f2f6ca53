"""What a step calls: the live callable with its arguments, and what the run must know to record it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Policy:
    """How a step is performed; the defaults are plain Python's (one attempt, no deadline).

    `retries` counts attempts after the first. Durations are seconds: `timeout` of one attempt, `deadline` of all of
    them with their waits; `backoff` before the second attempt, `backoff_factor` times longer before each one more, at
    most `max_backoff`, with the share `jitter` of it left to chance. `retry_on` and `give_up_on` are names of exception
    classes, `retry_status` HTTP statuses, with commas between them ("" for no say). `in_doubt` is "retry", "ask",
    "fail" or "" for the default of the engine; `queue` is the task queue of a cluster that performs it ("": the run's).
    """

    retries: int = 0
    timeout: float | None = None
    deadline: float | None = None
    backoff: float = 0.0
    backoff_factor: float = 2.0
    max_backoff: float = 0.0
    jitter: float = 0.0
    retry_on: str = ""
    give_up_on: str = ""
    retry_status: str = ""
    in_doubt: str = ""
    idempotency_header: str = ""
    queue: str = ""

    @property
    def is_guarding(self) -> bool:
        """Say whether a step with this policy is more than one attempt without an end."""
        return bool(self.retries) or self.deadline is not None

    @staticmethod
    def of(options: Mapping[str, Any]) -> Policy:
        """Return the policy that a bundle's options say; what this version does not know is left out."""
        return Policy(**{name: options[name] for name in _OPTIONS if name in options})


_OPTIONS = tuple(field.name for field in fields(Policy))
PLAIN = Policy()


@dataclass(frozen=True, slots=True)
class Site:
    """Where in the program a step stands; `line` and `column` are 1-based, in the original file.

    `is_said`: the user's policy (or the guard) made it a step, whatever is called there.
    """

    name: str
    callee: str
    effect: str
    file: str
    line: int
    column: int
    function: str
    policy: Policy = PLAIN
    is_said: bool = False


class Performance:
    """A step's callable that stands for another one, `fn`, and sends the step's key with it by itself."""

    fn: Callable[..., Any]


class Probe(Protocol):
    """Tells from the world whether a step in doubt has happened (promise 4)."""

    def note(self) -> Any:
        """Return a storable value, taken before the step starts, to compare the world with later."""
        ...

    def settle(self, note: Any) -> Settled:
        """Look at the world after a crash and say what became of the step."""
        ...


@dataclass(frozen=True, slots=True)
class Settled:
    """The answer of a probe: `state` is "done" (then `value` is the step's result), "undone" or "unknown"."""

    state: str
    value: Any = None


UNDONE = Settled("undone")
UNKNOWN = Settled("unknown")


@dataclass(slots=True)
class Call:
    """One performance of an effect, live: never stored itself, made again by the program on replay.

    `effect` is "read", "write" or "open". `roots` are the mutable objects reachable at once from the arguments, whose
    changes are recorded with the result. What `is_wait` only waits for the world: it may take for ever, is never
    waited for, and may be given up at any time. `attempt` counts the step's performances that its policy asks for;
    `first` is the number of the first of them. `told` is given the record of what a performance has returned. `stub`
    stands for the effect in a test; what is done with what it gave has it too, and `is_kept` says that its result is to
    stay alive, for it cannot be stored.
    """

    fn: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    effect: str
    site: Site
    roots: tuple[Any, ...] = ()
    probe: Probe | None = None
    strand: str = "MainThread"
    key: str = ""
    seq: int = -1
    attempt: int = 1
    first: int = -1
    process: Any = None
    is_wait: bool = False
    stub: Any = None
    is_kept: bool = False
    told: Callable[[str], None] | None = None
    extra: dict[str, Any] = field(default_factory=dict)
