"""Futures in full: exceptions, callbacks, wait, time-outs, cancelling, chained submits, a pool's initializer."""

import concurrent.futures as cf
import os
import threading
import time
from pathlib import Path

hold = threading.Event()


def prepare(folder):
    os.makedirs(folder, exist_ok=True)


def write(name, size):
    path = Path("pool", name)
    path.write_text("x" * size)
    return path.stat().st_size


def blocked(name):
    hold.wait()
    return write(name, 7)


with cf.ThreadPoolExecutor(2, thread_name_prefix="io", initializer=prepare, initargs=("pool",)) as pool:
    sizes = {pool.submit(write, f"f{n}", n): n for n in range(4)}
    for future in cf.as_completed(sizes):
        assert future.result() == sizes[future]
    done, not_done = cf.wait(sizes, return_when=cf.ALL_COMPLETED)
    print(len(done), len(not_done), sorted(os.listdir("pool")))
    failing = pool.submit(write, "no/such/folder", 1)
    seen = []
    failing.add_done_callback(lambda future: seen.append(type(future.exception()).__name__))
    try:
        failing.result(timeout=5)
    except FileNotFoundError as error:
        print("failed:", error.strerror, failing.done(), failing.cancelled())
    print(list(pool.map(write, ["m1", "m2"], [10, 20])), seen)

    first, second = pool.submit(blocked, "late"), pool.submit(blocked, "later")
    waiting = pool.submit(write, "never", 1)
    try:
        first.result(timeout=0.05)
    except cf.TimeoutError:
        print("too slow", first.running(), waiting.running(), waiting.cancel(), waiting.cancelled())
    done, not_done = cf.wait([first, second], timeout=0.01, return_when=cf.FIRST_COMPLETED)
    print(len(done), len(not_done))
    hold.set()
    print(first.result() + second.result(), os.path.exists("pool/never"))
    try:
        waiting.result()
    except cf.CancelledError:
        print("was cancelled")
    chained = pool.submit(lambda: pool.submit(write, "inner", 3))
    print(chained.result().result())
    errors = pool.map(write, ["ok", "bad/one", "other"], [1, 1, 1])
    print(next(errors))
    try:
        next(errors)
    except OSError as error:
        print("in map:", type(error).__name__)
try:
    pool.submit(write, "x", 1)
except RuntimeError as error:
    print(error)

own = cf.Future()
threading.Thread(target=lambda: (time.sleep(0.01), own.set_result(Path("pool/m1").read_text()))).start()
print(own.result(timeout=5))
pool = cf.ThreadPoolExecutor(1)
began, gate = threading.Event(), threading.Event()
queued = [pool.submit(lambda: (began.set(), gate.wait())), *(pool.submit(write, f"q{n}", 1) for n in range(3))]
began.wait()
pool.shutdown(wait=False, cancel_futures=True)
gate.set()
print([future.cancelled() for future in queued], os.path.exists("pool/q0"))
