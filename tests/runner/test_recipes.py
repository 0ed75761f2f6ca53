"""Connections that are brought back: what is done to a new one, what is compared, and what cannot go on."""

from __future__ import annotations

import ftplib
import imaplib
import poplib
import smtplib
from typing import Any

import psycopg
import pytest

from durable.runner.core.call import Site
from durable.runner.errors import ResourceLost
from durable.runner.recipes import Done, Using, recipe_of
from durable.runner.resource_classes import effect_of

SITE = Site("here", "it", "write", "p.py", 1, 1, "main")


class Said:
    """An object that notes what is called on it and answers what it is told to."""

    def __init__(self, **answers: Any) -> None:
        self.said: list[Any] = []
        self.answers = answers

    def __getattr__(self, name: str) -> Any:
        def call(*args: Any, **kwargs: Any) -> Any:
            self.said.append((name, *args))
            return self.answers.get(name)

        return call


def logged(cls: type, *operations: Any) -> list[Done]:
    """Return the log after operations (name, mark, *arguments) on an object of `cls`."""
    log: list[Done] = []
    for name, mark, *args in operations:
        done = Done(name, tuple(args), {}, "write", SITE)
        done.mark = mark
        recipe_of(cls).note(log, done, None)
    return log


def restored(cls: type, live: Said, log: list[Done]) -> list[Any]:
    opened: Any = type("Opened", (), {"site": SITE})
    recipe_of(cls).restore(live, log, opened)
    return live.said


def test_ftp_goes_to_its_folder_and_kind_of_transfer_alone() -> None:
    moves = [("cwd", "/a", "a"), ("cwd", "/", ".."), ("cwd", "/b", "b")]
    raw = [("sendcmd", None, "RNFR x"), ("sendcmd", None, "RNTO y"), ("voidcmd", None, "OPTS UTF8 ON")]
    log = logged(ftplib.FTP, *moves, ("retrlines", None, "RETR x"), *raw, ("storbinary", None, "STOR y"))
    assert sorted(restored(ftplib.FTP_TLS, Said(), log)) == [
        ("cwd", "/b"),
        ("voidcmd", "OPTS UTF8 ON"),
        ("voidcmd", "TYPE I"),
    ]


def test_pop_deletes_again_what_has_its_number_only() -> None:
    old, new = [b"1 a", b"2 b"], [b"1 a", b"2 b", b"3 c"]
    log = logged(poplib.POP3, ("dele", None, 1), ("rset", None), ("dele", None, 2))
    login = Done("pass_", ("x",), {}, "write", SITE)
    login.mark = recipe_of(poplib.POP3).mark(Said(uidl=(b"", old, 0)), "pass_", (), {})
    log.insert(0, login)
    assert restored(poplib.POP3, Said(uidl=(b"", new, 0)), log) == [("uidl",), ("dele", 2)]
    with pytest.raises(ResourceLost, match=r"p\.py:1: .*the messages are others now"):
        restored(poplib.POP3, Said(uidl=(b"", old[1:], 0)), log)


def test_a_quit_in_flight_has_happened_if_the_deleted_have_gone() -> None:
    log = logged(poplib.POP3, ("dele", None, 1))
    login = Done("pass_", ("x",), {}, "write", SITE)
    login.mark = ["a", "b"]
    log.insert(0, login)

    def settled(*listed: bytes) -> Any:
        def fresh() -> Any:
            return Said(uidl=(b"", [*listed], 0))

        probe = recipe_of(poplib.POP3).probe(Using("quit", (), {}, log, fresh, fresh))
        assert probe is not None
        return probe.settle(probe.note())

    assert settled(b"1 a", b"2 b").state == "undone"
    assert (settled(b"1 b").state, settled(b"1 b").value) == ("done", b"+OK")
    assert settled(b"1 c").state == "unknown"


def test_what_is_recent_is_known_to_one_session_of_imap() -> None:
    recipe = recipe_of(imaplib.IMAP4_SSL)
    assert recipe.may_go_on("search", (None, "UNSEEN NEW"), [])
    assert not recipe.may_go_on("search", (None, "SUBJECT", "renewal"), [])


@pytest.mark.parametrize(
    ("name", "args", "effect"),
    [
        ("fetch", ("1", "(FLAGS RFC822.SIZE BODY.PEEK[])"), "read"),
        ("fetch", ("1", "(RFC822)"), "write"),
        ("uid", ("fetch", b"1", "(BODY[TEXT])"), "write"),
        ("uid", ("search", None, "ALL"), "read"),
        ("uid", ("store", "1", "+FLAGS", "x"), "write"),
    ],
)
def test_a_fetch_that_sets_seen_is_a_write(name: str, args: tuple[Any, ...], effect: str) -> None:
    assert effect_of(imaplib.IMAP4, name, args, {})[0] == effect


def test_attributes_are_set_again() -> None:
    assert effect_of(smtplib.SMTP, "__setattr__", ("timeout", 3), {}) == ("write", True)


def test_a_talk_keeps_its_transaction_and_queries_that_are_read() -> None:
    """What has been committed is not done again; a query is, while its rows may be read."""
    talk = recipe_of(psycopg.Connection).talk
    assert talk is not None
    log: list[Done] = []

    def said(name: str, state: int, cursor: Any = None, effect: str = "write", opened: Any = None) -> None:
        done = Done(name, (), {}, effect, SITE)
        done.mark, done.proxy, done.opened = state, cursor, opened
        talk.note(log, done)

    said("execute", 2, "a")
    said("execute", 3, "a")
    assert len(log) == 2
    said("rollback", 0)
    said("execute", 2, opened="b", effect="read")
    said("fetchone", 2, "b", "read")
    said("commit", 0)
    assert [done.name for done in log] == ["execute", "fetchone"]
    said("execute", 2, "b")
    said("commit", 0)
    assert log == []
    said("close", 4)
    assert [(done.name, done.is_setup) for done in log] == [("close", True)]


def test_a_commit_in_flight_is_known_by_its_number() -> None:
    class Server(Said):
        def __enter__(self) -> Server:
            return self

        def __exit__(self, *args: object) -> None:
            pass

    def settled(status: str) -> str:
        def fresh() -> Any:
            cursor = Server(execute=Said(fetchone=(status,)))
            return Said(cursor=cursor)

        talk = recipe_of(psycopg.Connection).talk
        probe = talk.probe(Using("commit", (), {}, [], fresh, fresh)) if talk is not None else None
        assert probe is not None
        return probe.settle("77").state

    assert [settled("committed"), settled("aborted")] == ["done", "undone"]
