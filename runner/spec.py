"""What a run is started with, and how it ended: the parts of it that are stored."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True)
class RunSpec:
    """What a run is started with and keeps for its life; JSON-storable.

    `script` is as given on the command line, `path` absolute; `seed` is hex; `tty` says which of stdin, stdout and
    stderr were terminals; `stdin` is "pipe", "tty" or "none"; `redone` counts the times that completed steps were
    dropped to be done again.
    """

    id: str
    script: str
    path: str
    argv: tuple[str, ...]
    cwd: str
    bundle: str
    seed: str
    module_mode: bool = False
    hash_seed: str = "0"
    tty: tuple[bool, bool, bool] = (False, False, False)
    stdin: str = "none"
    encoding: str = "utf-8"
    unbuffered: bool = False
    learned: tuple[tuple[str, int, int, int], ...] = ()
    redone: int = 0

    def key_of(self, seq: int) -> str:
        """Return the idempotency key of step `seq`: one for all attempts, another for each time it is done again.

        No step of another run has it, though that be called the same.
        """
        return f"{self.id}-{seq}-{_mark(self.seed, self.redone)}"


@lru_cache
def _mark(seed: str, redone: int) -> str:
    """Return what tells a run, and each time that its steps are done again, from all others."""
    return hashlib.blake2b(f"{seed}:{redone}:keys".encode(), digest_size=8).hexdigest()


@dataclass(frozen=True)
class Outcome:
    """How a run ended: `status` is "completed", "failed" or "cancelled".

    `error` names file and line of a failure; `failed` is the sequence number of the step whose exception ended the run.
    """

    status: str
    exit_code: int
    error: str = ""
    failed: int | None = None
