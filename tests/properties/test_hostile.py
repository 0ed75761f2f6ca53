"""Damaged and forged records: loading one gives a value or the one clear error, and touches nothing of the world.

The environment variable PROPERTY_VALUES is the number of records (CONTRIBUTING.md has the long run).
"""

from __future__ import annotations

import os
import random
import sys
import warnings
import zoneinfo
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from sampling import sampled
from values import program
from values.changing import change
from values.hostile import forged
from values.making import Maker
from values.tables import TABLES

from durable.runner.codec import Decoder, Encoder, Namespace, Snapshot, UnsafeRecord

EXAMPLES = int(os.environ.get("PROPERTY_VALUES", "2000"))
NAMESPACE = Namespace({program.__name__: program})
ENCODER = Encoder(NAMESPACE, lambda value, where: None)
DECODER = Decoder(NAMESPACE, lambda node: None)
WORLD = """
    open os. subprocess. socket. ctypes. shutil. tempfile. sqlite3. ftplib. http. urllib. smtplib. fcntl. mmap. signal.
    pty. webbrowser. marshal. pickle. syslog. code.__new__ sys.addaudithook glob. pathlib.""".split()


class Watch:
    """Notes what touches the world, by Python's own audit events (a hook cannot be removed: it is silenced)."""

    def __init__(self) -> None:
        self.seen: list[str] | None = None
        zoneinfo.available_timezones()  # imports what there is of them
        sys.addaudithook(self._note)

    def _note(self, event: str, args: Any) -> None:
        if self.seen is None:
            return
        if event.startswith(tuple(WORLD)) and not _is_ours(args):
            self.seen.append(f"{event} {args!r:.80}")


def _is_ours(args: Any) -> bool:
    """Say whether the catalogue or a time zone is read, which happens when it is first needed."""
    return bool(args) and any(part in str(args[0]) for part in (".toml", "tzdata", "zoneinfo"))


WATCH: list[Watch] = []


def loaded(record: str, roots: tuple[Any, ...]) -> list[str]:
    """Load a record; return the audit events of what it did to the world. An exception but the clear one is raised."""
    watch = WATCH[0] if WATCH else Watch()
    WATCH[:] = [watch]
    watch.seen = []
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            DECODER.value(record, roots)
    except UnsafeRecord:
        pass
    finally:
        seen, watch.seen = watch.seen, None
    return seen


@sampled(EXAMPLES)
@given(seed=st.integers(0, 2**64))
def test_a_hostile_record_does_nothing(seed: int) -> None:
    rng = random.Random(seed)
    maker = Maker(rng, TABLES)
    root = maker.value()
    before = Snapshot((root,))
    record = ENCODER.record(change(maker, rng), before) if rng.random() < 0.5 else ENCODER.text(root)
    assert not loaded(forged(rng, record), (root,))
