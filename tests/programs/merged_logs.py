"""Analyses logs lazily: generators over files, heapq.merge, groupby, islice, tee, accumulate, early ends."""

import collections
import heapq
import itertools
import os
import re
from pathlib import Path

LINE = re.compile(r"(?P<hour>\d\d):(?P<minute>\d\d) (?P<level>[A-Z]+) (?P<text>.*)")
Path("web.log").write_text("09:00 INFO start\n09:05 WARN slow\n10:01 ERROR down\n10:30 INFO up\n")
Path("db.log").write_text("08:59 INFO boot\n09:05 ERROR full\nrubbish\n11:00 INFO end\n")


def entries(name):
    with open(name) as file:
        try:
            for line in file:
                if match := LINE.match(line):
                    yield (int(match["hour"]), int(match["minute"])), match["level"], name, match["text"]
        finally:
            with open("closed.txt", "a") as log:
                log.write(name + "\n")


def noted(things, name):
    for thing in things:
        with open(name, "a") as file:
            file.write("x")
        yield thing


merged = heapq.merge(entries("web.log"), entries("db.log"))
first, second = itertools.tee(noted(merged, "taken"), 2)
print([entry[3] for entry in itertools.islice(first, 2)], os.path.getsize("taken"))
bad = next(entry for entry in second if entry[1] == "ERROR")
print(bad, os.path.getsize("taken"))
for hour, group in itertools.groupby(second, key=lambda entry: entry[0][0]):
    print(hour, collections.Counter(level for _, level, _, _ in group))
print(len(list(first)), os.path.getsize("taken"), Path("closed.txt").read_text().split())
print(any(entry[1] == "WARN" for entry in entries("web.log")), Path("closed.txt").read_text().count("web"))
print(all(os.path.exists(name) for name in ("web.log", "none", "never looked at")))
print(list(itertools.takewhile(lambda n: n < 30, itertools.accumulate(map(len, open("web.log"))))))
print(dict(zip(("web.log", "db.log"), (sum(1 for _ in entries(n)) for n in itertools.cycle(["web.log", "db.log"])))))
print([*itertools.chain.from_iterable(map(str.split, open("db.log")))][:3], max(open("db.log"), key=len).strip())
window = collections.deque(maxlen=2)
for entry in entries("web.log"):
    window.append(entry[3])
    if entry[1] == "ERROR":
        break
print(window, min((n for n in os.listdir() if n.endswith(".log")), key=os.path.getsize))
stopped = entries("db.log")
print(next(stopped)[3], stopped.close(), next(stopped, "nothing left"))
