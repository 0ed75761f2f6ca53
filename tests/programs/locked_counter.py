"""Threads that add up file sizes under a lock; the order of the lines is that of the threads' starts."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

lock = threading.Lock()
total = 0
seen = []


def measure(name):
    global total
    size = len(Path(name).read_text())
    with lock:
        before = total
        Path("total.txt").write_text(str(before + size))
        total = before + size
        seen.append(name)
    return size


for number in range(4):
    Path(f"part{number}.txt").write_text("x" * (number + 1))
threads = [threading.Thread(target=measure, args=(f"part{number}.txt",)) for number in range(2)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
with ThreadPoolExecutor(max_workers=2) as pool:
    sizes = list(pool.map(measure, ["part2.txt", "part3.txt"]))
print("sizes", sizes, "total", total, "seen", sorted(seen))
print(Path("total.txt").read_text())
