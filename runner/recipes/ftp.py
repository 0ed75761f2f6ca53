"""Connections of ftplib: the current folder, the kind of transfer, and whether a change of the tree has happened."""

from __future__ import annotations

import contextlib
import ftplib
import io
import posixpath
from collections.abc import Mapping, Sequence
from typing import Any

from durable.runner.core.call import UNDONE, UNKNOWN, Call, Settled
from durable.runner.recipes.recipe import Done, Doubt, Recipe, Using, happened, lost

_RAW = frozenset({"sendcmd", "voidcmd"})
_MOVES = frozenset({"CWD", "XCWD", "CDUP", "XCUP"})
_KEPT = frozenset({"TYPE", "MODE", "STRU", "OPTS", "PROT", "PBSZ", "USER", "PASS", "ACCT", "CLNT"})
_FOR_THE_NEXT = frozenset({"RNFR", "REST"})
_TYPES = {
    **dict.fromkeys(("retrbinary", "storbinary"), "I"),
    **dict.fromkeys(("retrlines", "storlines", "nlst", "dir", "mlsd"), "A"),
}
_OF_OBJECT = frozenset({"set_pasv", "set_debuglevel", "debug", "__setattr__", "__delattr__"})
_ANSWERS = frozenset({"getresp", "voidresp", "getline", "getmultiline", "abort"})


class Ftp(Recipe):
    """A new connection logs in again, goes to the folder by its full path, and has the kind of transfer set."""

    lazy = frozenset({"mlsd"})

    def marks(self, name: str, args: tuple[Any, ...]) -> bool:
        return name == "cwd" or _verb(name, args) in _MOVES

    def mark(self, live: Any, name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        return live.pwd()

    def note(self, log: list[Done], done: Done, result: Any) -> None:
        verb = _verb(done.name, done.args)
        log[:] = [item for item in log if _verb(item.name, item.args) not in _FOR_THE_NEXT]
        if done.name == "connect":
            log[:] = [*(item for item in log if item.name in _OF_OBJECT), done]
        elif done.name == "login":
            log[:] = [item for item in log if not self._is_place(item)]
        elif done.mark is not None:
            log[:] = [item for item in log if not self.marks(item.name, item.args)]
        elif done.name in _TYPES or verb == "TYPE":
            log[:] = [item for item in log if item.name not in _TYPES and _verb(item.name, item.args) != "TYPE"]
        if done not in log and (self._is_place(done) or verb in _KEPT or verb in _FOR_THE_NEXT):
            log.append(done)

    def _is_place(self, done: Done) -> bool:
        return self.marks(done.name, done.args) or done.name in _TYPES

    def restore(self, live: Any, log: Sequence[Done], opened: Call) -> None:
        for done in log:
            try:
                if done.mark is not None:
                    live.cwd(done.mark)
                elif done.name in _TYPES:
                    live.voidcmd(f"TYPE {_TYPES[done.name]}")
                elif not done.is_setup and (
                    self._is_place(done) or _verb(done.name, done.args) in _KEPT | _FOR_THE_NEXT
                ):
                    done.again(live)
            except ftplib.Error as error:
                where = done.mark if done.mark is not None else done.name
                raise lost(live, opened.site, f"opened again it cannot go back to {where!r}: {error}") from error

    def may_go_on(self, name: str, args: tuple[Any, ...], log: Sequence[Done]) -> str:
        return "its answer was awaited" if name in _ANSWERS else ""

    def probe(self, using: Using) -> Doubt | None:
        names = [name for name in using.args if isinstance(name, str)]
        if using.name in ("mkd", "rmd", "delete") and len(names) == 1:
            return _change(using, {names[0]: using.name == "mkd"})
        if using.name == "rename" and len(names) == 2:
            return _change(using, {names[0]: False, names[1]: True})
        if using.name == "storbinary" and len(using.args) > 1 and names[0].upper().startswith("APPE "):
            return _appended(using, names[0][5:])
        return None


def _verb(name: str, args: tuple[Any, ...]) -> str:
    """Return the command that an operation sends as it is, "" for the others."""
    is_raw = name in _RAW and args and isinstance(args[0], str)
    return args[0].partition(" ")[0].upper() if is_raw else ""


def _change(using: Using, expected: Mapping[str, bool]) -> Doubt:
    """Return a probe of a change after which the paths in `expected` are there (True) or are not."""

    def look() -> Any:
        live = using.revive()
        return {path: _is_there(live, path, using.log) for path in expected}

    def compare(before: Any) -> Settled:
        live = using.revive()
        now = {path: _is_there(live, path, using.log) for path in expected}
        if now == before:
            return UNDONE
        is_done = now == expected and any(before[path] != there for path, there in expected.items())
        return happened(_answer(using, live)) if is_done else UNKNOWN

    return Doubt(look, compare)


def _appended(using: Using, path: str) -> Doubt:
    """Return a probe of an appending: what has come there of it before the crash is left out when it is done again."""

    def size() -> int:
        live = using.revive()
        live.voidcmd("TYPE I")
        return (live.size(path) or 0) if _is_there(live, path, using.log) else 0

    def compare(before: int) -> Settled:
        grown = size() - before
        if grown:
            file, found = using.args[1], io.BytesIO()
            at = file.tell()
            sent = file.read(grown)
            file.seek(at)
            using.revive().retrbinary(f"RETR {path}", found.write, rest=before)
            if grown < 0 or found.getvalue() != sent:
                return UNKNOWN
            using.prepared.append(lambda: file.read(grown))
        return UNDONE

    return Doubt(size, compare)


def _answer(using: Using, live: Any) -> str:
    """Return what a server says of such a change, in the words of RFC 959."""
    if using.name == "mkd":
        path: str = using.args[0]
        return path if path.startswith("/") else posixpath.join(live.pwd(), path)
    return "250 Requested file action okay, completed."


def _is_there(live: Any, path: str, log: Sequence[Done]) -> bool:
    """Say whether a file or folder is on the server. The connection is afterwards as it was."""
    try:
        return bool(live.sendcmd(f"MLST {path}"))
    except ftplib.error_perm as error:
        if str(error)[:3] == "550":
            return False
    folder, name = posixpath.split(path.rstrip("/"))
    try:
        listed = live.nlst(*([folder] if folder else []))
    finally:
        kind = next((_TYPES[done.name] for done in reversed(log) if done.name in _TYPES), None)
        with contextlib.suppress(ftplib.Error):
            live.voidcmd(f"TYPE {kind or 'A'}")
    return name in map(posixpath.basename, listed)
