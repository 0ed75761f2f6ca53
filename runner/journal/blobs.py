"""The files of a run's large values, in the home: one for each content, named by its hash, packed where that helps."""

from __future__ import annotations

import hashlib
import itertools
import os
import re
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from durable.runner import context
from durable.runner.codec.blobs import Pieces
from durable.runner.errors import JournalError, UnsafeRecord
from durable.runner.journal.cipher import Cipher
from durable.runner.journal.home import sync

_PIECE = 1 << 18
_RAW, _PACKED, _HIDDEN = b"r", b"z", b"e"
"""The first byte of a file: the rest is the content, its compressed form (zlib), or one of these two encrypted."""
_NAME = re.compile("[0-9a-f]{64}")


class FileBlobs:
    """Keeps large values as files in one directory, which is made when the first comes (see `codec.blobs.Blobs`)."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._cipher = Cipher()

    def put(self, pieces: Pieces) -> str:
        digest = _hash()
        for piece in pieces():
            digest.update(piece)
        name = digest.hexdigest()
        with context.outside(), context.mending():  # no doing of the program's
            try:
                _write(self._folder / name, pieces(), self._cipher)
            except OSError as error:
                raise JournalError(
                    f"a large value cannot be written to {self._folder} ({error.strerror}). What is recorded is kept: "
                    f"free some room and give `durable resume`."
                ) from error
        return name

    def all(self) -> Iterator[tuple[str, bytes]]:
        """Yield the name and the content of each value."""
        for path in sorted(self._folder.iterdir()) if self._folder.is_dir() else ():
            if _NAME.fullmatch(path.name):
                yield path.name, b"".join(_read(path, self._cipher))

    def get(self, name: str, size: int) -> Iterator[bytes]:
        count, digest = 0, _hash()
        try:
            with context.outside():
                for piece in _read(self._folder / name, self._cipher) if _NAME.fullmatch(name) else ():
                    count += len(piece)
                    if count > size:
                        break
                    digest.update(piece)
                    yield piece
        except (OSError, zlib.error) as error:
            raise UnsafeRecord(f"the large value {self._folder / name} cannot be read: {error}") from error
        if count != size or digest.hexdigest() != name:
            raise UnsafeRecord(f"the large value {self._folder / name} is damaged")


def _hash() -> hashlib.blake2b:
    return hashlib.blake2b(digest_size=32)


def _write(path: Path, pieces: Iterator[bytes | memoryview], cipher: Cipher) -> None:
    """Write a file in one step: it has all its content, on disk, or is not there."""
    if path.exists():
        return
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.{os.getpid()}.{threading.get_ident()}.new")
    try:
        fd = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(fd, "wb") as file:
            if cipher.is_on:
                file.write(_HIDDEN)
            for piece in cipher.hidden_frames(_stored(pieces)) if cipher.is_on else _stored(pieces):
                file.write(piece)
            file.flush()
            os.fsync(fd)
        fresh.replace(path)
    except BaseException:
        with suppress(OSError):
            fresh.unlink()
        raise
    for folder in (path.parent, path.parent.parent):
        sync(folder)


def _stored(pieces: Iterator[bytes | memoryview]) -> Iterator[bytes | memoryview]:
    """Yield what a file has, in pieces; whether packing helps is told by the first piece."""
    first = next(pieces, b"")
    if len(zlib.compress(first, 1)) > 0.9 * len(first):
        yield from (_RAW, first)
        yield from pieces
        return
    yield _PACKED
    packer = zlib.compressobj(1)
    for piece in itertools.chain((first,), pieces):
        yield packer.compress(piece)
    yield packer.flush()


def _read(path: Path, cipher: Cipher) -> Iterator[bytes]:
    with path.open("rb", buffering=0) as file:
        kind = file.read(1)
        if kind != _HIDDEN:
            yield from _content(kind, file.read)
            return
        frames = cipher.shown_frames(file.read)
        kind = next(frames, b"")
        yield from _content(kind, lambda size: next(frames, b""))


def _content(kind: bytes, read: Callable[[int], bytes]) -> Iterator[bytes]:
    """Yield the content of a file; `read` returns what comes next, about so many bytes."""
    if kind == _RAW:
        while piece := read(_PIECE):
            yield piece
        return
    unpacker = zlib.decompressobj()
    while packed := read(_PIECE):
        while packed:
            yield unpacker.decompress(packed, _PIECE)
            packed = unpacker.unconsumed_tail
    yield unpacker.flush()
