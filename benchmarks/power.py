"""Power failures of a recorded run: what was committed and what was flushed, and what may be left of it.

Of each commit of the journal the files are kept as they were then, and whether they had been flushed. When the power
goes, a file has what it had at the last flush, and of each block that was written since then either the old or the new
content; its length may be either one too. What is not covered: a failure in the middle of SQLite's own checkpoint,
which flushes by itself, and what files of the program lose that it did not flush (they are as they were then).
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_BLOCK = 512
_TRACED = Path(__file__).resolve().parent / "faults" / "traced.py"


@dataclass(frozen=True)
class Event:
    """One commit: its folder, whether it was flushed, the number of entries that a reader found after it."""

    folder: Path
    is_flush: bool
    entries: int


@dataclass(frozen=True)
class Recorded:
    """The commits of one run of the program in `folder`, in order."""

    folder: Path
    events: list[Event]

    def moved(self, folder: Path) -> Recorded:
        """Move the run's own folder away, so that others can have its place."""
        shutil.move(self.folder, folder)
        return Recorded(folder, self.events)

    def replay(self, folder: Path, moment: int, rng: random.Random) -> int:
        """Give `folder` what is left when the power goes after commit number `moment`, perhaps before its flush.

        The effect after that commit may have happened, but not before the flush that it waits for. Return the number of
        entries that had been flushed by then.
        """
        reached = moment + rng.randrange(2)
        flushed = [event for event in self.events[:reached] if event.is_flush]
        base = flushed[-1] if flushed else None
        latest = self.events[moment]
        home = folder / ".durable"
        left_out = shutil.ignore_patterns("journal.db*", "*.lock", "cache")
        shutil.copytree(self.folder / ".durable", home, ignore=left_out, dirs_exist_ok=True)
        (home / "locks").mkdir(exist_ok=True)
        for name in ("journal.db", "journal.db-wal"):
            before = (base.folder / name).read_bytes() if base else self._made(name)
            (home / name).write_bytes(_torn(before, (latest.folder / name).read_bytes(), rng))
        may_go_on = reached > moment or not latest.is_flush
        world = self.events[min(moment + rng.randrange(2) * may_go_on, len(self.events) - 1)]
        shutil.copytree(world.folder / "world", folder, dirs_exist_ok=True)
        return base.entries if base else 0

    def _made(self, name: str) -> bytes:
        """Return what is on disk before the first flush: of the journal's file what SQLite has flushed itself."""
        return (self.events[0].folder / name).read_bytes() if name == "journal.db" else b""


def _torn(before: bytes, after: bytes, rng: random.Random) -> bytes:
    """Return what a file may hold when not all that was written since `before` has reached the disk."""
    chance = rng.choice((0.0, 0.5, 0.9, 1.0))
    size = rng.choice((len(before), len(after), rng.randint(*sorted((len(before), len(after))))))
    out = bytearray(size)
    for start in range(0, size, _BLOCK):
        newer = rng.random() < chance
        block = (after if newer and start < len(after) else before)[start : start + _BLOCK]
        out[start : start + len(block)] = block
    return bytes(out[:size])


def record(place: Any) -> Recorded:
    """Run the program in `place` to its end, tracing its journal."""
    trace = place.folder.parent / "trace"
    kept = {key: value for key, value in os.environ.items() if not key.startswith("DURABLE_")}
    paths = {"PYTHONPATH": str(place.folder / "library"), "XDG_STATE_HOME": str(place.folder / "state")}
    subprocess.run(
        [sys.executable, str(_TRACED), "run", "--id", "r", "program/main.py"],
        cwd=place.folder,
        env={**kept, **paths, "TRACE": str(trace), "DURABLE_HOME": str(place.folder / ".durable")},
        stdin=subprocess.DEVNULL,
        check=True,
        capture_output=True,
    )
    events = []
    for folder in sorted(trace.iterdir()):
        fields = json.loads((folder / "event.json").read_text())
        events.append(Event(folder, fields["is_flush"], fields["entries"]))
    return Recorded(place.folder, events)
