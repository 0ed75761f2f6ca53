"""Work given to an executor of processes: results, failures, globals of the workers, and a pool that breaks."""

import concurrent.futures
import os
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

visited = []
scale = 1


def set_scale(value):
    global scale
    scale = value


def weigh(name, size):
    visited.append(name)
    with open(name, "w") as file:
        file.write("x" * size)
    return name, os.path.getsize(name) * scale, len(visited) > 0


def check(number):
    if number < 0:
        raise ValueError(f"no roots of {number}")
    return number**0.5


def give_up():
    os._exit(3)


def main():
    with ProcessPoolExecutor(max_workers=2, initializer=set_scale, initargs=(10,)) as pool:
        print(list(pool.map(weigh, ["a.dat", "b.dat", "c.dat"], [1, 2, 3])))
        futures = {pool.submit(check, number): number for number in (4, -1, 9)}
        for future in concurrent.futures.as_completed(futures):
            if future.exception() is not None:
                print("failed:", futures[future], future.exception(), type(future.exception().__cause__).__name__)
        print(sorted(future.result() for future in futures if not future.exception()))
        print(visited, scale)
    with ProcessPoolExecutor(1) as pool:
        try:
            pool.submit(give_up).result()
        except BrokenProcessPool as error:
            print("broken:", str(error).partition(" while")[0])
        try:
            pool.submit(check, 1)
        except BrokenProcessPool:
            print("still broken")
    try:
        pool.submit(check, 1)
    except RuntimeError as error:
        print(type(error).__name__, error)


if __name__ == "__main__":
    main()
