"""A bounded buffer by hand: producers and consumers with a Condition, semaphores and a timer that ends the shift."""

import threading
from collections import deque
from pathlib import Path


class Buffer:
    def __init__(self, size):
        self.items = deque()
        self.size = size
        self.changed = threading.Condition()
        self.closed = False

    def put(self, item):
        with self.changed:
            self.changed.wait_for(lambda: len(self.items) < self.size)
            self.items.append(item)
            self.changed.notify_all()

    def get(self):
        with self.changed:
            while not self.items:
                if self.closed:
                    return None
                self.changed.wait()
            item = self.items.popleft()
            self.changed.notify()
            return item

    def close(self):
        with self.changed:
            self.closed = True
            self.changed.notify_all()


buffer = Buffer(2)
printers = threading.BoundedSemaphore(2)
printing, most = 0, 0
count_lock = threading.RLock()
taken = []


def produce(kind):
    for number in range(3):
        Path(f"{kind}{number}.job").write_text(kind * (number + 1))
        buffer.put(f"{kind}{number}.job")


def consume():
    global printing, most
    while (name := buffer.get()) is not None:
        with printers:
            with count_lock, count_lock:
                printing += 1
                most = max(most, printing)
            Path(name).rename(name.replace(".job", ".out"))
            with count_lock:
                printing -= 1
                taken.append(name)


producers = [threading.Thread(target=produce, args=(kind,)) for kind in "ab"]
consumers = [threading.Thread(target=consume) for _ in range(3)]
for thread in producers + consumers:
    thread.start()
for thread in producers:
    thread.join()
closing = threading.Timer(0.02, buffer.close)
never = threading.Timer(30, Path("never").touch)
closing.start()
never.start()
for thread in consumers:
    thread.join()
never.cancel()
print(sorted(taken), most <= 2, printing, closing.finished.is_set())
print({p.name: p.read_text() for p in sorted(Path(".").glob("*.out"))}, Path("never").exists())
try:
    printers.release()
except ValueError as error:
    print(error)
with buffer.changed:
    print(buffer.changed.wait(0.01), buffer.changed.wait_for(lambda: len(buffer.items) == 0))
print(count_lock.acquire(blocking=False), count_lock.acquire(timeout=0.1))
try:
    buffer.changed.notify()
except RuntimeError as error:
    print(error)
