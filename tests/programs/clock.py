"""Measures and stamps: time must not run backwards, stamps must hold."""

import datetime
import time

started = time.monotonic()
stamp = datetime.datetime.now()
with open("stamp.txt", "w") as file:
    file.write(stamp.isoformat())
time.sleep(0.05)
later = datetime.datetime.now(datetime.timezone.utc)
with open("stamp.txt") as file:
    assert datetime.datetime.fromisoformat(file.read()) == stamp
elapsed = time.monotonic() - started
assert elapsed >= 0.05, elapsed
assert time.time() >= stamp.timestamp()
assert later.timestamp() >= stamp.timestamp()
print(type(stamp).__name__, time.strftime("%Y") == str(stamp.year), isinstance(later, datetime.date))
import os

os.remove("stamp.txt")
