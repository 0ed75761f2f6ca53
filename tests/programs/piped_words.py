"""Counts what is piped in: lines, single characters, the rest at once; `input` at the end of the file."""

import collections
import sys
from pathlib import Path

title = input("Title? ")
print(f"[{title}]", sys.stdin.isatty())
head = sys.stdin.readline()
print(repr(head), repr(sys.stdin.read(3)))
words = collections.Counter()
for number, line in enumerate(sys.stdin, 1):
    if line.strip() == "--":
        break
    words.update(line.split())
    Path(f"line{number}.txt").write_text(line)
print(words.most_common(2), sorted(p.name for p in Path(".").glob("line*.txt")))
print([line.rstrip() for line in sys.stdin.readlines(1)], sys.stdin.buffer.read(4))
print(repr(sys.stdin.read()), repr(sys.stdin.read()), repr(sys.stdin.readline()))
try:
    input("More? ")
except EOFError as error:
    print(error)
sys.exit("too few words" if len(words) < 9 else 0)
