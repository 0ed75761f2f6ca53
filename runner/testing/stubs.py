"""Stubs: what a test puts in the place of effects, by their names as `durable check` shows them.

A stub stands where the library's callable stood, wherever the library shows it, for the time of one run. Calling it is
a step as calling the real one was, so it is recorded, and not called again after a crash. Within another step it is
part of that. To whoever else is in the process the real callable answers.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import os
import sys
import types
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from durable import stdlib_shims
from durable.runner import context
from durable.runner.core.call import Call, Site
from durable.runner.errors import UsageError
from durable.runner.local.performing import performed_step
from durable.runner.testing.script import Duration, seconds_of
from durable.transpiler.catalogue import lookup

if TYPE_CHECKING:
    from durable.runner.run import Run

_SHIMS = f"{os.path.dirname(stdlib_shims.__file__)}{os.sep}"
_STEPS = ("read", "write", "open")


class each:
    """A stub that gives one outcome after the other: values, exceptions to raise, callables to ask."""

    def __init__(self, *outcomes: Any) -> None:
        self.outcomes = outcomes


@dataclass(frozen=True)
class slow:
    """A stub whose `outcome` comes after so much (virtual) time."""

    outcome: Any
    takes: Duration


@dataclass(frozen=True)
class StubCall:
    """One call of a stub: by which name, with what (without a method's object), in which step and life of the run."""

    name: str
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    step: int | None
    life: int

    def __str__(self) -> str:
        given = [*map(repr, self.args), *(f"{key}={value!r}" for key, value in self.kwargs.items())]
        return f"{self.name}({', '.join(given)})"


class Stub:
    """The stub of one effect: gives or raises what the test says, and notes its calls."""

    def __init__(self, name: str, said: Any, note: Callable[[Stub, tuple[Any, ...], dict[str, Any]], StubCall]) -> None:
        self.name = name
        self.takes = seconds_of(said.takes) if isinstance(said, slow) else 0.0
        self._said = said.outcome if isinstance(said, slow) else said
        self._note = note
        self._taken: dict[tuple[int | None, int], Any] = {}
        self._times: Counter[tuple[int | None, int]] = Counter()
        self.problem = ""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        call = self._note(self, args, kwargs)
        with context.outside():
            said = self._outcome_of(call)
            if isinstance(said, BaseException) or (isinstance(said, type) and issubclass(said, BaseException)):
                raise said
            return said(*args, **kwargs) if callable(said) else said

    def _outcome_of(self, call: StubCall) -> Any:
        """Return what the test says of a call; a step that is done again after a crash gets what it got before."""
        if not isinstance(self._said, each):
            return self._said
        self._times[call.step, call.life] += 1
        place = call.step, self._times[call.step, call.life]
        if place not in self._taken:
            if len(self._taken) == len(self._said.outcomes):
                self.problem = f"{self.name} is called once more than its stub has outcomes ({len(self._taken)})"
                raise UsageError(self.problem)
            self._taken[place] = self._said.outcomes[len(self._taken)]
        return self._taken[place]


class Stubs:
    """The stubs of one run under test. `run` is the life of it that goes on now."""

    def __init__(self, said: Mapping[str, Any]) -> None:
        self.calls: list[StubCall] = []
        self.run: Run | None = None
        self.life = 0
        self._stubs = {name: Stub(name, outcome, self._called) for name, outcome in said.items()}
        self._by_callee: dict[str, Stub] = {}

    @contextmanager
    def installed(self, steps: list[str]) -> Iterator[None]:
        """Inside the block the stubs stand in their places; `steps` are the program's effects by name."""
        undo: list[Callable[[], None]] = []
        try:
            for name, stub in self._stubs.items():
                undo += self._put(name, stub, steps)
            yield
        finally:
            for back in reversed(undo):
                back()

    def begin(self, run: Run) -> None:
        """Serve another life of the run."""
        self.run = run
        self.life += 1

    def _called(self, stub: Stub, args: tuple[Any, ...], kwargs: dict[str, Any]) -> StubCall:
        call = StubCall(stub.name, args, kwargs, performed_step(), self.life)
        self.calls.append(call)
        return call

    def check(self) -> None:
        """Raise UsageError if a stub had nothing to say."""
        for stub in self._stubs.values():
            if stub.problem:
                raise UsageError(stub.problem)

    def take_over(self, call: Call) -> None:
        """Let a step that has a name but no place (a function of the program) be performed by its stub."""
        stub = self._by_callee.get(call.site.callee)
        if stub is not None:
            call.fn = stub
            call.stub = stub

    def _put(self, name: str, stub: Stub, steps: list[str]) -> Iterator[Callable[[], None]]:
        place = _place_of(name)
        if place is None:
            if name not in steps:
                known = ", ".join(sorted(set(steps))) or "none"
                raise UsageError(f"there is no {name} to stub; the effects of the program are: {known}")
            self._by_callee[name] = stub
            return
        owner, attribute, real = place
        is_bound = isinstance(owner, type) and inspect.isfunction(inspect.getattr_static(owner, attribute))
        stand_in = self._stand_in(stub, real, is_bound)
        made = staticmethod(stand_in) if isinstance(owner, type) and not is_bound else stand_in
        for holder, key in _places(owner, attribute, real):
            yield _exchange(holder, key, made, name)

    def _is_asked(self, caller: types.FrameType, real: Any) -> bool:
        """Say whether the run calls: neither somebody else, nor the standard library or a shim by another function."""
        if self.run is None or context.performing() is not self.run or caller.f_code.co_filename.startswith(_SHIMS):
            return False
        home = caller.f_globals.get("__name__")
        return home != real.__module__ or str(home).partition(".")[0] not in sys.stdlib_module_names

    def _stand_in(self, stub: Stub, real: Any, is_bound: bool) -> Callable[..., Any]:
        """Return the function that stands for `real`; `is_bound`: its first argument is an object, kept from stubs."""

        def made(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Run | None, Call | None]:
            run = context.current()
            given = args[1:] if is_bound else args
            call = _call_of(run, stub, given, kwargs) if run is not None and run is self.run else None
            return run, call

        if inspect.iscoroutinefunction(real):

            async def stubbed(*args: Any, **kwargs: Any) -> Any:
                from durable.runner import coroutines

                if not self._is_asked(sys._getframe(1), real):
                    return await real(*args, **kwargs)
                run, call = made(args, kwargs)
                if run is not None and call is not None:
                    call.site = coroutines.SITE.get() or call.site
                    return await coroutines.perform(run, call)
                found = stub(*(args[1:] if is_bound else args), **kwargs)
                return await found if inspect.isawaitable(found) else found

            return _named(stubbed, real)

        def stubbed_call(*args: Any, **kwargs: Any) -> Any:
            if not self._is_asked(sys._getframe(1), real):
                return real(*args, **kwargs)
            run, call = made(args, kwargs)
            if run is not None and call is not None:
                return run.perform(call)
            return stub(*(args[1:] if is_bound else args), **kwargs)

        return _named(stubbed_call, real)


def _call_of(run: Run, stub: Stub, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Call:
    entry = context.unrecorded(lookup, stub.name)
    known = str(entry.effect.value) if entry is not None else ""
    site: Site = run.take_site(stub.name, known if known in _STEPS else "write")
    effect = site.effect if site.effect in _STEPS else "write"
    from durable.runner.steps import roots_of

    return Call(stub, args, kwargs, effect, site, roots_of(run, None, args, kwargs), stub=stub)


def _named(function: Callable[..., Any], real: Any) -> Callable[..., Any]:
    functools.update_wrapper(function, real, updated=())
    return function


def _place_of(name: str) -> tuple[Any, str, Any] | None:
    """Return (owner, attribute, what is there) of a dotted name, None if it can be imported from nowhere."""
    parts = name.split(".") if "." in name else [name]
    for depth in range(len(parts) - 1, 0, -1):
        try:
            owner: Any = importlib.import_module(".".join(parts[:depth]))
        except ImportError:
            continue
        try:
            for part in parts[depth:-1]:
                owner = getattr(owner, part)
            return owner, parts[-1], getattr(owner, parts[-1])
        except AttributeError:
            return None
    return None


def _places(owner: Any, attribute: str, real: Any) -> Iterator[tuple[Any, str]]:
    """Yield where the library holds `real`: under its name, and under others (`requests.get`, `requests.api.get`)."""
    yield owner, attribute
    if isinstance(owner, type) or not callable(real):
        return
    tops = {
        str(getattr(real, "__module__", None) or owner.__name__).partition(".")[0],
        owner.__name__.partition(".")[0],
    }
    shim = f"durable.stdlib_shims.{owner.__name__}"
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] not in tops and name != shim:
            continue
        for key, value in list(vars(module).items()):
            if value is real and (module is not owner or key != attribute):
                yield module, key


def _exchange(holder: Any, key: str, made: Any, name: str) -> Callable[[], None]:
    """Put `made` in its place and return what puts back what was there."""
    is_own = key in vars(holder)
    before = vars(holder).get(key)
    try:
        setattr(holder, key, made)
    except TypeError:
        raise UsageError(
            f"{name} cannot be stubbed: {holder.__name__} is a class of C; stub what gives the program its objects"
        ) from None
    return (lambda: setattr(holder, key, before)) if is_own else (lambda: delattr(holder, key))


__all__ = ["Stub", "StubCall", "Stubs", "each", "slow"]
