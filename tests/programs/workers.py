"""Threads, a queue and a lock; each worker writes files of its own."""

import queue
import threading
import time
from concurrent.futures import ThreadPoolExecutor, as_completed

jobs: "queue.Queue[int | None]" = queue.Queue()
done: list[int] = []
lock = threading.Lock()


def worker(name: str) -> None:
    while (job := jobs.get()) is not None:
        time.sleep(0.01)
        with open(f"job{job}.txt", "w") as file:
            file.write(f"job {job}")
        with lock:
            done.append(job)


threads = [threading.Thread(target=worker, args=(f"w{number}",)) for number in range(3)]
for thread in threads:
    thread.start()
for job in range(6):
    jobs.put(job)
for _ in threads:
    jobs.put(None)
for thread in threads:
    thread.join()
print(sorted(done))


def size(number: int) -> int:
    with open(f"job{number}.txt") as file:
        return len(file.read())


with ThreadPoolExecutor(max_workers=3) as pool:
    print(list(pool.map(size, range(6))))
    futures = {pool.submit(size, number): number for number in range(3)}
    print(sorted(futures[future] for future in as_completed(futures)))
