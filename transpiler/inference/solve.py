"""The verdict on a library callable: the strongest effect that its calls lead to, with the shortest chain there."""

from __future__ import annotations

import ast
import sys
import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path

from durable.transpiler import catalogue
from durable.transpiler.inference.evaluate import Evaluator
from durable.transpiler.inference.sources import Class, Sources
from durable.transpiler.inference.store import Store
from durable.transpiler.inference.values import Callee, ClassOf, Inferred, Named, Object, Values
from durable.transpiler.inference.walk import Leaf, Place, Summary, Walker
from durable.transpiler.ir.effects import Effect

MOST_FUNCTIONS = 3000
SECONDS = 8.0
_OWN = (Effect.OPEN, Effect.WRITE, Effect.READ)
_STRENGTH = (Effect.WRITE, Effect.OPEN, Effect.SPAWN, Effect.WAIT, Effect.READ, Effect.AMBIENT)


@dataclass(frozen=True)
class _Reached:
    """All that a callable's calls lead to: leaves with the chain of functions to each."""

    leaves: tuple[tuple[Leaf, tuple[str, ...]], ...]
    calls_back: bool
    is_generator: bool


class Inference:
    """Answers `of(dotted name)`; remembers answers, in `store` beyond this process."""

    def __init__(self, root: Path, store: Store) -> None:
        self._sources = Sources(root)
        self._evaluator = Evaluator(self._sources)
        self._walker = Walker(self._evaluator)
        self._store = store
        self._summaries: dict[Callee, Summary] = {}
        self._known: dict[str, Inferred | None] = {}

    @property
    def files(self) -> tuple[Path, ...]:
        """The source files that the answers so far depend on."""
        found = [path for inferred in self._known.values() if inferred is not None for path in inferred.files]
        return tuple(sorted(set(found)))

    def of(self, name: str) -> Inferred | None:
        """The verdict on a dotted name, None if there is no source to read it from."""
        if name not in self._known:
            stored = self._store.find(name)
            if stored is None:
                stored = self._infer(name)
                if stored is not None:
                    self._store.keep(name, stored)
            self._known[name] = stored
        return self._known[name]

    def _infer(self, name: str) -> Inferred | None:
        limit = sys.getrecursionlimit()
        sys.setrecursionlimit(max(limit, 10_000))
        try:
            values = self._evaluator.resolve(name)
            verdicts = [found for value in values if (found := self._verdict(name, value)) is not None]
        finally:
            sys.setrecursionlimit(limit)
        if not verdicts or len(verdicts) < len(values):
            return None
        worst = min(verdicts, key=lambda one: _rank(one.effect))
        return Inferred(worst.effect, worst.reason, worst.is_class, tuple(dict.fromkeys(self._sources.files)))

    def _verdict(self, name: str, value: object) -> Inferred | None:
        match value:
            case Named() if (entry := catalogue.lookup(value.name)) is not None:
                return Inferred(entry.effect, (name, f"is {value.name}", "catalogue"), entry.is_class)
            case Callee():
                return self._of_function(name, value)
            case ClassOf():
                return self._of_class(name, value.cls)
            case _:
                return None

    def _of_function(self, name: str, callee: Callee) -> Inferred:
        if callee.receiver is None and callee.function.owner is not None:
            callee = Callee(callee.function, callee.function.owner)
        here = f"{name} at {_shown(Place(callee.function.module.path, callee.function.node.lineno))}"
        if isinstance(callee.function.node, ast.AsyncFunctionDef):
            return Inferred(Effect.INLINE, (name, here, "a coroutine function: what it awaits is caught there"))
        start: dict[Callee, tuple[str, ...]] = {callee: (here,)}
        reached = self._reach(start, ())
        if isinstance(reached, str):
            return Inferred(Effect.WRITE, (name, here, reached, "unknown means write"))
        effect, chain = _effect(reached)
        if effect in _OWN and self._gives_open(self._evaluator.returned(callee)):
            return Inferred(Effect.OPEN, (name, *chain))
        if effect in _OWN and reached.is_generator:
            return Inferred(Effect.OPEN, (name, *chain, "a generator: it stays open"))
        return Inferred(effect, (name, *(chain or (here, "inferred: touches nothing"))))

    def _of_class(self, name: str, cls: Class) -> Inferred:
        here = f"{name} at {_shown(Place(cls.module.path, cls.node.lineno))}"
        summary = self._walker.constructor(cls)
        starts: dict[Callee, tuple[str, ...]] = {callee: (here,) for callee in summary.calls}
        reached = self._reach(starts, tuple((leaf, (here,)) for leaf in summary.leaves))
        if isinstance(reached, str):
            return Inferred(Effect.WRITE, (name, here, reached, "unknown means write"), is_class=True)
        effect, chain = _effect(reached)
        if effect is Effect.WRITE:
            effect = Effect.OPEN
        if effect is Effect.INLINE and not reached.leaves:
            effect = Effect.PURE
        if effect is Effect.READ and all(leaf.is_caught for leaf, _ in reached.leaves):
            effect = Effect.INLINE
        return Inferred(effect, (name, *(chain or (here, "inferred: touches nothing"))), is_class=True)

    def _gives_open(self, values: Values) -> bool:
        """Whether what a function returns is a live thing."""
        for value in values:
            if isinstance(value, Object):
                if value.is_opened:
                    return True
                if isinstance(value.cls, Class):
                    found = self._of_class(value.cls.qualname, value.cls)
                    if found.effect is Effect.OPEN:
                        return True
        return False

    def _reach(
        self, starts: dict[Callee, tuple[str, ...]], leaves: tuple[tuple[Leaf, tuple[str, ...]], ...]
    ) -> _Reached | str:
        """Everything below some functions, nearest first; text: why it was given up."""
        chains = dict(starts)
        todo = deque(starts)
        found = list(leaves)
        summaries: list[Summary] = []
        end = time.monotonic() + SECONDS
        while todo:
            callee = todo.popleft()
            summary = self._summary(callee)
            summaries.append(summary)
            chain = chains[callee]
            found += [(leaf, chain) for leaf in summary.leaves]
            for called in summary.calls:
                if called not in chains:
                    place = Place(called.function.module.path, called.function.node.lineno)
                    chains[called] = (*chain, f"{_name(called)} at {_shown(place)}")
                    todo.append(called)
            if len(chains) > MOST_FUNCTIONS:
                return f"given up after {MOST_FUNCTIONS} functions"
            if time.monotonic() > end:
                return f"given up after {SECONDS:g} s"
        wrappers = {one for summary in summaries for one in summary.wrappers} - starts.keys()
        calls_back = any(self._summary(one).calls_back for one in chains if one not in wrappers)
        first = next(iter(starts), None)
        is_generator = first is not None and len(starts) == 1 and self._summary(first).is_generator
        return _Reached(tuple(found), calls_back, is_generator)

    def _summary(self, callee: Callee) -> Summary:
        if callee not in self._summaries:
            self._summaries[callee] = self._walker.summary(callee)
        return self._summaries[callee]


def _rank(effect: Effect) -> int:
    return _STRENGTH.index(effect) if effect in _STRENGTH else len(_STRENGTH)


def _effect(reached: _Reached) -> tuple[Effect, tuple[str, ...]]:
    """The effect that leaves and callbacks make together, with the chain to the strongest leaf."""
    if not reached.leaves:
        return (Effect.INLINE, ()) if reached.calls_back else (Effect.PURE, ())
    strongest, chain = min(reached.leaves, key=lambda one: _rank(one[0].effect))
    chain = (*chain, f"{strongest.name} at {_shown(strongest.place)}", strongest.why)
    is_caught = all(leaf.is_caught for leaf, _ in reached.leaves)
    kinds = {leaf.effect for leaf, _ in reached.leaves}
    if kinds.isdisjoint(_OWN):
        if is_caught:
            return Effect.INLINE, chain
        return (Effect.READ if kinds == {Effect.AMBIENT} else Effect.WRITE), chain
    if is_caught and (reached.calls_back or reached.is_generator or Effect.SPAWN in kinds):
        return Effect.INLINE, (*chain, "in line: it calls back, and what it touches is caught there")
    return (Effect.READ if kinds <= {Effect.READ, Effect.AMBIENT, Effect.WAIT} else Effect.WRITE), chain


def _name(callee: Callee) -> str:
    receiver = callee.receiver
    if receiver is None:
        return callee.function.name
    return f"{receiver.module.name}.{receiver.qualname}.{callee.function.qualname.rpartition('.')[2]}"


def _shown(place: Place) -> str:
    """`file:line`, the file as seen from the folder it is imported from."""
    folders = [Path(entry) for entry in sys.path if entry]
    inside = [place.path.relative_to(folder) for folder in folders if place.path.is_relative_to(folder)]
    return f"{min(inside, key=lambda path: len(path.parts), default=Path(place.path.name)).as_posix()}:{place.line}"
