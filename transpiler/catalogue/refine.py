"""Which of a call's arguments prove that it does less than its entry says."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from durable.transpiler.catalogue.library import Entry
from durable.transpiler.ir.effects import Effect

_COMMENTS = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
_TEXTS = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"")
_CHANGES = re.compile(r"\b(insert|update|delete|replace)\b")
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


def refined_effect(entry: Entry, args: Sequence[object], kwargs: Mapping[str, object]) -> Effect:
    """The entry's effect, or READ where the arguments prove that the call only looks."""
    rule = _RULES.get(entry.refine or "")
    if rule is None or entry.effect is not Effect.WRITE:
        return entry.effect
    return Effect.READ if rule(args, kwargs) else Effect.WRITE


def is_query(statement: str) -> bool:
    """Whether one SQL statement only looks: SELECT, VALUES, EXPLAIN, PRAGMA without `=`, WITH … SELECT."""
    text = _TEXTS.sub("''", _COMMENTS.sub(" ", statement)).strip().lower().rstrip("; \n\t")
    if ";" in text:
        return False
    first = re.match(r"[a-z]+", text)
    match first.group() if first else "":
        case "select" | "values" | "explain":
            return True
        case "pragma":
            return "=" not in text and "(" not in text
        case "with":
            return _CHANGES.search(text) is None
        case _:
            return False


def _by_sql(args: Sequence[object], kwargs: Mapping[str, object]) -> bool:
    text = args[0] if args else kwargs.get("sql")
    return isinstance(text, str) and is_query(text)


def _by_http_method(args: Sequence[object], kwargs: Mapping[str, object]) -> bool:
    method = args[0] if args else kwargs.get("method")
    return isinstance(method, str) and method.upper() in _SAFE_METHODS


def _by_mode(args: Sequence[object], kwargs: Mapping[str, object]) -> bool:
    mode = args[1] if len(args) > 1 else kwargs.get("mode", "r")
    return isinstance(mode, str) and not set(mode) & set("wax+")


def _by_urlopen(args: Sequence[object], kwargs: Mapping[str, object]) -> bool:
    url = args[0] if args else kwargs.get("url")
    return isinstance(url, str) and len(args) < 2 and kwargs.get("data") is None


_SETS_SEEN = re.compile(r"RFC822(?!\.SIZE|\.HEADER)|BODY\[")


def _by_fetched(args: Sequence[object], kwargs: Mapping[str, object]) -> bool:
    """A message that IMAP gives becomes one that was seen, unless one peeks."""
    parts = args[1] if len(args) > 1 else kwargs.get("message_parts")
    return isinstance(parts, str) and _SETS_SEEN.search(parts.upper()) is None


def _by_uid_command(args: Sequence[object], kwargs: Mapping[str, object]) -> bool:
    command = str(args[0]).upper() if args else ""
    return command in ("SEARCH", "SORT", "THREAD") or (command == "FETCH" and _by_fetched(args[1:], {}))


_RULES: dict[str, Callable[[Sequence[object], Mapping[str, object]], bool]] = {
    "sql": _by_sql,
    "http": _by_http_method,
    "mode": _by_mode,
    "urlopen": _by_urlopen,
    "imap_fetch": _by_fetched,
    "imap_uid": _by_uid_command,
}
