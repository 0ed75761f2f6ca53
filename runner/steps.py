"""Steps: the callables that generated code makes with `read(f)`, `write(f)`, `resource(f)`, and their performance."""

from __future__ import annotations

import functools
import inspect
import queue
import re
import sys
import threading
import types
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from durable.runner import context, keys, said
from durable.runner.attempts import attempted
from durable.runner.codec import Unstorable
from durable.runner.codec.frames import is_own
from durable.runner.codec.functions import is_unnamed
from durable.runner.core.call import Call, Performance, Site
from durable.runner.core.messages import Raised, Returned
from durable.runner.errors import JournalError, UnstorableResult
from durable.runner.resources import Operation, Proxy
from durable.runner.run import Run
from durable.runner.sites import name_of
from durable.runner.standing import Standing
from durable.runner.touched import touched_by


class Step:
    """A callable whose calls are steps while a run executes, and plain calls otherwise. Equal to what it wraps."""

    __slots__ = ("__dict__", "effect", "fn", "site")

    def __init__(self, fn: Callable[..., Any], effect: str, site: Site | None) -> None:
        self.fn = fn
        self.effect = effect
        self.site = site

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        run = context.current()
        if run is None:
            return self.fn(*args, **kwargs)
        site = self.site or run.sites.dynamic(sys._getframe(1), name_of(self.fn), self.effect)
        if self.effect == "guarded":
            return _guarded(run, self.fn, args, kwargs, site)
        return perform(run, self.fn, args, kwargs, site)

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        is_method = instance is not None and type(self.fn) is types.FunctionType
        return types.MethodType(self, instance) if is_method else self

    @property
    def __wrapped__(self) -> Callable[..., Any]:
        return self.fn

    def __getattr__(self, name: str) -> Any:
        return getattr(self.fn, name)

    def __eq__(self, other: object) -> bool:
        return self.fn == (other.fn if isinstance(other, Step) else other)

    def __hash__(self) -> int:
        return hash(self.fn)

    def __repr__(self) -> str:
        return repr(self.fn)

    def __reduce__(self) -> Any:
        return Step, (self.fn, self.effect, self.site)


_CONTAINERS = frozenset(
    {str, bytes, bytearray, int, float, complex, tuple, list, dict, set, frozenset, range, deque, re.Pattern, re.Match}
)


def wrap(fn: Any, effect: str, frame: types.FrameType, is_said: bool = False) -> Any:
    """Return `fn` as a step of kind `effect`, at the site that `frame` is evaluating.

    `is_said`: also if it is a function of the program, whose effects are steps of their own otherwise.
    """
    run = context.current()
    if run is not None:
        known = run.wrapped.get((frame.f_code, frame.f_lasti))
        if known is not None and known.fn is fn:
            return known
    if isinstance(fn, Step) or not callable(fn):
        return fn
    if not is_said and type(getattr(fn, "__self__", None)) in _CONTAINERS:
        return fn  # of a library's table: only the table is touched
    if run is None:
        return Step(fn, effect, None)
    site = run.sites.static(frame, fn, effect)
    if not is_said and run.sites.is_replaced(fn, site):
        return fn  # the effects in it are steps of their own
    since = run.learned.get((site.file, site.line, site.column))
    if since is not None and run.host.activation < since:
        return fn  # learned later than this moment of the run: then it ran inline, so it does on replay
    step = Step(fn, effect, site)
    if _is_of_its_module(fn):
        run.wrapped[frame.f_code, frame.f_lasti] = step
    return step


def _is_of_its_module(fn: Any) -> bool:
    """Say whether `fn` is a function that its module holds under its name: keeping it keeps nothing else alive."""
    if type(fn) is not types.FunctionType and type(fn) is not types.BuiltinFunctionType:
        return False
    module = sys.modules.get(fn.__module__ or "")
    return module is not None and vars(module).get(fn.__name__) is fn


def perform(run: Run, fn: Any, args: tuple[Any, ...], kwargs: dict[str, Any], site: Site) -> Any:
    """Call `fn` as one step, or let it make its own steps if it is one of durable's own callables."""
    if isinstance(fn, Operation):
        return fn.perform(site, args, kwargs)
    is_coroutine, is_own_step = _kind(fn) if type(fn) is types.FunctionType else _kind_of_any(fn)
    if is_coroutine:
        return _await(run, fn, args, kwargs, site)
    if is_own_step:
        policy = site.policy
        if policy.is_guarding or policy.timeout is not None:
            return attempted(run, site, lambda: _at_site(run, fn, args, kwargs, site), policy.timeout)
        return _at_site(run, fn, args, kwargs, site)
    if run.stays_within(fn, args, kwargs):
        return run.within(fn, args, kwargs)
    return run.perform(Call(fn, args, kwargs, site.effect, site, roots_of(run, fn, args, kwargs)))


def _at_site(run: Run, fn: Any, args: tuple[Any, ...], kwargs: dict[str, Any], site: Site) -> Any:
    """Call `fn`, which makes its own steps, at `site`."""
    run.strand.local["site"] = site
    try:
        return fn(*args, **kwargs)
    finally:
        run.strand.local.pop("site", None)


def _guarded(run: Run, fn: Any, args: tuple[Any, ...], kwargs: dict[str, Any], site: Site) -> Any:
    """Call `fn`, which waits or makes its own steps in the strand or in a task, as the policy of its site says."""
    if _kind_of_any(fn)[0]:
        from durable.runner import coroutines

        return coroutines.guarded(run, lambda: fn(*args, **kwargs), site)
    return attempted(run, site, lambda: _at_site(run, fn, args, kwargs, site), site.policy.timeout)


def _await(run: Run, fn: Any, args: tuple[Any, ...], kwargs: dict[str, Any], site: Site) -> Any:
    """Return a coroutine: one step when awaited, or the steps of `fn` if it makes its own."""
    from durable.runner import coroutines

    if is_self_stepping(fn):
        return coroutines.at_site(fn(*args, **kwargs), site)
    return coroutines.step(run, Call(fn, args, kwargs, site.effect, site, roots_of(run, fn, args, kwargs)))


def _kind_of_any(fn: Any) -> tuple[bool, bool]:
    """Say whether `fn` returns a coroutine, and whether it makes its own steps."""
    return _is_coroutine_function(fn), is_self_stepping(fn)


_kind = functools.lru_cache(maxsize=4096)(_kind_of_any)


def _is_coroutine_function(fn: Any) -> bool:
    while isinstance(fn, functools.partial):
        fn = fn.func
    code = getattr(getattr(fn, "__func__", fn), "__code__", None)
    return isinstance(code, types.CodeType) and bool(code.co_flags & inspect.CO_COROUTINE)


def is_self_stepping(fn: Any) -> bool:
    """Say whether `fn` is a shim (its steps are inside it), or a method of one, rather than a callable of a library."""
    if hasattr(type(getattr(fn, "__self__", None)), "__durable_shim__"):
        return True
    try:
        return _is_self_stepping(getattr(fn, "__func__", fn))
    except TypeError:  # unhashable callables are nobody's shim
        return False


@functools.lru_cache(maxsize=4096)
def _is_self_stepping(fn: Any) -> bool:
    code = getattr(fn, "__code__", None)
    if isinstance(code, types.CodeType):
        return is_own(code.co_filename)
    if isinstance(fn, type):
        return any("__durable_shim__" in vars(base) for base in fn.__mro__)
    return isinstance(fn, functools.partial) and is_self_stepping(fn.func)


_PLAIN = (str, bytes, int, float, complex, type(None))
_SCALARS = frozenset({*_PLAIN, bool})
_CODE = (type, types.ModuleType, types.FunctionType, types.BuiltinFunctionType, Standing, Proxy, Step)
_FIXED: tuple[type, ...] = (*_PLAIN, *_CODE)
_FIXED_ITSELF = frozenset(_FIXED)


def roots_of(run: Run, fn: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return what a call could change in place: the object of a method, mutable arguments, what callbacks touch."""
    owner = getattr(fn, "__self__", None)
    candidates = (owner, *args, *kwargs.values()) if kwargs else (owner, *args)
    if owner is None and getattr(fn, "__closure__", None):
        candidates = (*_owners_within(fn), *candidates)
    roots: list[Any] = []
    for candidate in candidates:
        value = _owner_of(candidate)
        if (type(value) in _FIXED_ITSELF or isinstance(value, _FIXED)) and not _is_closure(value):
            continue
        if callable(value) and not hasattr(value, "__dict__"):
            continue
        if all(value is not root for root in roots):
            roots.append(value)
    called = [value for value in (fn, *args, *kwargs.values()) if type(value) not in _SCALARS]
    return (*roots, *touched_by(called, run.modules.loaded)) if called and run.modules is not None else tuple(roots)


def _is_closure(value: Any) -> bool:
    return type(value) is types.FunctionType and is_unnamed(value)


def _owner_of(value: Any) -> Any:
    """Return the object that a bound method given as an argument (`lines.append`) changes, any other value as it is."""
    if type(value) in (types.MethodType, types.BuiltinMethodType):
        owner = value.__self__
        return value if isinstance(owner, types.ModuleType | type | None) else owner
    return value


def _owners_within(fn: Any) -> Iterator[Any]:
    """The objects of the methods that a function wraps: those that calling it changes."""
    for cell in fn.__closure__:
        try:
            owner = getattr(cell.cell_contents, "__self__", None)
        except ValueError:  # an empty cell
            continue
        if owner is not None:
            yield owner


def attempt(run: Run, call: Call) -> Returned | Raised:
    """Perform `call` once, as its policy says (time-out, idempotency header), and return the event that records it."""
    policy = call.site.policy
    if policy.idempotency_header and not isinstance(call.fn, Performance):
        call.fn, call.args, call.kwargs = keys.with_header(call, policy.idempotency_header)
    return _within(policy.timeout, run, call)


def _within(timeout: float | None, run: Run, call: Call) -> Returned | Raised:
    """Perform `call`, for at most `timeout` seconds if given; what takes longer is left behind on its thread."""
    if timeout is None:
        return execute(run, call)
    done: queue.SimpleQueue[Returned | Raised | JournalError] = queue.SimpleQueue()

    def work() -> None:
        try:
            done.put(execute(run, call))
        except JournalError as error:
            done.put(error)

    threading.Thread(target=work, daemon=True).start()
    try:
        event = done.get(timeout=timeout)
        if isinstance(event, JournalError):
            raise event
        return event
    except queue.Empty:
        error = TimeoutError(f"{call.site.callee} took longer than {timeout:g} s (policy: timeout)")
        return Raised(call.seq, run.encoder.text(error))


def execute(run: Run, call: Call) -> Returned | Raised:
    """Perform the effect of `call` in this thread and return the event that records it.

    The caller has left the run (`context.current()` is None). A KeyboardInterrupt is recorded as well: it is one that
    the callee raises, for Ctrl-C ends the process at once. If the call `is_shared` and has changed its roots, it is
    recorded by `recorded`, when the caller can say that no code of the program runs.
    """
    with _performing(run, call):
        if "before" not in call.extra:  # an earlier attempt may have changed the arguments already
            call.extra["before"] = run.encoder.snapshot(call.roots)
        call.extra["is_live"] = True
        with said.gathered() as heard:
            value, kind = _called(run, call)
        changed = call.extra["before"].changed()
        if changed and "is_shared" in call.extra:
            call.extra["outcome"] = value, kind, heard
            return kind(call.seq, "")
        return _recorded(run, call, value, kind, heard, changed)


def recorded(run: Run, call: Call) -> Returned | Raised:
    """Return the event of a call that has an `outcome` but no record, with what its roots hold now."""
    value, kind, heard = call.extra.pop("outcome")
    with _performing(run, call):
        call.extra["before"].renew()
        return _recorded(run, call, value, kind, heard, call.extra["before"].changed())


@contextmanager
def _performing(run: Run, call: Call) -> Iterator[None]:
    with context.step_of(run, call.process):
        if run.memories is None:
            yield
        else:
            with run.memories.performing(call):
                yield


def _called(run: Run, call: Call) -> tuple[Any, type[Returned | Raised]]:
    try:
        args, kwargs = run.resources.arguments(call)
        with context.keyed(call.key):
            return said.call_from(run, call.site)(call.fn, args, kwargs), Returned
    except BaseException as error:
        _drop_own_frames(error)
        return error, Raised


def _recorded(
    run: Run, call: Call, value: Any, kind: type[Returned | Raised], heard: list[Any], changed: list[int]
) -> Returned | Raised:
    try:
        with run.resources.opening(call):
            name = "result" if kind is Returned else "exception"
            record = run.encoder.record(value, call.extra["before"], name, changed)
    except Unstorable as cause:
        if kind is Raised:
            raise
        if call.stub is not None and not call.is_kept:
            call.is_kept = True
            return _recorded(run, call, value, kind, heard, changed)
        kind, record = Raised, run.encoder.text(_unstorable(call, cause))
    return kind(call.seq, said.with_record(run, heard, record))


def _drop_own_frames(error: BaseException) -> None:
    """Cut durable's own frames off the top of a traceback."""
    traceback = error.__traceback__
    while traceback is not None and _is_above_a_call(traceback.tb_frame.f_code):
        traceback = traceback.tb_next
    error.__traceback__ = traceback


def _is_above_a_call(code: types.CodeType) -> bool:
    return said.is_caller(code) or is_own(code.co_filename)


def _unstorable(call: Call, cause: Unstorable) -> UnstorableResult:
    site = call.site
    return UnstorableResult(
        f"{site.file}:{site.line}: the result of {site.callee} cannot be stored: {cause.path} is a {cause.part}. "
        f"Take what you need from it inside one function marked `# durable: step`, or mark the call as pure "
        f"(`# durable: pure`) if it touches nothing."
    )
