"""Counts words of many files with a pool: executor.map, futures with errors, a lock, thread subclasses, a daemon."""

import queue
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor, as_completed, wait
from pathlib import Path


def write_texts(folder):
    folder.mkdir()
    for number in range(6):
        (folder / f"{number}.txt").write_text("spam " * number + "eggs\n" * (number % 3))


class Tally(threading.Thread):
    def __init__(self, inbox):
        super().__init__(name="tally", daemon=True)
        self.inbox, self.total = inbox, Counter()

    def run(self):
        while (item := self.inbox.get()) is not None:
            self.total += item
            self.inbox.task_done()
        self.inbox.task_done()


def count(path):
    text = path.read_text()
    if not text:
        raise ValueError(f"{path.name} is empty")
    return Counter(text.split())


def main():
    folder = Path("texts")
    write_texts(folder)
    paths = sorted(folder.iterdir())
    inbox = queue.Queue(maxsize=2)
    tally = Tally(inbox)
    tally.start()
    lock, order = threading.Lock(), []

    def done(future):
        with lock:
            order.append(future.exception() is None)

    with ThreadPoolExecutor(3, thread_name_prefix="count", initializer=lambda: None) as pool:
        futures = {pool.submit(count, path): path for path in paths}
        for future in futures:
            future.add_done_callback(done)
        for future in as_completed(futures):
            if future.exception():
                print("error:", future.exception())
            else:
                inbox.put(future.result())
        sizes = list(pool.map(lambda path, by: path.stat().st_size // by, paths, [1] * 9, timeout=30))
        finished, pending = wait([pool.submit(Path.exists, path) for path in paths])
    inbox.join()
    inbox.put(None)
    tally.join()
    print(dict(tally.total), sizes, len(finished), len(pending), sorted(order), tally.is_alive())
    Path("tally.txt").write_text(str(sorted(tally.total.items())))
    names = {thread.name for thread in threading.enumerate()}
    print(names, threading.active_count())


main()
