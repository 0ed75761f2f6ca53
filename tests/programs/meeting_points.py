"""Threads that meet: conditions, barriers, semaphores, timers, thread locals, a queue with a poison pill."""

import queue
import threading
import time
from pathlib import Path

local = threading.local()
lines = []
lock = threading.RLock()


def say(*words):
    with lock:
        lines.append(" ".join(map(str, words)))


barrier = threading.Barrier(3)
slots = threading.BoundedSemaphore(2)


def runner(number):
    local.number = number
    with slots:
        Path(f"lane{number}").mkdir()
    place = barrier.wait()
    assert local.number == number
    say("at the start", number, 0 <= place < 3)


runners = [threading.Thread(target=runner, args=(n,), name=f"runner-{n}") for n in range(3)]
for thread in runners:
    thread.start()
for thread in runners:
    thread.join()
print(sorted(lines), sorted(path.name for path in Path(".").glob("lane*")))

tasks = queue.Queue(maxsize=2)
results = queue.PriorityQueue()
ready = threading.Condition()
stock = []


def worker():
    while (name := tasks.get()) is not None:
        results.put((len(name), name, Path(name).exists()))
        tasks.task_done()
    tasks.task_done()
    with ready:
        stock.append("done")
        ready.notify_all()


thread = threading.Thread(target=worker, daemon=True)
thread.start()
for name in ("lane1", "nowhere", "lane22"):
    tasks.put(name)
tasks.put(None)
tasks.join()
with ready:
    print(ready.wait_for(lambda: stock == ["done"], timeout=30))
print([results.get() for _ in range(3)])
try:
    results.get(timeout=0.01)
except queue.Empty:
    print("empty")

rung = threading.Event()
timer = threading.Timer(0.02, rung.set)
stopped = threading.Timer(60, lambda: print("never"))
timer.start()
stopped.start()
stopped.cancel()
print(rung.wait(30), rung.is_set(), lock.acquire(timeout=1), lock.release())
before = time.monotonic()
print(threading.Event().wait(0.02), 0.01 < time.monotonic() - before < 30)
print(threading.current_thread().name, threading.active_count() >= 1)
