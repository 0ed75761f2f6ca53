"""The messages that other processes leave for a run: answers, signals, a cancellation."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import NamedTuple

from durable.runner.core.messages import AskPrompt, Request
from durable.runner.journal.store import Journal

POLL = 0.1
"""Seconds between looks into the inbox."""


class Message(NamedTuple):
    """A message: its number in the inbox, and the prompt that it answers if it is an answer (else -1)."""

    n: int
    kind: str
    seq: int
    name: str
    payload: str


class Inbox:
    """Looks into the inbox of run `n`, now and then."""

    def __init__(self, journal: Journal, n: int) -> None:
        self._journal = journal
        self._n = n
        self._looked = 0.0

    def next(self, requests: Mapping[int, Request]) -> Message | None:
        """Return the oldest message that can be taken while `requests` are open; None also if it is too early."""
        now = time.monotonic()
        if now - self._looked < POLL:
            return None
        self._looked = now
        for n, kind, name, payload in self._journal.inbox(self._n):
            seq = _prompt_named(name, requests) if kind == "answer" else -1
            if seq is not None:
                return Message(n, kind, seq, name, payload)
        return None


def _prompt_named(name: str, requests: Mapping[int, Request]) -> int | None:
    """Return the seq of the open prompt called `name` ("": the oldest one)."""
    for seq, request in requests.items():
        if isinstance(request, AskPrompt) and (not name or name in (str(seq), request.text, request.text.strip())):
            return seq
    return None
