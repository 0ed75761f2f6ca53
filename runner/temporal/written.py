"""What a run on Temporal has written, as its worker holds it: made again by every replay."""

from __future__ import annotations

import bisect
from dataclasses import dataclass, field

_CHUNK = 1 << 16


@dataclass
class Output:
    """What a run has written, in chunks which each belong to one descriptor; where they begin among all its bytes."""

    chunks: list[tuple[int, bytearray]] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    size: int = 0
    made: dict[int, int] = field(default_factory=lambda: {1: 0, 2: 0})

    def add(self, fd: int, data: bytes) -> int:
        """Add `data`; return where it begins among all of that descriptor's bytes."""
        start = self.made[fd]
        self.made[fd] = start + len(data)
        if self.chunks and self.chunks[-1][0] == fd and len(self.chunks[-1][1]) < _CHUNK:
            self.chunks[-1][1].extend(data)
        else:
            self.chunks.append((fd, bytearray(data)))
            self.starts.append(self.size)
        self.size += len(data)
        return start

    def since(self, start: int, size: int) -> list[tuple[int, bytes]]:
        """Return what was written from byte `start` on, at most `size` bytes of it."""
        found: list[tuple[int, bytes]] = []
        index = max(0, bisect.bisect_right(self.starts, start) - 1)
        for (fd, data), begin in zip(self.chunks[index:], self.starts[index:], strict=True):
            piece = bytes(data[max(0, start - begin) : max(0, start + size - begin)])
            if not piece and begin >= start + size:
                break
            found.append((fd, piece))
        return found
