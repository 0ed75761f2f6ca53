"""Encryption of what a journal holds, where `DURABLE_ENCRYPTION_KEY` is set: AES-256-GCM, bound to their places.

The key is never stored. Encrypted are the records of steps and answers, what is noted of steps in flight, output,
messages and large values; not the script and its arguments, names and places of steps, times, the texts of prompts.
"""

from __future__ import annotations

import base64
import functools
import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from durable.runner import context
from durable.runner.errors import JournalError, UsageError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

VARIABLE = "DURABLE_ENCRYPTION_KEY"
_HEAD = "aesgcm:"
"""What an encrypted text begins with; no JSON does."""
_NONCE = 12
_FRAME = 1 << 18
_LENGTH = 4


class Cipher:
    """Hides what is stored, if this process has a key, and shows it again. Raises UsageError for a key that is none.

    `shown` and its like raise JournalError for what cannot be read with this key.
    """

    def __init__(self) -> None:
        key = os.environ.get(VARIABLE, "")
        self._aead = _aead(key) if key else None

    @property
    def is_on(self) -> bool:
        """Say whether what is written is encrypted."""
        return self._aead is not None

    def hidden(self, text: str, *place: object) -> str:
        """Return `text` as it is stored in `place`."""
        return _HEAD + self._coded(text.encode("utf-8", "surrogatepass"), place) if self.is_on else text

    def shown(self, stored: str, *place: object) -> str:
        """Return the text that was stored in `place`."""
        if type(stored) is not str or not stored.startswith(_HEAD):
            return stored
        return self._decoded(stored[len(_HEAD) :], place).decode("utf-8", "surrogatepass")

    def hidden_bytes(self, data: bytes, *place: object) -> bytes | str:
        """Return bytes as they are stored: encrypted ones as text, so that no bytes can be taken for them."""
        return self._coded(data, place) if self.is_on else data

    def shown_bytes(self, stored: bytes | str, *place: object) -> bytes:
        """Return the bytes that were stored in `place`."""
        return self._decoded(stored, place) if isinstance(stored, str) else stored

    def hidden_frames(self, pieces: Iterator[bytes | memoryview]) -> Iterator[bytes]:
        """Yield a file's pieces as they are stored, each with its length and bound to its number."""
        number = 0
        for piece in pieces:
            for start in range(0, len(piece), _FRAME):
                frame = self._encrypted(bytes(piece[start : start + _FRAME]), ("piece", number))
                yield len(frame).to_bytes(_LENGTH, "big") + frame
                number += 1

    def shown_frames(self, read: Callable[[int], bytes]) -> Iterator[bytes]:
        """Yield the pieces of a file; `read(size)` returns its next bytes."""
        number = 0
        while head := read(_LENGTH):
            yield self._decrypted(read(int.from_bytes(head, "big")), ("piece", number))
            number += 1

    def _coded(self, data: bytes, place: tuple[object, ...]) -> str:
        return base64.b64encode(self._encrypted(data, place)).decode()

    def _decoded(self, text: str, place: tuple[object, ...]) -> bytes:
        try:
            data = base64.b64decode(text, validate=True)
        except ValueError:
            data = b""
        return self._decrypted(data, place)

    def _encrypted(self, data: bytes, place: tuple[object, ...]) -> bytes:
        assert self._aead is not None
        with context.outside():  # a run's own random bytes come again on a replay
            nonce = os.urandom(_NONCE)
        return nonce + self._aead.encrypt(nonce, data, _bound(place))

    def _decrypted(self, data: bytes, place: tuple[object, ...]) -> bytes:
        if self._aead is None:
            raise JournalError(f"the run is encrypted: set {VARIABLE} to the key that it began with")
        from cryptography.exceptions import InvalidTag

        try:
            return self._aead.decrypt(data[:_NONCE], data[_NONCE:], _bound(place))
        except (InvalidTag, ValueError) as error:
            raise JournalError(
                f"an encrypted record cannot be read: it is damaged, or {VARIABLE} is not the key of this run"
            ) from error


def _bound(place: tuple[object, ...]) -> bytes:
    return "\0".join(map(str, place)).encode()


@functools.lru_cache(maxsize=4)
def _aead(key: str) -> AESGCM:
    try:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    except ImportError as error:
        raise UsageError(f"{VARIABLE} needs `cryptography`: pip install 'durable[encryption]'") from error
    try:
        data = base64.b64decode(key, validate=True)
    except ValueError:
        data = b""
    if len(data) != 32:
        raise UsageError(f"{VARIABLE} is 32 random bytes in base64: `openssl rand -base64 32` makes some")
    return AESGCM(data)
