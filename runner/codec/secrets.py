"""Secrets of the environment stay out of records (promise 12): a record mentions the variable instead of its value.

What counts as a secret is a variable with a telling name and a value of some length. On loading, the value is taken
from the environment of the process that loads.
"""

from __future__ import annotations

import json
import os
import re
from typing import Any

SECRET_NAME = re.compile("KEY|TOKEN|SECRET|PASS|CREDENTIAL|AUTH|COOKIE|DSN|DATABASE_URL", re.IGNORECASE)
_SHORTEST = 8


class Secrets:
    """The secrets that the environment held when this was made: value → name."""

    def __init__(self) -> None:
        found = {value: name for name, value in os.environ.items() if SECRET_NAME.search(name)}
        self._names = {value: found[value] for value in sorted(found, key=len, reverse=True) if len(value) >= _SHORTEST}
        self._texts = [json.dumps(value, ensure_ascii=False)[1:-1] for value in self._names]

    def are_in(self, record: str) -> bool:
        """Say whether a record holds one of the secrets."""
        return any(text in record for text in self._texts)

    def are_within(self, value: str) -> bool:
        """Say whether a string of the program holds one of the secrets."""
        return any(secret in value for secret in self._names)

    def tagged(self, value: str) -> dict[str, Any] | None:
        """Return `value` as text and names of variables in turns, None if it holds no secret."""
        parts: list[Any] = [value]
        for secret, name in self._names.items():
            parts = [piece for part in parts for piece in _split(part, secret, name)]
        return {"$": "secret", "v": parts} if len(parts) > 1 else None


def _split(part: Any, secret: str, name: str) -> list[Any]:
    """Return `part` cut at each mention of `secret`, the mentions replaced by [name]."""
    if not isinstance(part, str):
        return [part]
    pieces: list[Any] = []
    for piece in part.split(secret):
        pieces += [piece, [name]]
    return pieces[:-1]


def revealed(parts: list[Any]) -> str:
    """Return the text that `tagged` took apart, with the values of this process's environment."""
    return "".join(
        part if isinstance(part, str) else os.environ.get(part[0], f"<{part[0]} is not set>") for part in parts
    )
