"""What every recipe can say, with the answers for a class of which nothing special is known."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from durable.runner import context
from durable.runner.core.call import UNKNOWN, Settled, Site
from durable.runner.errors import ResourceLost

if TYPE_CHECKING:
    from durable.runner.codec import Encoder
    from durable.runner.core.call import Call

_LIVE = '"$":"resource"'
"""Stands in the record of what holds a resource."""


class Done:
    """An operation that was performed on a resource.

    One that goes on in an iterator was performed `times` in a row; `given` is the hash of all that it gave, None if
    live objects are among it. `mark` is what the class's recipe noted behind it. In a talk `proxy` is the cursor that
    it was done to, None for the connection, and `opened` the one that it gave.
    """

    __slots__ = (
        "args",
        "effect",
        "given",
        "is_asked",
        "is_setup",
        "kwargs",
        "mark",
        "name",
        "opened",
        "proxy",
        "site",
        "times",
    )

    def __init__(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], effect: str, site: Site) -> None:
        self.name = name
        self.args = args
        self.kwargs = kwargs
        self.effect = effect
        self.site = site
        self.is_setup = False
        self.is_asked = False
        self.times = 0
        self.given: Any = 0
        self.mark: Any = None
        self.proxy: Any = None
        self.opened: Any = None

    def gave(self, record: str) -> None:
        """Note that it was performed once more; `record` is what is stored of its outcome."""
        self.times += 1
        self.given = None if self.given is None or _LIVE in record else hash((self.given, record))

    def go_on(self, live: Any, opened: Call, encoder: Encoder) -> None:
        """Bring an iterator that was opened again to where it was. Raise ResourceLost if it gives other items."""
        again = Done(self.name, self.args, self.kwargs, self.effect, self.site)
        for _ in range(self.times):
            try:
                item = self.again(live)
            except Exception as error:  # as the program has seen it
                again.gave(type(error).__name__)
                continue
            again.gave(encoder.text(item) if self.given is not None else _LIVE)
        if again.given != self.given:
            raise lost(live, opened.site, f"opened again it gives other items than the {self.times} it had given")

    def again(self, live: Any) -> Any:
        from durable.runner.resources import unwrapped

        return getattr(live, self.name)(*map(unwrapped, self.args), **self.kwargs)

    def set_up(self, live: Any, opened: Call) -> None:
        """Do it to an object that was opened again. Raise ResourceLost if that is refused now."""
        try:
            self.again(live)
        except OSError:  # the server is away: so it is for the program
            raise
        except Exception as error:
            raise lost(live, opened.site, f"opened again, {self.name} fails: {error}") from error


def lost(live: Any, site: Site, why: str) -> ResourceLost:
    """Return the error for an object opened at `site` that is opened again but is not what it was."""
    return ResourceLost(
        f"{site.file}:{site.line}: the {type(live).__name__} opened here was lost in a crash, and {why}. "
        f"Keep its whole use in one function marked `# durable: step`."
    )


@dataclass(frozen=True)
class Using:
    """One operation that is to be performed: `revive()` gives the object it is done to, `fresh()` a new one that has
    been set up and no more. Both may be asked within steps and probes only."""

    name: str
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    log: Sequence[Done]
    revive: Callable[[], Any]
    fresh: Callable[[], Any]
    prepared: list[Callable[[], Any]] = field(default_factory=list)
    """What a probe wants to be done just before the operation is performed again."""


class Talk:
    """What the recipe of a connection with cursors says instead: see `runner/talks.py`."""

    def state(self, connection: Any) -> Any:
        """Return the state of the live connection's transaction (JSON)."""
        raise NotImplementedError

    def note(self, log: list[Done], done: Done) -> None:
        """Take an operation that was performed into `log`, and drop from it what need not be done again."""
        raise NotImplementedError

    def reads(self, name: str) -> bool:
        """Say whether operation `name` of a cursor reads what a statement before it gave."""
        raise NotImplementedError

    def probe(self, using: Using) -> Doubt | None:
        """Return what can tell whether an operation of the connection has happened, None if nothing can."""
        return None


class Recipe:
    """How objects of one class are brought back. The methods that get a live object are called within steps."""

    lazy: frozenset[str] = frozenset()
    """Operations that give a generator: all of it is asked for in one step, when its first item is."""
    talk: Talk | None = None
    """For a connection with cursors: then nothing else here is asked."""

    def marks(self, name: str, args: tuple[Any, ...]) -> bool:
        """Say whether `mark` is to be asked after an operation."""
        return False

    def mark(self, live: Any, name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        """Return what is to be known of the world behind an operation that has succeeded (JSON)."""
        return None

    def note(self, log: list[Done], done: Done, result: Any) -> None:
        """Take into `log` what `restore` needs of an operation that has succeeded. Called in the strand."""

    def restore(self, live: Any, log: Sequence[Done], opened: Call) -> None:
        """Bring an object that was opened again and set up to where it was. Raise ResourceLost."""

    def may_go_on(self, name: str, args: tuple[Any, ...], log: Sequence[Done]) -> str:
        """Return why an operation cannot be done to an object that was opened again, "" if it can."""
        return ""

    def probe(self, using: Using) -> Doubt | None:
        """Return what can tell whether an operation has happened, None if nothing can."""
        return None


@dataclass
class Doubt:
    """A probe that looks through a connection: `look()` notes, `compare(note)` settles; what fails tells nothing.

    The value of what `compare` finds done is a pair: the operation's result, and its mark where the recipe has one.
    """

    look: Callable[[], Any]
    compare: Callable[[Any], Settled]
    is_marked: bool = False

    def note(self) -> Any:
        try:
            with context.outside():
                return self.look()
        except (Exception, ResourceLost):
            return None

    def settle(self, note: Any) -> Settled:
        if note is None:
            return UNKNOWN
        try:
            found = self.compare(note)
        except (Exception, ResourceLost):
            return UNKNOWN
        return found if self.is_marked or found.state != "done" else Settled("done", found.value[0])


def happened(value: Any, mark: Any = None) -> Settled:
    """Return the answer of a probe for an operation that has happened."""
    return Settled("done", (value, mark))
