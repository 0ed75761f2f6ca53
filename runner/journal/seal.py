"""The keyed hash (BLAKE2b with the home's key) that every row carries over its place and content."""

from __future__ import annotations

import hashlib

_LARGE = 1 << 20


class Seal:
    """Makes the hashes of one home."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def of(self, *parts: str) -> bytes:
        """Return the hash of `parts`, of which none but the last may have a null character; of other types, none."""
        if not all(type(part) is str for part in parts):
            return b""
        if len(parts[-1]) < _LARGE:
            text = "\0".join(parts).encode("utf-8", "surrogatepass")
            return hashlib.blake2b(text, key=self._key, digest_size=16).digest()
        *head, last = parts
        digest = hashlib.blake2b("\0".join([*head, ""]).encode(), key=self._key, digest_size=16)
        for start in range(0, len(last), _LARGE):  # without a second copy of something large
            digest.update(last[start : start + _LARGE].encode("utf-8", "surrogatepass"))
        return digest.digest()

    def of_data(self, data: bytes, *place: object) -> bytes:
        """Return the hash of bytes with the place where they belong; of another type, none."""
        if type(data) is not bytes:
            return b""
        head = "\0".join(map(str, place)).encode()
        digest = hashlib.blake2b(len(head).to_bytes(8, "big") + head, key=self._key, digest_size=16)
        digest.update(data)
        return digest.digest()
