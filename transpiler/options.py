"""The options of a step as the user writes them → the values that the runtime takes: ints, seconds, words."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from difflib import get_close_matches

from durable.transpiler.ir.effects import Effect, Option

KINDS = frozenset(effect.value for effect in Effect) - {"refused"}
IN_DOUBT = ("ask", "fail", "retry")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


class BadOption(ValueError):
    """An option that does not exist or cannot have this value; the text says what would do."""


def read_option(key: str, value: object) -> Option:
    """The value of one option: `retries` an int, `timeout` and `backoff` seconds; BadOption if it makes no sense."""
    reader = OPTIONS.get(key)
    if reader is None:
        raise BadOption(f"`{key}` is no step option{suggestion(key, OPTIONS)}")
    try:
        return reader(value)
    except ValueError as error:
        raise BadOption(f"`{key}={value}`: {error}") from None


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


OPTIONS: dict[str, Callable[[object], Option]] = {
    "retries": _count,
    "timeout": seconds,
    "backoff": seconds,
    "in_doubt": _in_doubt,
    "idempotency_header": _header,
}
