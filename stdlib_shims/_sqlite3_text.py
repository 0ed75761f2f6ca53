"""What a SQL statement is, read from its first words, as the sqlite3 module itself does."""

from __future__ import annotations

import re
import sqlite3
from enum import Enum
from functools import lru_cache

_SKIPPED = re.compile(r"(?:\s|--[^\n]*(?:\n|$)|/\*.*?\*/|;)*", re.DOTALL)
_WORD = re.compile(r"[A-Za-z_]+")
_CHANGES = re.compile(r"\b(insert|update|delete|replace)\b", re.IGNORECASE)
_LOOKING_PRAGMAS = frozenset(
    {
        *("table_info", "table_xinfo", "table_list", "index_list", "index_info", "index_xinfo"),
        *("foreign_key_list", "foreign_key_check", "integrity_check", "quick_check"),
    }
)
_ONE_OFF_PRAGMAS = frozenset({"wal_checkpoint", "optimize", "incremental_vacuum", "user_version", "application_id"})


class Kind(Enum):
    """How a statement bears on transactions and on a connection that has to be opened again."""

    QUERY = "looks at the database"
    CHANGE = "is INSERT, UPDATE, DELETE or REPLACE: begins a transaction where none is open"
    SCHEMA = "changes the database without beginning a transaction"
    BEGIN = "begins a transaction or a savepoint"
    COMMIT = "ends a transaction for good"
    ROLLBACK = "ends a transaction for nothing"
    NESTED = "ends a savepoint"
    SETTING = "changes the connection"
    ONE_OFF = "works on the file as a whole; doing it twice is as doing it once"


@lru_cache(maxsize=1024)
def kind_of(sql: str) -> Kind:
    """Return the kind of one SQL statement."""
    skipped = _SKIPPED.match(sql)
    text = sql[skipped.end() if skipped else 0 :]
    found = _WORD.match(text)
    word = found.group().lower() if found else ""
    if word == "pragma":
        return _pragma(text)
    if word == "with":
        return Kind.SCHEMA if _CHANGES.search(text) else Kind.QUERY
    if word == "rollback":
        return Kind.NESTED if re.search(r"\bto\b", text, re.IGNORECASE) else Kind.ROLLBACK
    return _BY_WORD.get(word, Kind.SCHEMA)


_BY_WORD = {
    "": Kind.QUERY,
    "select": Kind.QUERY,
    "values": Kind.QUERY,
    "explain": Kind.QUERY,
    "insert": Kind.CHANGE,
    "update": Kind.CHANGE,
    "delete": Kind.CHANGE,
    "replace": Kind.CHANGE,
    "begin": Kind.BEGIN,
    "savepoint": Kind.BEGIN,
    "commit": Kind.COMMIT,
    "end": Kind.COMMIT,
    "release": Kind.NESTED,
    "attach": Kind.SETTING,
    "detach": Kind.SETTING,
    "vacuum": Kind.ONE_OFF,
}


def _pragma(text: str) -> Kind:
    name = re.match(r"pragma\s+(?:\w+\s*\.\s*)?(\w+)", text, re.IGNORECASE)
    known = name.group(1).lower() if name else ""
    if known in _LOOKING_PRAGMAS or ("=" not in text and "(" not in text and known not in _ONE_OFF_PRAGMAS):
        return Kind.QUERY
    if known in _ONE_OFF_PRAGMAS:
        return Kind.ONE_OFF if "=" in text or "(" in text or known == "optimize" else Kind.QUERY
    return Kind.SETTING


def is_insert(sql: str) -> bool:
    """Say whether a statement sets the connection's last row id."""
    skipped = _SKIPPED.match(sql)
    word = _WORD.match(sql, skipped.end() if skipped else 0)
    return word is not None and word.group().lower() in ("insert", "replace", "with")


def statements_of(script: str) -> list[str]:
    """Return the statements of a script, in order, without those that are empty."""
    found = []
    start = 0
    for place in re.finditer(";", script):
        if sqlite3.complete_statement(script[start : place.end()]):
            found.append(script[start : place.end()])
            start = place.end()
    found.append(script[start:])
    return [text for text in found if _SKIPPED.fullmatch(text) is None]
