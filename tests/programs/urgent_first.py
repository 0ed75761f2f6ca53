"""Workers on a priority queue, with task_done and join, a LIFO desk, time-outs, a queue that is full."""

import queue
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(order=True)
class Job:
    urgency: int
    name: str = field(compare=False)

    def do(self):
        Path("done.txt").open("a").write(f"{self.name}\n")


jobs: queue.PriorityQueue = queue.PriorityQueue()
for urgency, name in ((3, "sweep"), (1, "fire"), (2, "mail"), (9, "holiday")):
    jobs.put(Job(urgency, name))


def worker():
    while True:
        job = jobs.get()
        try:
            job.do()
            if job.name == "fire":
                jobs.put(Job(2, "report"))
        finally:
            jobs.task_done()


thread = threading.Thread(target=worker, daemon=True)
thread.start()
jobs.join()
print(Path("done.txt").read_text().split(), jobs.empty(), thread.is_alive())

desk: queue.LifoQueue = queue.LifoQueue(maxsize=2)
desk.put("bottom")
desk.put("top", block=False)
for attempt in (lambda: desk.put("more", timeout=0.02), lambda: desk.put_nowait("more")):
    try:
        attempt()
    except queue.Full:
        Path("full.txt").open("a").write("full ")
print(desk.full(), desk.qsize(), desk.get(), desk.get(timeout=1), Path("full.txt").read_text())
began = time.monotonic()
try:
    desk.get(timeout=0.03)
except queue.Empty:
    print("empty after a while", time.monotonic() - began >= 0.03)

simple = queue.SimpleQueue()
results = []


def answer():
    for question in iter(simple.get, None):
        results.append((question, Path(f"{question}.txt").exists()))


responder = threading.Thread(target=answer)
responder.start()
for question in ("done", "full", "other"):
    simple.put(question)
simple.put(None)
responder.join()
print(results)
try:
    jobs.task_done()
except ValueError as error:
    print(error)
