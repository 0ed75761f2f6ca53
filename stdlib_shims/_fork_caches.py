"""What `functools.lru_cache` remembers, for a child process: the same results, in a cache of its own."""

from __future__ import annotations

import functools
import gc
from collections.abc import Callable, Iterator
from typing import Any

from durable.stdlib_shims import _fork_copy
from durable.stdlib_shims._fork_copy import Copier

_NOTHING = object()
_Arguments = tuple[tuple[Any, ...], dict[str, Any]]


def _cached(copier: Copier, value: Any) -> Any:
    """Return a function like `value` with a copy of its cache; the counts of `cache_info` begin with its results."""
    real = value.__wrapped__
    if copier.is_of_library(value):
        return value
    waiting: list[Any] = [_NOTHING]

    @functools.wraps(real)
    def call(*args: Any, **kwargs: Any) -> Any:
        return real(*args, **kwargs) if waiting[0] is _NOTHING else waiting[0]

    copied: Any = functools.lru_cache(**value.cache_parameters())(call)
    vars(copied).update(vars(value))
    copier.copy(real)

    ours = copier.copy(list(_entries(value)))

    def fill() -> None:
        for (args, kwargs), result in ours:
            waiting[0] = result
            copied(*args, **kwargs)
        waiting[0] = _NOTHING

    copier.at_last(fill)
    return copied


def _entries(cached: Any) -> Iterator[tuple[_Arguments, Any]]:
    """Yield the arguments and the result of each call that is remembered, the oldest first."""
    is_typed = cached.cache_parameters()["typed"]
    at, parts = 1, gc.get_referents(cached)  # its type, (key, result, type of a link)*, the table, the function, a mark
    remembered: list[tuple[Any, Any]] = []
    while getattr(parts[at + 2], "__name__", "") == "_lru_list_elem":
        remembered.append((parts[at], parts[at + 1]))
        at += 3
    if type(parts[at]) is dict and parts[at + 1] is cached.__wrapped__ and not remembered:
        remembered = list(parts[at].items())
    for key, result in remembered:
        yield _arguments(key, parts[at + 2], is_typed), result


def _arguments(key: Any, mark: Any, is_typed: bool) -> _Arguments:
    """Return the positional and named arguments that a key of the cache is made of."""
    if type(key) in (str, int):
        return (key,), {}
    count = next((index for index, part in enumerate(key) if part is mark), len(key))
    named = key[count + 1 :]
    if is_typed and count == len(key):
        count //= 2
    elif is_typed:
        named = named[: (len(named) - count) // 3 * 2]
    return key[:count], dict(zip(named[::2], named[1::2], strict=True))


_make: Callable[..., Any] = functools.lru_cache(None)
_fork_copy.HANDLERS[type(_make(lambda: None))] = _cached
