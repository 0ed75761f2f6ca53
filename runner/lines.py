"""Standard input line by line, with nothing read ahead."""

from __future__ import annotations

import os


def next_line() -> bytes:
    """Return the next line of standard input with its end, without one at the end of the input, b"" behind that."""
    line = b""
    while not line.endswith(b"\n"):
        byte = os.read(0, 1)
        if not byte:
            break
        line += byte
    return line
