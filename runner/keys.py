"""How a step's idempotency key gets into a request of HTTP. A step has one key in all its attempts."""

from __future__ import annotations

import copy
import functools
import inspect
import sys
from collections.abc import Callable, Mapping, MutableMapping
from typing import Any

from durable.runner.core.call import Call, Site
from durable.runner.resources import called_by

_told: set[Site] = set()
_Performed = tuple[Callable[..., Any], tuple[Any, ...], Mapping[str, Any]]


def with_header(call: Call, header: str) -> _Performed:
    """Return what to call, and with what, so that the step's key is sent as `header`; the program's own value stays."""
    fn, args, kwargs = _flat(call)
    for index, value in enumerate(args):
        if _is_request(value):
            return fn, (*args[:index], _request_with(value, header, call.key), *args[index + 1 :]), kwargs
    for name, value in kwargs.items():
        if _is_request(value):
            return fn, args, {**kwargs, name: _request_with(value, header, call.key)}
    try:
        bound = inspect.signature(called_by(fn)).bind(*args, **kwargs)
    except (TypeError, ValueError):  # a call that will fail, or of something without a signature
        return fn, args, kwargs
    names = bound.signature.parameters
    anything = next((name for name, one in names.items() if one.kind is one.VAR_KEYWORD), None)
    if "headers" in names:
        bound.arguments["headers"] = _headers_with(bound.arguments.get("headers"), header, call.key)
        return fn, bound.args, bound.kwargs
    if "fullurl" in names or ("url" in names and "data" in names and called_by(fn).__module__ == "urllib.request"):
        return fn, *_opening_request(bound, header, call.key)
    if anything is not None:
        return fn, args, {**kwargs, "headers": _headers_with(kwargs.get("headers"), header, call.key)}
    _tell(call.site, header)
    return fn, args, kwargs


def _flat(call: Call) -> _Performed:
    """Return a call without the partial that holds a part of its arguments."""
    fn = call.fn
    if isinstance(fn, functools.partial) and hasattr(fn.func, "__wrapped__"):
        return fn.func, (*fn.args, *call.args), {**fn.keywords, **call.kwargs}
    return fn, call.args, call.kwargs


def _is_request(value: Any) -> bool:
    """Say whether `value` is a library's request of HTTP."""
    return type(value).__name__ in ("Request", "PreparedRequest") and hasattr(value, "headers")


def _request_with(request: Any, header: str, key: str) -> Any:
    """Return a request that is `request` but for the header; a library's own copy would leave out what it sends."""
    changed = object.__new__(type(request))
    vars(changed).update(vars(request))
    changed.headers = _headers_with(request.headers, header, key)
    return changed


def _headers_with(headers: Any, header: str, key: str) -> Any:
    """Return a copy of `headers` (a mapping, pairs or None) that has the header."""
    pairs = headers.items() if isinstance(headers, Mapping) else headers or ()
    if any(_text(name).lower() == header.lower() for name, _ in pairs):
        return headers
    if headers is None:
        return {header: key}
    if isinstance(headers, MutableMapping):
        changed = copy.copy(headers)
        changed[header] = key
        return changed
    return [*pairs, (header, key)]


def _text(name: str | bytes) -> str:
    return name.decode("latin-1") if isinstance(name, bytes) else name


def _opening_request(bound: inspect.BoundArguments, header: str, key: str) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return the arguments of urllib's `urlopen` with a request in the place of an address."""
    from urllib.request import Request

    name = "fullurl" if "fullurl" in bound.arguments else "url"
    bound.arguments[name] = Request(bound.arguments[name], headers={header: key})
    return bound.args, bound.kwargs


def _tell(site: Site, header: str) -> None:
    """Say once of each place that its call has no headers to put a key in."""
    if site.effect == "write" and site not in _told:
        _told.add(site)
        place = f"{site.file}:{site.line}: " if site.file else ""
        text = f"durable: {place}{site.callee} takes no headers, so no {header} is sent (policy: idempotency_header)"
        print(text, file=sys.__stderr__, flush=True)
