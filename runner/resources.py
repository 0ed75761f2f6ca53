"""Resources: live objects that cannot be stored, and the proxies that stand for them in the program.

Every operation on a proxy is a step. After a crash the object is opened again on first use: the call that opened it is
made again by the program on replay, so its live arguments are at hand; set-up operations are applied again.
"""

from __future__ import annotations

import functools
import mmap
import threading
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from durable.runner import context, said, talks
from durable.runner.core.call import Call, Site
from durable.runner.errors import ResourceLost
from durable.runner.made_classes import described, made
from durable.runner.recipes import Done, Recipe, Using, recipe_of
from durable.runner.resource_classes import asks, class_name, effect_of, goes_on, is_reopenable, is_resource

if TYPE_CHECKING:
    from durable.runner.run import Run

_OPENING = threading.local()
_ITERABLES: tuple[Any, ...] = ([], (), {}, set(), "", b"", range(0), {}.values(), {}.items())
# Classes that no module holds under their own name: generators, iterators, views.
_UNNAMED: dict[str, type] = {
    f"{cls.__module__}:{cls.__qualname__}": cls
    for cls in (
        *(cls for cls in vars(types).values() if isinstance(cls, type)),
        *(type(iter(value)) for value in _ITERABLES),
    )
}


class Resources:
    """The resources of one run, by id; ids follow from the sequence number of the step that opened them."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.live: dict[str, Any] = {}
        self._ids: dict[int, str] = {}
        self._proxies: dict[str, Proxy] = {}
        self._calls: dict[int, Call] = {}

    @contextmanager
    def opening(self, call: Call) -> Iterator[None]:
        """Inside the block, objects that cannot be stored become resources opened by `call`."""
        before = getattr(_OPENING, "call", None)
        _OPENING.call, _OPENING.count = call, 0
        try:
            yield
        finally:
            _OPENING.call = before

    def handle(self, value: Any, where: str) -> dict[str, Any] | None:
        """Return the stored form of a resource, None if `value` is not one.

        `where` is "result" for what a step returned, "inside" for a part of it, "root" for a part of an argument: there
        a new live object stays where it is and is made again by the code that made it.
        """
        if isinstance(value, Proxy):
            return {"$": "resource", "id": object.__getattribute__(value, "_id"), "c": class_name(_class_of(value))}
        known = self._ids.get(id(value))
        if known is not None and self.live.get(known) is value:
            return {"$": "resource", "id": known, "c": class_name(type(value))}
        call: Call | None = getattr(_OPENING, "call", None)
        if call is None or where == "root" or not is_resource(value, call, where):
            return None
        rid = f"{call.seq}.{_OPENING.count}" if _OPENING.count else str(call.seq)
        _OPENING.count += 1
        self.live[rid] = value
        self._ids[id(value)] = rid
        return {"$": "resource", "id": rid, "c": class_name(type(value)), **self._described(type(value))}

    def _described(self, cls: type) -> dict[str, Any]:
        is_plain = cls in _UNNAMED.values() or self.run.namespace.is_of_program(cls)
        return {} if is_plain else described(cls)

    def proxy(self, node: dict[str, Any]) -> Proxy:
        """Return the proxy of a stored handle, the same object for the same id."""
        rid = node["id"]
        found = self._proxies.get(rid)
        if found is None:
            cls = _UNNAMED.get(node["c"]) or self._class(node)
            found = self._proxies[rid] = _proxy_class(cls)(self, rid, cls)
        return found

    def _class(self, node: dict[str, Any]) -> type:
        find: Callable[[str], type] = self.run.namespace.find
        return made(node["c"], find(node["b"]), tuple(node["m"])) if "m" in node else find(node["c"])

    def opened_by(self, seq: int, call: Call) -> None:
        """Remember the live call of a step which returned a resource, to open it again after a crash."""
        self._calls[seq] = call

    def revive(self, proxy: Proxy, name: str = "", args: tuple[Any, ...] = ()) -> Any:
        """Return the live object of `proxy` to do `name` with, opening it again if it was lost with its process.

        Raise ResourceLost.
        """
        rid: str = object.__getattribute__(proxy, "_id")
        live = self.live.get(rid)
        if live is None and recipe_of(_class_of(proxy)).talk is not None:
            return talks.revive(self, proxy, name)
        if live is None:
            live = self._reopen(proxy, rid, name, args)
            self.take(proxy, live)
        return live

    def take(self, proxy: Proxy, live: Any) -> None:
        """Let `live` be what `proxy` stands for."""
        rid: str = object.__getattribute__(proxy, "_id")
        self.live[rid] = live
        self._ids[id(live)] = rid

    def _reopen(self, proxy: Proxy, rid: str, name: str, given: tuple[Any, ...]) -> Any:
        log: list[Done] = object.__getattribute__(proxy, "_log")
        call = self._opening_of(proxy, rid)
        cls = _class_of(proxy)
        recipe = recipe_of(cls)
        asked = [done for done in log if done.is_asked] if goes_on(cls, name) else []
        written = next((done for done in log if not done.is_setup and done.effect != "read"), None)
        what = recipe.may_go_on(name, given, log)
        if (
            not asked
            and (call.effect == "write" or written is not None)
            and (not is_reopenable(cls) or goes_on(cls, name))
        ):
            at = f"{written.name} was called on it at {written.site.file}:{written.site.line}" if written else ""
            what = at or "opening it writes"
        if what:
            raise ResourceLost(
                f"{call.site.file}:{call.site.line}: the {cls.__name__} opened here was lost in a crash and "
                f"cannot be opened again ({what}). Keep its whole use in one function marked `# durable: step`."
            )
        with said.gathered():  # it was said when the object was opened first
            live = self.opened_again(proxy)
            recipe.restore(live, log, call)
            for done in asked:
                done.again(live)
            for done in log:
                done.go_on(live, call, self.run.encoder)
        return live

    def opened_again(self, proxy: Proxy, is_set_up: bool = True) -> Any:
        """Return a new object, opened and (if `is_set_up`) set up as that of `proxy` was. Raise ResourceLost."""
        call = self._opening_of(proxy, object.__getattribute__(proxy, "_id"))
        args, kwargs = self.arguments(call)
        live = call.fn(*args, **kwargs)
        for done in object.__getattribute__(proxy, "_log"):
            if is_set_up and done.is_setup:
                done.set_up(live, call)
        return live

    def _opening_of(self, proxy: Proxy, rid: str) -> Call:
        call: Call | None = object.__getattribute__(proxy, "_call")
        if call is None or "." in rid:
            raise ResourceLost(f"a {_class_of(proxy).__name__} was lost in a crash and how it was opened is not known")
        return call

    def arguments(self, call: Call) -> tuple[list[Any], dict[str, Any]]:
        """Return the live arguments to perform `call` with: objects for proxies, and a descriptor of this process."""
        args = [*map(unwrapped, call.args)]
        if call.fn is mmap.mmap and args:
            args[0] = self._descriptor(args[0], call.site)
        return args, {key: unwrapped(item) for key, item in call.kwargs.items()}

    def _descriptor(self, number: int, site: Site) -> int:
        """Return a living descriptor of the run's open file that had `number`; -1 maps none. Raise ResourceLost."""
        from durable.stdlib_shims._descriptors import table_of

        file = table_of(self.run).by_number.get(number)
        if file is not None or number == -1:
            return number if file is None else file.give()
        raise ResourceLost(
            f"{site.file}:{site.line}: the map made here was lost in a crash and cannot be made again: its file has "
            f"been closed. Keep its whole use in one function marked `# durable: step`."
        )


class Proxy:
    """Stands for a resource. `isinstance` sees the resource's class; every attribute and operator is an operation."""

    __slots__ = ("__weakref__", "_call", "_cls", "_id", "_log", "_resources")

    def __init__(self, resources: Resources, rid: str, cls: type) -> None:
        put = functools.partial(object.__setattr__, self)
        put("_resources", resources)
        put("_id", rid)
        put("_cls", cls)
        put("_log", [])
        put("_call", resources._calls.get(int(rid.partition(".")[0])))

    @property  # type: ignore[misc]
    def __class__(self) -> type:  # pyright: ignore[reportIncompatibleMethodOverride]
        return object.__getattribute__(self, "_cls")  # type: ignore[no-any-return]

    def __getattr__(self, name: str) -> Any:
        cls = object.__getattribute__(self, "_cls")
        if callable(getattr(cls, name, None)):
            return Operation(self, name)
        if context.current() is None:
            return getattr(unwrapped(self), name)
        return Operation(self, "__getattribute__").perform(None, (name,), {})

    def __setattr__(self, name: str, value: Any) -> None:
        Operation(self, "__setattr__")(name, value)

    def __repr__(self) -> str:
        return f"<{class_name(object.__getattribute__(self, '_cls'))} (durable resource)>"


class Operation:
    """A method of a resource, bound: calling it is a step."""

    __slots__ = ("_proxy", "name")

    def __init__(self, proxy: Proxy, name: str) -> None:
        self._proxy = proxy
        self.name = name

    @property
    def __name__(self) -> str:
        return self.name

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.perform(None, args, kwargs)

    def perform(self, site: Site | None, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Call the method as a step at `site` (None: where the program is now); inside a step, call it at once."""
        run = context.current()
        proxy = self._proxy
        if run is None:
            return getattr(unwrapped(proxy), self.name)(*args, **kwargs)
        from durable.runner.steps import roots_of

        effect, is_setup = effect_of(_class_of(proxy), self.name, args, kwargs)
        callee = f"{class_name(_class_of(proxy)).replace(':', '.')}.{self.name}"
        place = site or run.take_site(callee, effect)
        done = Done(self.name, args, kwargs, effect, place)
        roots = roots_of(run, None, args, kwargs) if args or kwargs else ()
        call = Call(functools.partial(operate, proxy, self.name), args, kwargs, effect, place, roots)
        opened: Call | None = object.__getattribute__(proxy, "_call")
        call.stub = opened.stub if opened is not None else None
        log: list[Done] = object.__getattribute__(proxy, "_log")
        recipe = recipe_of(_class_of(proxy) if call.stub is None else object)
        if recipe.talk is not None:
            return talks.perform(run, call, proxy, done, is_setup)
        if self.name == "__next__":
            return _moved(run, call, done, log)
        if self.name in recipe.lazy:
            return self._given(run, call, recipe, done)
        result = _performed(run, call, recipe, proxy, done)
        done.is_setup = is_setup
        if asks(_class_of(proxy), self.name, args, kwargs):
            log[:] = [item for item in log if item.name != self.name]
            done.is_asked = True
        elif effect != "read":
            for item in log:
                item.is_asked = False  # answered, or given up
        if is_setup or done.is_asked or (effect != "read" and not any(item.effect == effect for item in log)):
            log.append(done)
        recipe.note(log, done, result)
        return result

    def _given(self, run: Run, call: Call, recipe: Recipe, done: Done) -> Iterator[Any]:
        """Yield what a generator of the object gives: all of it in one step, when the first item is asked for."""
        call.fn = functools.partial(operate_all, self._proxy, self.name)
        items = run.perform(call)
        recipe.note(object.__getattribute__(self._proxy, "_log"), done, None)
        yield from items


def _performed(run: Run, call: Call, recipe: Recipe, proxy: Proxy, done: Done) -> Any:
    """Perform an operation of an object for which there is `recipe`, with its probe and its mark."""
    name, args, resources = done.name, done.args, run.resources
    is_marked = recipe.marks(name, args)
    if is_marked:
        call.fn = functools.partial(operate_marked, proxy, name)
    log = object.__getattribute__(proxy, "_log")
    revive, fresh = functools.partial(resources.revive, proxy), functools.partial(resources.opened_again, proxy)
    using = Using(name, args, done.kwargs, log, revive, fresh)
    probe = recipe.probe(using)
    if probe is not None:
        probe.is_marked = is_marked
        call.probe, call.fn = probe, functools.partial(operate_prepared, using.prepared, call.fn)
    result = run.perform(call)
    if is_marked and type(result) is tuple:  # one that was given by hand has no mark
        result, done.mark = result
    return result


def _moved(run: Run, call: Call, done: Done, log: list[Done]) -> Any:
    """Perform `call`, which goes on in an iterator, and note what it gave."""
    if log and log[-1].name == done.name:
        done = log[-1]
    else:
        log.append(done)
    call.told = done.gave
    try:
        return run.perform(call)
    except Exception as error:
        done.gave(type(error).__name__)
        raise


def operate(proxy: Proxy, name: str, /, *args: Any, **kwargs: Any) -> Any:
    """Call a method of the object behind `proxy`, opened again if it was lost."""
    resources: Resources = object.__getattribute__(proxy, "_resources")
    live = resources.revive(proxy, name, args)
    return getattr(live, *args) if name == "__getattribute__" else getattr(live, name)(*args, **kwargs)


def operate_marked(proxy: Proxy, name: str, /, *args: Any, **kwargs: Any) -> tuple[Any, Any]:
    """Call a method as `operate` does; return its result and what the recipe notes behind it."""
    result = operate(proxy, name, *args, **kwargs)
    live = unwrapped(proxy)
    try:
        return result, recipe_of(_class_of(proxy)).mark(live, name, args, kwargs)
    except Exception:  # the operation itself has been done
        return result, None


def operate_prepared(
    prepared: list[Callable[[], Any]], perform: Callable[..., Any], /, *args: Any, **kwargs: Any
) -> Any:
    """Call `perform` after what a probe wanted to be done before."""
    while prepared:
        prepared.pop()()
    return perform(*args, **kwargs)


def operate_all(proxy: Proxy, name: str, /, *args: Any, **kwargs: Any) -> list[Any]:
    """Call a method that gives a generator; return all of it."""
    return [*operate(proxy, name, *args, **kwargs)]


def called_by(fn: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function that a step's callable leads to, for its signature: a method of the class of a proxy."""
    if isinstance(fn, functools.partial) and fn.func is operate_prepared:
        fn = fn.args[1]
    if isinstance(fn, functools.partial) and fn.func in (operate, operate_marked, operate_all, talks.operate):
        proxy, name, *_ = fn.args
        method: Any = getattr(_class_of(proxy), name, fn)
        return functools.partial(method, proxy) if method is not fn else fn
    return fn


def unwrapped(value: Any) -> Any:
    """Return the live object behind a proxy, any other value as it is."""
    if type.__instancecheck__(Proxy, value) and issubclass(type(value), Proxy):
        resources: Resources = object.__getattribute__(value, "_resources")
        return resources.revive(value)
    return value


def _class_of(proxy: Proxy) -> type:
    return object.__getattribute__(proxy, "_cls")  # type: ignore[no-any-return]


_SPECIAL = (
    "__enter__ __exit__ __iter__ __next__ __len__ __contains__ __getitem__ __setitem__ __delitem__ __call__ __bool__ "
    "__eq__ __ne__ __lt__ __le__ __gt__ __ge__ __hash__ __str__ __int__ __float__ __add__ __iadd__ __or__ __and__"
).split()


@functools.cache
def _proxy_class(cls: type) -> type[Proxy]:
    """Return the proxy class for resources of class `cls`: it has the special methods that `cls` has."""
    body: dict[str, Any] = {"__slots__": ()}
    is_magic = any(base.__name__ == "MagicMixin" for base in cls.__mro__)  # each such mock has a class of its own
    for name in _SPECIAL:
        has_it = any(name in vars(base) for base in cls.__mro__ if base is not object)
        if (is_magic and name != "__hash__") or (has_it and getattr(cls, name) is not None):
            body[name] = _special(name)
    return type(cls.__name__, (Proxy,), body)


def _special(name: str) -> Callable[..., Any]:
    def method(self: Proxy, *args: Any) -> Any:
        return Operation(self, name)(*args)

    method.__name__ = name
    return method
