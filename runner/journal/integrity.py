"""What SQLite does not tell about a journal's WAL: it silently drops everything behind a damaged frame.

Before the journal is opened, the WAL is read as SQLite would recover it (file format: https://sqlite.org/walformat.html).
As long as the machine has not been started anew since the last commit, nothing that was written can be missing, so a
WAL that ends before the commits counted in the shared-memory index, or that goes on behind a damaged frame, is damage
and not the trace of a crash.
"""

from __future__ import annotations

import functools
import struct
import sys
from collections.abc import Iterator
from pathlib import Path

from durable.runner.errors import JournalError

_HEADER = 32
_FRAME = 24


@functools.cache
def boot_id() -> str:
    """Return a name for the time since the machine was started; "" where the system does not tell."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


def check_wal(journal: Path) -> None:
    """Raise JournalError if the WAL beside `journal` lost commits other than by a power failure.

    Call it before the journal is opened, also for one that does not exist yet.
    """
    wal, shm = Path(f"{journal}-wal"), Path(f"{journal}-shm")
    marker = journal.with_name("boot")
    same_boot = _last_boot(marker) == boot_id() != ""
    if same_boot and wal.exists() and wal.stat().st_size >= _HEADER and shm.exists():
        index = shm.read_bytes()  # before the WAL, which another process may be writing
        _compare(wal.read_bytes(), index, wal)
    if not same_boot and boot_id():
        marker.write_text(boot_id())


def _last_boot(marker: Path) -> str:
    try:
        return marker.read_text()
    except (OSError, UnicodeDecodeError):
        return ""


def _compare(wal: bytes, index: bytes, path: Path) -> None:
    """Compare the valid frames of the WAL with the number that the index (shm) says were committed."""
    if len(index) < 136 or index[:48] != index[48:96] or not index[12]:
        return
    expected = int.from_bytes(index[16:20], sys.byteorder)
    salts = index[32:40]
    if expected == 0 or salts != wal[16:24]:
        return
    found = _committed_frames(wal)
    if found < expected:
        raise JournalError(
            f"{path} is damaged: {expected} frames were committed, {found} can be read. Nothing was run. Put back "
            f"a copy of the journal, or move it away to begin anew (its runs are then lost)."
        )


def _committed_frames(wal: bytes) -> int:
    """Return the number of the last frame that belongs to a whole transaction, as SQLite's recovery finds it."""
    magic, _, page, _, _, _, sum1, sum2 = struct.unpack(">8I", wal[:_HEADER])
    if magic & ~1 != 0x377F0682:
        return 0
    order = ">" if magic & 1 else "<"
    sums = _checksum(wal[:24], order, (0, 0))
    if sums != (sum1, sum2):
        return 0
    last = 0
    for number, frame in enumerate(_frames(wal, page), 1):
        _, size, salt1, salt2, check1, check2 = struct.unpack(">6I", frame[:_FRAME])
        sums = _checksum(frame[:8] + frame[_FRAME:], order, sums)
        if wal[16:24] != struct.pack(">2I", salt1, salt2) or sums != (check1, check2):
            break
        if size:
            last = number
    return last


def _frames(wal: bytes, page: int) -> Iterator[bytes]:
    step = _FRAME + page
    for start in range(_HEADER, len(wal) - step + 1, step):
        yield wal[start : start + step]


def _checksum(data: bytes, order: str, seed: tuple[int, int]) -> tuple[int, int]:
    """Return SQLite's WAL checksum of `data`, going on from `seed`."""
    s0, s1 = seed
    words = struct.unpack(f"{order}{len(data) // 4}I", data)
    for i in range(0, len(words), 2):
        s0 = (s0 + words[i] + s1) & 0xFFFFFFFF
        s1 = (s1 + words[i + 1] + s0) & 0xFFFFFFFF
    return s0, s1
