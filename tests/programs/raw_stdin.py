"""Reads its standard input at three levels that share one position."""

import sys

head = open(0, "rb", buffering=0, closefd=False)
print("magic", head.read(3))
print("rest", head.read(4), flush=True)
for line in sys.stdin:
    print("line", line.strip())
with open("seen.txt", "w") as seen:
    seen.write("done\n")
