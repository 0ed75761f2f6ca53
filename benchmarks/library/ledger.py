"""The library whose one effect every contestant performs: a line at the end of a file, seen by all at once."""

import os


def append(path: str, text: str) -> None:
    """Write one line with one system call, so that lines of concurrent writers never mix."""
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        os.write(file, f"{text}\n".encode())
    finally:
        os.close(file)
