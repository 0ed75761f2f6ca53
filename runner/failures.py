"""Failures of a step as its policy judges them: what is one, and how long to wait before the next attempt.

A failure is an exception, or a response of HTTP whose status the policy names. All of it follows from recorded values,
so a replay judges the same; what is left to chance comes from the run's seed.
"""

from __future__ import annotations

import builtins
import functools
import random
import sys
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from fnmatch import fnmatchcase
from typing import Any

from durable.runner.core.call import Policy
from durable.runner.resources import Proxy

_LONGEST = 10.0 * 365 * 86400


def is_failure(policy: Policy, value: Any, is_raised: bool) -> bool:
    """Say whether what an attempt has returned or raised is to be tried again.

    Where the policy names statuses, one alone decides about a response and about an exception that has a status.
    """
    if is_raised and (not isinstance(value, Exception) or (policy.give_up_on and _is_one(value, policy.give_up_on))):
        return False
    status = status_of(value, is_raised) if policy.retry_status else None
    if status is not None:
        return any(low <= status <= high for low, high in _ranges(policy.retry_status))
    return is_raised and (not policy.retry_on or _is_one(value, policy.retry_on))


def pause(policy: Policy, failed: int, seed: str) -> float:
    """Return the seconds to wait after `failed` failed attempts; `seed` decides about the share left to chance."""
    longest = policy.max_backoff or _LONGEST
    try:
        wait = min(policy.backoff * policy.backoff_factor ** (failed - 1), longest)
    except OverflowError:
        wait = longest
    return wait * (1.0 - policy.jitter * random.Random(f"{seed}:{failed}:jitter").random())


def asked_pause(value: Any, now: Callable[[], float]) -> float:
    """Return the seconds that a response asks to wait by `Retry-After`, 0 if it asks for none.

    `now()` is the time (seconds since the epoch) for a date in a response that does not say its own.
    """
    headers = _headers(value)
    asked = _header(headers, "Retry-After")
    if not asked:
        return 0.0
    if asked.isdecimal():
        return min(float(asked), _LONGEST)
    until, since = _date(asked), _date(_header(headers, "Date"))
    if until is None:
        return 0.0
    return min(max(0.0, until - (now() if since is None else since)), _LONGEST)


def status_of(value: Any, is_raised: bool) -> int | None:
    """Return the HTTP status of a response, or of an exception that has one (or whose response has); None if none."""
    if not is_raised:
        return None if _headers_of(value) is None else _status(value, ("status_code", "status", "code"))
    response = _attribute(value, "response")
    found = _status(response, ("status_code", "status")) if response is not None else None
    if found is None and isinstance(response, Mapping):  # botocore's
        found = _number(_nested(response, "ResponseMetadata", "HTTPStatusCode"))
    return found if found is not None else _status(value, ("status_code", "http_status", "status", "code"))


def _status(value: Any, names: tuple[str, ...]) -> int | None:
    return next((found for name in names if (found := _number(_attribute(value, name))) is not None), None)


def _number(value: Any) -> int | None:
    is_status = isinstance(value, int) and not isinstance(value, bool) and 100 <= value <= 599
    return int(value) if is_status else None


def _headers(value: Any) -> Any:
    response = _attribute(value, "response")
    if isinstance(response, Mapping):
        return _nested(response, "ResponseMetadata", "HTTPHeaders")
    own = _headers_of(response) if response is not None else None
    return own if own is not None else _headers_of(value)


def _headers_of(value: Any) -> Any:
    headers = _attribute(value, "headers")
    return headers if callable(getattr(headers, "get", None)) else None


def _header(headers: Any, name: str) -> str:
    if headers is None:
        return ""
    found = headers.get(name) or headers.get(name.lower())
    return found.strip() if isinstance(found, str) else ""


def _date(text: str) -> float | None:
    try:
        return parsedate_to_datetime(text).timestamp() if text else None
    except ValueError:
        return None


def _nested(value: Any, *keys: str) -> Any:
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _attribute(value: Any, name: str) -> Any:
    """Return an attribute of something recorded; None where that has none, or would need the world to tell."""
    if type.__instancecheck__(Proxy, value):
        return None
    try:
        return getattr(value, name, None)
    except Exception:  # a property that says so of what is not there: httpx.RequestError.request
        return None


def _is_one(error: BaseException, names: str) -> bool:
    """Say whether `error` is of one of the named classes, or of one derived from it."""
    return any(_is_named(cls, name) for name in names.split(",") for cls in type(error).__mro__)


def _is_named(cls: type, name: str) -> bool:
    """Say whether `name` is a class's own, with or without its module, a pattern of it, or where a module offers it."""
    module, _, last = name.rpartition(".")
    if not module:
        known = getattr(builtins, name, None)
        return cls is known or (cls.__name__ == name and known is None)
    if fnmatchcase(f"{cls.__module__}.{cls.__qualname__}", name):
        return True
    return getattr(sys.modules.get(module), last, None) is cls


@functools.lru_cache
def _ranges(statuses: str) -> tuple[tuple[int, int], ...]:
    found = (word.partition("-") for word in statuses.split(","))
    return tuple((int(low), int(high or low)) for low, _, high in found)
