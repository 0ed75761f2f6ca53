"""Pipelines of generators over files: send, throw, close, yield from with results, lazy searches, a coroutine logger."""

import contextlib
import itertools
from pathlib import Path


def primed(fn):
    def start(*args):
        generator = fn(*args)
        next(generator)
        return generator

    return start


@primed
def logger(path):
    """Writes what it is sent; answers with the number of lines so far."""
    count = 0
    with open(path, "w") as file:
        try:
            while True:
                try:
                    line = yield count
                except ValueError as error:
                    line = f"error: {error}"
                count += 1
                file.write(f"{count} {line}\n")
        finally:
            file.write(f"closed after {count}\n")


@primed
def average():
    total = number = 0
    result = None
    while (value := (yield result)) is not None:
        total += value
        number += 1
        result = total / number
    return total, number


def numbers(path):
    with open(path) as file:
        for line in file:
            try:
                yield float(line)
            except ValueError:
                answer = yield line.strip()
                if answer == "stop":
                    return "stopped"
    return "complete"


def checked(paths, log):
    outcomes = {}
    for path in paths:
        outcomes[path] = yield from numbers(path)
        log.send(f"{path} {outcomes[path]}")
    return outcomes


def total(paths, log):
    mean, source = average(), checked(paths, log)
    item, last = next(source), None
    try:
        while True:
            if isinstance(item, str):
                log.throw(ValueError(item))
                item = source.send("stop" if item == "END" else None)
            else:
                last = mean.send(item)
                item = next(source)
    except StopIteration as end:
        with contextlib.suppress(StopIteration):
            mean.send(None)
        return last, end.value


Path("one.txt").write_text("1\n2\noops\n3\n")
Path("two.txt").write_text("10\nEND\n20\n")
Path("three.txt").write_text("4\n")
log = logger("log.txt")
print(total(["one.txt", "two.txt", "three.txt"], log))
print(log.send("bye"))
log.close()
print(Path("log.txt").read_text())
lines = itertools.chain.from_iterable(open(name) for name in ("one.txt", "two.txt", "none.txt"))
print(next(line for line in lines if line.startswith("o")), any(line == "END\n" for line in lines))
try:
    print(list(lines))
except FileNotFoundError as error:
    print("lazily missing", error.filename)
windows = zip(*(itertools.islice(numbers("one.txt"), start, None) for start in range(2)))
print(list(windows), sum(1 for _ in itertools.takewhile(lambda item: item != "oops", numbers("one.txt"))))
