"""The options of a step as the user writes them → the values that the runtime takes: ints, seconds, words."""

from __future__ import annotations

import builtins
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from difflib import get_close_matches
from typing import cast

from durable.transpiler.ir.effects import Effect, Option

KINDS = frozenset(effect.value for effect in Effect) - {"refused"}
IN_DOUBT = ("ask", "fail", "retry")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_CLASS = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*(\.\*)?")
_STATUS = re.compile(r"[1-5](\d\d|xx)|[1-5]\d\d-[1-5]\d\d")
_MEANT = {
    **dict.fromkeys(("retry", "attempts", "max_attempts", "max_retries"), "retries"),
    **dict.fromkeys(("delay", "wait", "interval"), "backoff"),
    **dict.fromkeys(("status", "statuses", "status_codes"), "retry_status"),
}
_ONLY_WITH_RETRIES = ("backoff", "backoff_factor", "max_backoff", "jitter", "retry_on", "give_up_on", "retry_status")


class BadOption(ValueError):
    """An option that does not exist or cannot have this value; the text says what would do."""


def read_option(key: str, value: object) -> Option:
    """The value of one option: `retries` an int, durations seconds, lists a string; BadOption if it makes no sense."""
    reader = OPTIONS.get(key)
    if reader is None:
        meant = f"; did you mean `{_MEANT[key]}`?" if key in _MEANT else suggestion(key, OPTIONS)
        raise BadOption(f"`{key}` is no step option{meant}")
    try:
        return reader(value)
    except ValueError as error:
        raise BadOption(f"`{key}={value}`: {error}") from None


def useless_option(said: Mapping[str, Option], around: Mapping[str, Option]) -> str:
    """What is wrong with options that have no meaning without others, which may stand `around` them; "" if nothing."""
    known = {**around, **said}
    idle = [key for key in _ONLY_WITH_RETRIES if key in said]
    if idle and not known.get("retries"):
        return f"`{idle[0]}` does nothing without retries; add `retries = N`, the number of attempts after the first"
    if "max_backoff" in said and "backoff" not in known:
        return '`max_backoff` does nothing without a wait; add `backoff = "1s"`, the wait before the second attempt'
    return ""


def suggestion(word: str, known: Collection[str]) -> str:
    """`; did you mean …?` for a word that is nearly a known one, else the list of the known ones."""
    near = get_close_matches(word, known, 1)
    return f"; did you mean `{near[0]}`?" if near else f"; known: {', '.join(sorted(known))}"


def seconds(value: object) -> float:
    """`30`, `"30s"`, `"1m30s"`, `"500ms"` as seconds."""
    if isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 0:
        return float(value)
    text = str(value).strip()
    if re.fullmatch(r"\d+(\.\d+)?", text):
        return float(text)
    if not text or _PART.sub("", text):
        raise ValueError("write seconds, or a duration as 30s, 1m30s, 500ms")
    return sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(text))


def _count(value: object) -> int:
    if isinstance(value, bool) or not re.fullmatch(r"\d+", str(value)):
        raise ValueError("write a whole number, 0 or more")
    return int(str(value))


def _in_doubt(value: object) -> str:
    if value not in IN_DOUBT:
        raise ValueError(f"use {', '.join(IN_DOUBT)}{suggestion(str(value), IN_DOUBT).partition('; known')[0]}")
    return str(value)


def _header(value: object) -> str:
    if not isinstance(value, str) or not _HEADER.fullmatch(value):
        raise ValueError("write the name of an HTTP header")
    return value


def _share(value: object) -> float:
    number = _number(value)
    if not 0 <= number <= 1:
        raise ValueError("write a share of the wait from 0 (always all of it) to 1 (anything up to it)")
    return number


def _factor(value: object) -> float:
    number = _number(value)
    if not 1 <= number < float("inf"):
        raise ValueError("write a number, 1 or more: each wait is so many times the one before")
    return number


def _number(value: object) -> float:
    try:
        return float("nan") if isinstance(value, bool) else float(str(value))
    except ValueError:
        return float("nan")


def _classes(value: object) -> str:
    """Names of exception classes, as a list or with commas between them → `A,b.B`."""
    names = [*_listed(value)]
    for name in names:
        known = getattr(builtins, name, None)
        if not _CLASS.fullmatch(name):
            raise ValueError("write names of exception classes, as ConnectionError or requests.exceptions.*")
        if known is not None and not (isinstance(known, type) and issubclass(known, BaseException)):
            raise ValueError(f"`{name}` is no exception")
        near = get_close_matches(name, _EXCEPTIONS, 1, 0.9)
        if known is None and near:
            raise ValueError(f"there is no `{name}`; did you mean `{near[0]}`?")
    return ",".join(names)


def _queue(value: object) -> str:
    """The name of a task queue of a cluster."""
    if not isinstance(value, str) or not value.strip() or value.split() != [value]:
        raise ValueError("write the name of a task queue, without spaces")
    return value


def _statuses(value: object) -> str:
    """HTTP statuses, as a list or with commas between them → `429,500-599`."""
    found = []
    for word in _listed(value):
        if not _STATUS.fullmatch(word):
            raise ValueError("write HTTP statuses, as 429, 5xx or 500-504")
        found.append(f"{word[0]}00-{word[0]}99" if word.endswith("xx") else word)
    return ",".join(found)


def _listed(value: object) -> Iterator[str]:
    words: list[object] = cast("list[object]", value) if isinstance(value, list) else [*str(value).split(",")]
    if not words:
        raise ValueError("the list is empty")
    for word in words:
        yield str(word).strip()


_EXCEPTIONS = [
    name for name, known in vars(builtins).items() if isinstance(known, type) and issubclass(known, BaseException)
]

OPTIONS: dict[str, Callable[[object], Option]] = {
    "retries": _count,
    "timeout": seconds,
    "deadline": seconds,
    "backoff": seconds,
    "backoff_factor": _factor,
    "max_backoff": seconds,
    "jitter": _share,
    "retry_on": _classes,
    "give_up_on": _classes,
    "retry_status": _statuses,
    "in_doubt": _in_doubt,
    "idempotency_header": _header,
    "queue": _queue,
}
