"""Connections of psycopg: the open transaction is done again, and a COMMIT in flight is looked for by its number."""

from __future__ import annotations

import contextlib
import time
from typing import Any

from durable.runner.core.call import UNDONE, UNKNOWN, Settled
from durable.runner.recipes.recipe import Done, Doubt, Recipe, Talk, Using, happened

_IDLE, _IN_TRANSACTION = 0, 2  # of libpq's PGTransactionStatusType
_READING = frozenset({"__iter__", "__next__", "__getattribute__", "nextset", "results", "scroll", "set_result"})
_PATIENCE = 50
"""Tenths of a second for the server to notice that a client has gone."""


class Postgres(Talk):
    """What is done again on a new connection is what was done since the server was last outside of a transaction."""

    def state(self, connection: Any) -> int:
        return int(connection.info.transaction_status)

    def note(self, log: list[Done], done: Done) -> None:
        if done.proxy is None and done.name in ("close", "__exit__"):
            done.is_setup = True
            log[:] = [done]
            return
        log.append(done)
        if done.mark == _IDLE:
            log[:] = [item for at, item in enumerate(log) if item.is_setup or _is_query_kept(log, at)]

    def reads(self, name: str) -> bool:
        return name.startswith("fetch") or name in _READING

    def probe(self, using: Using) -> Doubt | None:
        is_clean_exit = using.name == "__exit__" and using.args[:1] == (None,)
        return _committed(using) if using.name == "commit" or is_clean_exit else None


def _is_query_kept(log: list[Done], at: int) -> bool:
    """Say whether an operation is the last statement of its cursor, and only looks, or reads what that gave."""
    cursor = log[at].opened if log[at].proxy is None else log[at].proxy
    asked = [
        number
        for number, done in enumerate(log)
        if cursor is not None
        and (done.opened is cursor or (done.proxy is cursor and done.name.startswith("execute")))
        and done.name != "cursor"
    ]
    return bool(asked) and asked[-1] <= at and log[asked[-1]].effect == "read"


def _committed(using: Using) -> Doubt:
    """Return a probe of a COMMIT: the server knows what became of a transaction by its number (since version 10)."""

    def look() -> Any:
        live = using.revive()
        if int(live.info.transaction_status) != _IN_TRANSACTION:
            return None
        return _asked(live, "SELECT pg_current_xact_id_if_assigned()::text")

    def compare(number: Any) -> Settled:
        live, found = using.fresh(), None
        with contextlib.closing(live):
            for _ in range(_PATIENCE):
                found = _asked(live, f"SELECT pg_xact_status('{int(number)}'::xid8)")
                live.rollback()
                if found != "in progress":
                    break
                time.sleep(0.1)
        return happened(None, _IDLE) if found == "committed" else UNDONE if found == "aborted" else UNKNOWN

    return Doubt(look, compare)


def _asked(live: Any, query: str) -> Any:
    from psycopg.rows import tuple_row

    with live.cursor(row_factory=tuple_row) as cursor:
        (value,) = cursor.execute(query).fetchone()
        return value


class Psycopg(Recipe):
    talk = Postgres()
