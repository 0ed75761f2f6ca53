"""What was seen against what the catalogue says.

An event belongs to the innermost public callable on the stack between it and the program that has an effect by the
catalogue. That callable is right. Wrong is each `pure`, `ambient` or `inline` one further in: the event came out of its
own code; and each `pure` one further out. What is marked `inline` may call what is caught wherever it is called
(`catalogue.is_caught`: shims and instrumented leaves); such an event is a step of its own and belongs to that callee.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from durable.transpiler import catalogue
from effects.events import PROTOCOLS, RAISED_BY
from effects.public import is_public

EFFECTFUL = frozenset({"read", "write", "open", "wait", "spawn", "refused"})
JUDGED = frozenset({"read", "write", "open"})
# They read the text of a source file to show the line of a syntax error: the interpreter's doing, as in a traceback.
_COMPILERS = frozenset({"builtins.compile", "builtins.exec", "builtins.eval", "ast.parse", "symtable.symtable"})
# Events that are the callable's own and are let pass, each with the reason that docs/effects.md gives.
EXCEPTIONS = {
    (
        "ssl.create_default_context",
        "open",
    ): "opens the file that the variable SSLKEYLOGFILE names, to append to it; the "
    "context has to be made again on every replay, and a file opened to append once more is no other file",
}


@dataclass(frozen=True)
class Seen:
    """An event with the public callables that it came through, innermost first."""

    event: str
    is_write: bool
    chain: tuple[str, ...]
    leaf: str
    count: int = 1
    example: str = ""


@dataclass
class Comparison:
    """Verdicts and events side by side, over all that was run."""

    wrong: dict[tuple[str, str], Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    understated: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    through_caught: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    uncaught: dict[tuple[str, str], Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    excepted: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    causing: set[str] = field(default_factory=set)
    called: dict[str, str] = field(default_factory=dict)
    events: int = 0

    def add(self, seen: Seen) -> None:
        """Judge one event."""
        if seen.event == "open" and _COMPILERS & {seen.leaf, *seen.chain[:1]}:
            return
        self.events += seen.count
        leaves = leaves_of(seen)
        chain = seen.chain or leaves[:1]
        self.causing.update(name for name in (*chain, *leaves) if effect_of(name) in EFFECTFUL)
        owner = next((name for name in chain if effect_of(name) in EFFECTFUL), None)
        is_caught = any(catalogue.is_caught(name) for name in leaves)
        what = f"{seen.event}({seen.example})"
        for name in chain:
            effect = effect_of(name)
            if name == owner:
                if effect == "read" and seen.is_write and seen.event not in PROTOCOLS:
                    self.understated[name][what] += seen.count
                is_caught = is_caught or catalogue.is_caught(name)
                continue
            is_own = owner is None or chain.index(name) < chain.index(owner)
            if (name, seen.event) in EXCEPTIONS:
                self.excepted[name][what] += seen.count
            elif effect == "pure" or (effect == "ambient" and is_own):
                self.wrong[name, effect][what] += seen.count
            elif effect == "inline" and is_own:
                if is_caught:
                    self.through_caught[name][what] += seen.count
                else:
                    self.wrong[name, effect][what] += seen.count
            elif effect == "inline" and not is_caught:
                self.uncaught[name, owner or ""][what] += seen.count
            elif effect is not None and effect in EFFECTFUL:
                is_caught = is_caught or catalogue.is_caught(name)

    def add_called(self, names: Iterable[str]) -> None:
        """Note which callables were called at all."""
        for name in names:
            canonical = catalogue.canonical(name)
            effect = effect_of(canonical)
            if effect is not None and _is_public(canonical):
                self.called[canonical] = effect

    @property
    def silent(self) -> dict[str, str]:
        """The callables marked read, write or open that were called and never caused an event."""
        return {
            name: effect
            for name, effect in sorted(self.called.items())
            if effect in JUDGED and name not in self.causing
        }


def _is_public(name: str) -> bool:
    owner, _, last = name.rpartition(".")
    is_special = last.startswith("__") and last.endswith("__")
    return is_public(owner) and (is_special or is_public(last)) and not name.startswith("test.")


def leaves_of(seen: Seen) -> tuple[str, ...]:
    """The functions in C that may have raised an event: the one that was seen, else by the event's name."""
    leaf = catalogue.canonical(seen.leaf) if seen.leaf else ""
    if leaf and effect_of(leaf) in EFFECTFUL:
        return (leaf,)
    return tuple(catalogue.canonical(name) for name in RAISED_BY.get(seen.event, (seen.event,)))


def effect_of(name: str) -> str | None:
    """What the catalogue says of a callable, None if nothing."""
    entry = catalogue.lookup(name)
    return None if entry is None else entry.effect.value
