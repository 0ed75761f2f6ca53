"""Talks with a server: a connection and the cursors it gives, whose open transaction is said again after a crash.

The server has rolled the transaction back when it lost its client. Everything that was done in it is done again on a
new connection, in the same order, and has to give what it gave before: then the program cannot tell the difference. Of
what came before the transaction only set-ups are kept, and queries whose rows may still be read.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from durable.runner import said
from durable.runner.codec import Unstorable
from durable.runner.core.call import Call
from durable.runner.recipes import Done, Using, lost, recipe_of

if TYPE_CHECKING:
    from durable.runner.recipes.recipe import Talk
    from durable.runner.resources import Proxy, Resources
    from durable.runner.run import Run

_STATE = "_durable_state"
_LIVE = "live"


def perform(run: Run, call: Call, proxy: Proxy, done: Done, is_setup: bool) -> Any:
    """Perform an operation of a connection or a cursor and note what it gave."""
    root = _root_of(proxy)
    talk = _talk_of(root)
    log: list[Done] = object.__getattribute__(root, "_log")
    done.is_setup = is_setup and proxy is root
    done.proxy = None if proxy is root else proxy
    call.fn = functools.partial(operate, proxy, done.name)
    if proxy is root:
        resources = run.resources
        using = Using(done.name, done.args, done.kwargs, log, lambda: resources.revive(root), lambda: _opened(root))
        probe = talk.probe(using)
        if probe is not None:
            probe.is_marked = True
            call.probe = probe
    try:
        given = run.perform(call)
    except Exception as error:
        done.given = type(error).__name__
        done.mark = error.__dict__.pop(_STATE, None)
        talk.note(log, done)
        raise
    result, done.mark = given if type(given) is tuple and len(given) == 2 else (given, None)
    done.given = _digest(run, result)
    done.opened = result if _is_opened_by(result, call) else None
    talk.note(log, done)
    return result


def _is_opened_by(result: Any, call: Call) -> bool:
    return _is_proxy(result) and object.__getattribute__(result, "_call") is call


def operate(proxy: Proxy, name: str, /, *args: Any, **kwargs: Any) -> tuple[Any, Any]:
    """Call a method; return its result and the state of the connection behind it, which an exception carries too."""
    root = _root_of(proxy)
    talk = _talk_of(root)
    resources: Resources = object.__getattribute__(proxy, "_resources")
    live = resources.revive(proxy, name, args)
    connection = resources.revive(root)
    try:
        result = _done(live, name, args, kwargs)
    except Exception as error:
        error.__dict__[_STATE] = talk.state(connection)
        raise
    return result, talk.state(connection)


def _done(live: Any, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    return getattr(live, *args) if name == "__getattribute__" else getattr(live, name)(*args, **kwargs)


def revive(resources: Resources, proxy: Proxy, name: str) -> Any:
    """Return the live object of `proxy`, of which this process has none: with it the whole talk is said again."""
    root = _root_of(proxy)
    if object.__getattribute__(root, "_id") not in resources.live:
        with said.gathered():
            live = resources.opened_again(root, is_set_up=False)
            resources.take(root, live)
            for done in list(object.__getattribute__(root, "_log")):
                if done.is_setup:  # in its place: a row factory set later makes other rows
                    done.set_up(live, object.__getattribute__(root, "_call"))
                else:
                    _again(resources, done, live)
    found = resources.live.get(object.__getattribute__(proxy, "_id"))
    return _made_again(resources, proxy, name) if found is None else found


def _made_again(resources: Resources, proxy: Proxy, name: str) -> Any:
    """Return a new cursor for one of which nothing had to be said again. Raise ResourceLost if `name` reads from it."""
    call: Call = object.__getattribute__(proxy, "_call")
    connection = resources.revive(_root_of(proxy))
    how = call.fn.args[1]  # type: ignore[attr-defined]
    if how != "cursor" or _talk_of(_root_of(proxy)).reads(name):
        why = f"the transaction is over in which was asked for what {name} reads"
        raise lost(connection, call.site, why)
    args, kwargs = resources.arguments(call)
    live = connection.cursor(*args, **kwargs)
    resources.take(proxy, live)
    return live


def _again(resources: Resources, done: Done, connection: Any) -> None:
    """Do an operation of a lost talk again. Raise ResourceLost if it gives something else."""
    from durable.runner.resources import unwrapped

    live = connection if done.proxy is None else resources.revive(done.proxy)
    try:
        result = _done(live, done.name, tuple(map(unwrapped, done.args)), done.kwargs)
        given = _digest(resources.run, result)
    except Exception as error:
        result, given = None, type(error).__name__
    if done.opened is not None and result is not None:
        resources.take(done.opened, result)
    elif given != done.given:
        why = f"{done.name} at line {done.site.line}, done again in its transaction, gives something else"
        raise lost(connection, done.site, why)


def _digest(run: Run, value: Any) -> Any:
    """Return a mark of what an operation gave; all objects that are not stored have the same."""
    if _is_proxy(value):
        return _LIVE
    try:
        text = run.encoder.text(value)
    except Unstorable:
        return _LIVE
    return _LIVE if '"$":"resource"' in text else hash(text)


def _is_proxy(value: Any) -> bool:
    from durable.runner.resources import Proxy

    return type.__instancecheck__(Proxy, value) and issubclass(type(value), Proxy)


def _opened(root: Proxy) -> Any:
    resources: Resources = object.__getattribute__(root, "_resources")
    return resources.opened_again(root)


def _talk_of(root: Proxy) -> Talk:
    found = recipe_of(object.__getattribute__(root, "_cls")).talk
    assert found is not None
    return found


def _root_of(proxy: Proxy) -> Proxy:
    """Return the connection that a cursor was got from; a connection itself."""
    while True:
        call: Call | None = object.__getattribute__(proxy, "_call")
        fn = call.fn if call is not None else None
        if not isinstance(fn, functools.partial) or fn.func is not operate:
            return proxy
        proxy = fn.args[0]
