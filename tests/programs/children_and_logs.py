"""Children write to files that the program gives them: alone, in turn, after what it wrote itself."""

import subprocess
import sys
from pathlib import Path

TALK = (
    "import sys; [print(sys.argv[1], n, flush=True) for n in range(3)]; sys.exit(int(sys.argv[2]))"
)


def talker(name, code, **streams):
    return subprocess.Popen([sys.executable, "-c", TALK, name, str(code)], **streams)


with open("one.log", "w") as log:
    log.write("begun\n")
    log.flush()
    child = talker("one", 0, stdout=log)
print("one", child.wait())
with open("both.log", "wb") as log:
    first = talker("first", 3, stdout=log, stderr=subprocess.STDOUT)
    print("first", first.wait())
    second = talker("second", 4, stdout=log, stderr=subprocess.STDOUT)
    print("second", second.wait())
with open("numbers.txt", "w") as out:
    out.writelines(f"{n}\n" for n in range(5))
with open("numbers.txt") as numbers:
    adder = "import sys; print(sum(map(int, sys.stdin)))"
    total = subprocess.run(
        [sys.executable, "-c", adder], stdin=numbers, capture_output=True, text=True, check=True
    )
print("total", total.stdout.strip())
with open("numbers.txt", "rb") as numbers, open("sorted.txt", "wb") as out:
    order = subprocess.Popen(["sort", "-r"], stdin=numbers, stdout=out)
print("sorted", order.wait(), Path("sorted.txt").read_text().split())
for name in ("one.log", "both.log"):
    print(name, Path(name).read_text().splitlines())
