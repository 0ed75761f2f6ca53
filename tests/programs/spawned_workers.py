"""Children that begin afresh: the main module runs again as `__mp_main__`, and what they need is sent to them."""

import multiprocessing as mp
import sys

started = []
print("importing as", __name__)


class Job:
    def __init__(self, number):
        self.number = number

    def __repr__(self):
        return f"Job({self.number})"


def work(jobs, results, total, lock):
    started.append(len(started))
    for job in iter(jobs.get, None):
        with lock:
            total.value += job.number
        results.put((Job(job.number * 2), isinstance(job, Job), started, mp.get_start_method()))


def double(number):
    return number * 2


def broken():
    raise KeyError("spawned")


def main():
    mp.set_start_method("spawn")
    started.append("parent")
    jobs, results = mp.Queue(), mp.Queue()
    total, lock = mp.Value("i", 0, lock=False), mp.Lock()
    worker = mp.Process(target=work, args=(jobs, results, total, lock))
    worker.start()
    for number in (1, 2):
        jobs.put(Job(number))
    jobs.put(None)
    print([results.get() for _ in range(2)])
    worker.join()
    print(total.value, started, worker.exitcode)
    sys.stdout.flush()
    with mp.get_context("forkserver").Pool(1) as pool:
        print(pool.map(double, range(4)))
    failed = mp.Process(target=broken)
    failed.start()
    failed.join()
    print(failed.exitcode)
    try:
        mp.Process(target=lambda: None).start()
    except Exception as error:
        print(type(error).__name__)
    fork = mp.get_context("fork")
    try:
        mp.Process(target=work, args=(jobs, results, total, fork.Lock())).start()
    except RuntimeError as error:
        print(str(error)[:40])


if __name__ == "__main__":
    main()
