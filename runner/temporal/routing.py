"""Steps that a policy sends to a task queue (`queue = "gpu"`), performed there from the callable's name and arguments.

What needs the run's live objects stays with the run: the opening of resources, and methods of theirs.
"""

from __future__ import annotations

import dataclasses
import functools
import importlib
import json
import sys
import types
from collections.abc import Callable
from typing import Any

from durable.runner import resources
from durable.runner.codec import Unstorable
from durable.runner.core.call import Call, Policy, Site
from durable.runner.core.messages import Raised, Returned
from durable.runner.errors import DurableError, NotRoutable
from durable.runner.run import Run
from durable.runner.sites import Sites
from durable.runner.spec import RunSpec
from durable.runner.steps import attempt, roots_of
from durable.runner.temporal import place
from durable.runner.temporal.storage import storage


def order(run: Run, call: Call) -> dict[str, Any] | None:
    """Return what a worker without the run needs to perform `call`, None if it stays with the run.

    Raise NotRoutable for a call that another process cannot make.
    """
    if call.effect == "open" or resources.called_by(call.fn) is not call.fn or _owner(call.fn) is not None:
        return None
    name = _name(run, call.fn)
    if not name:
        raise _refused(call, "it is no function that another process finds by its name")
    try:
        arguments = run.encoder.text([[*call.args], dict(call.kwargs)], "argument")
    except Unstorable as error:
        raise _refused(call, f"{error.path} is a {error.part}, which cannot be stored") from None
    resource = _resource_in(json.loads(arguments))
    if resource:
        raise _refused(call, f"an argument is a {resource}, which lives in the run's own process")
    site = dataclasses.asdict(call.site)
    facts = {"name": name, "arguments": arguments, "roots": len(call.roots), "site": site}
    return {**facts, "key": call.key, "spec": dataclasses.asdict(run.spec)}


def site_of(order: dict[str, Any]) -> Site:
    """Return where the step stands."""
    return Site(**{**order["site"], "policy": Policy(**order["site"]["policy"])})


def performed(order: dict[str, Any], seq: int) -> Returned | Raised:
    """Perform what was ordered; return the event that records it."""
    site = site_of(order)
    run = Run(RunSpec(**order["spec"]), _Host(), Sites([], []))
    place.enter(run.spec.cwd)
    try:
        fn = _found(order["name"])
        stored = order["arguments"] or storage().get(order["kept"]).decode()
        args, kwargs = run.decoder.value(stored)
        call = Call(fn, tuple(args), kwargs, site.effect, site, roots_of(run, fn, tuple(args), kwargs), seq=seq)
        call.key = order["key"]
        if len(call.roots) != order["roots"]:
            raise _refused(call, "it changes what only the run's own process has")
    except (DurableError, ImportError, AttributeError) as error:
        refused = NotRoutable(
            f"{_where(site)} cannot be performed by the worker of queue {site.policy.queue!r}: {error}"
        )
        return Raised(seq, run.encoder.text(refused))
    except NotRoutable as error:
        return Raised(seq, run.encoder.text(error))
    return attempt(run, call)


class _Host:
    """The host of a run that has no strands: only its codec is used."""

    activation = 0
    is_past = False

    def ambient(self, kind: str, produce: Callable[[], Any]) -> Any:
        return produce()

    def emit(self, fd: int, data: bytes) -> None:
        pass


def _owner(fn: Any) -> Any:
    """Return the live resource whose method `fn` is."""
    owner = getattr(fn, "__self__", None)
    return owner if type.__instancecheck__(resources.Proxy, owner) else None


def _name(run: Run, fn: Any) -> str:
    """Return the name by which another process finds a library's function, "" for any other callable."""
    if isinstance(fn, functools.partial):
        return ""
    module, name = getattr(fn, "__module__", None), getattr(fn, "__qualname__", "")
    if module is None and isinstance(getattr(fn, "__self__", None), types.ModuleType):
        module = fn.__self__.__name__
    if not module or (run.modules is not None and module in run.modules.loaded) or module.startswith("durable."):
        return ""
    try:
        return f"{module}:{name}" if _found(f"{module}:{name}") is fn else ""
    except (ImportError, AttributeError):
        return ""


def _found(name: str) -> Any:
    module, _, path = name.partition(":")
    found: Any = sys.modules.get(module) or importlib.import_module(module)
    for part in path.split("."):
        found = getattr(found, part)
    return found


def _resource_in(tree: Any) -> str:
    """Return the class of the first live object that a record mentions."""
    if isinstance(tree, dict):
        if tree.get("$") == "resource":
            return str(tree["c"]).replace(":", ".")
        tree = [*tree.values()]
    return next(filter(None, map(_resource_in, tree)), "") if isinstance(tree, list) else ""


def _where(site: Site) -> str:
    return f"{site.file}:{site.line}: {site.callee}"


def _refused(call: Call, cause: str) -> NotRoutable:
    return NotRoutable(
        f"{_where(call.site)} is sent to the queue {call.site.policy.queue!r} by a policy, but {cause}. "
        f"Put what belongs together in one function of a library that both workers have installed, "
        f"or leave `queue` out for this callee."
    )
