"""Keeps a ledger under locks of the operating system: flock and lockf, shared and exclusive, on ranges, not waited for."""

import fcntl
import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

ASK = """
import fcntl, sys
with open(sys.argv[1], "r+") as file:
    try:
        if sys.argv[2] == "range":
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 4, int(sys.argv[3]))
        else:
            fcntl.flock(file, getattr(fcntl, sys.argv[2]) | fcntl.LOCK_NB)
    except BlockingIOError:
        print("taken")
    else:
        print("free")
"""


def ask(path, *how):
    """What another process finds."""
    return subprocess.run([sys.executable, "-c", ASK, path, *how], capture_output=True, text=True).stdout.strip()


@contextmanager
def locked(path, how=fcntl.LOCK_EX):
    with open(path, "a+") as file:
        fcntl.flock(file, how)
        try:
            yield file
        finally:
            fcntl.flock(file, fcntl.LOCK_UN)


def book(name, amount):
    with locked("ledger.lock"):
        text = Path("ledger.txt").read_text() if Path("ledger.txt").exists() else ""
        Path("ledger.txt").write_text(f"{text}{name} {amount}\n")
        print(name, "is booked; for others the ledger is", ask("ledger.lock", "LOCK_SH"))
    print("and then", ask("ledger.lock", "LOCK_EX"))


book("ann", 5)
book("bob", -2)
with locked("ledger.lock", fcntl.LOCK_SH) as file:
    print("readers:", ask("ledger.lock", "LOCK_SH"), "writers:", ask("ledger.lock", "LOCK_EX"))
    with open("ledger.lock", "r+") as second:
        try:
            fcntl.flock(second, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            print(type(error).__name__, os.strerror(error.errno))

Path("table.bin").write_bytes(b"aaaabbbbcccc")
table = os.open("table.bin", os.O_RDWR)
fcntl.lockf(table, fcntl.LOCK_EX, 4, 4)
print([ask("table.bin", "range", start) for start in ("0", "4", "8")])
os.pwrite(table, b"BBBB", 4)
fcntl.lockf(table, fcntl.LOCK_EX, 4, 0)
fcntl.lockf(table, fcntl.LOCK_UN, 4, 4)
print([ask("table.bin", "range", start) for start in ("0", "4", "8")])
os.close(table)
print(ask("table.bin", "range", "0"), Path("table.bin").read_bytes(), Path("ledger.txt").read_text().split())
