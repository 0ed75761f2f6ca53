"""Futures: results in order of submission and of completion, errors, time-outs, cancellation, callbacks."""

import concurrent.futures as futures
import threading
import time
from pathlib import Path


def fetch(name, pause=0.0):
    time.sleep(pause)
    if name == "bad":
        raise ValueError(f"no {name}")
    Path(name).write_text(name * 2)
    return Path(name).stat().st_size


with futures.ThreadPoolExecutor(3, thread_name_prefix="pool") as pool:
    jobs = {pool.submit(fetch, name, pause): name for name, pause in (("aaa", 0.3), ("b", 0.0), ("cc", 0.15))}
    for job in futures.as_completed(jobs):
        print("got", jobs[job], job.result())
    bad = pool.submit(fetch, "bad")
    try:
        bad.result()
    except ValueError as error:
        print("error", error, type(bad.exception()).__name__)
    slow = pool.submit(fetch, "slow", 0.4)
    try:
        slow.result(timeout=0.05)
    except futures.TimeoutError:
        print("not yet", slow.done())
    done, waiting = futures.wait([slow, bad], return_when=futures.FIRST_COMPLETED)
    print(len(done), len(waiting), slow.result())
    print(list(pool.map(fetch, ["x", "yy"], timeout=60)))

gate = threading.Event()
heard = []
with futures.ThreadPoolExecutor(1) as single:
    first = single.submit(gate.wait, 60)
    second = single.submit(fetch, "never")
    second.add_done_callback(lambda future: heard.append(("cancelled", future.cancelled())))
    print(second.cancel(), second.cancelled(), first.running())
    gate.set()
    first.add_done_callback(lambda future: heard.append(("first", future.result())))
print(sorted(heard), Path("never").exists())
with futures.ThreadPoolExecutor(initializer=Path("ready").mkdir, max_workers=1) as pool:
    print(pool.submit(Path("ready").is_dir).result())
