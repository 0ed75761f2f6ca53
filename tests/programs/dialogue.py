"""Talks to a person; goes on until the input ends."""

import sys

name = input("Your name? ")
print("Hello,", name, file=sys.stderr)
total = 0
while True:
    try:
        line = input("> ")
    except EOFError:
        print("\nbye")
        break
    if not line.strip():
        continue
    total += int(line)
    with open("sums.txt", "a") as file:
        file.write(f"{total}\n")
print("total", total)
