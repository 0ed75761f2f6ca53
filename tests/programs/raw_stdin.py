"""Reads its standard input at three levels that share one position."""

import sys

head = open(0, "rb", buffering=0, closefd=False)
print("magic", head.read(3), head.read(4))
print("next", sys.stdin.buffer.readline())
print("rest", sys.stdin.read())
