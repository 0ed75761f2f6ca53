"""Retries a shaky service with waits that grow: a decorator of one's own, time-outs, a circuit breaker."""

import functools
import random
import time
from pathlib import Path


class Shaky(Exception):
    pass


def retried(times, *, wait=0.01, on=(Shaky,), log="attempts.txt"):
    def decorate(function):
        @functools.wraps(function)
        def call(*args, **kwargs):
            for attempt in range(1, times + 1):
                try:
                    return function(*args, **kwargs)
                except on as error:
                    with open(log, "a") as file:
                        file.write(f"{function.__name__} {attempt} {error}\n")
                    if attempt == times:
                        raise
                    time.sleep(wait * 2**attempt + random.random() / 1000)
            return None

        return call

    return decorate


def count(name):
    path = Path(f"{name}.count")
    number = int(path.read_text()) + 1 if path.exists() else 1
    path.write_text(str(number))
    return number


@retried(4)
def service(name, good_at):
    number = count(name)
    if number < good_at:
        raise Shaky(f"{name} failed {number} times")
    return f"{name} answered"


class Breaker:
    def __init__(self, limit, pause):
        self.limit, self.pause = limit, pause
        self.failures, self.until = 0, 0.0

    def __call__(self, function, *args):
        if time.monotonic() < self.until:
            return "open"
        try:
            result = function(*args)
        except Shaky:
            self.failures += 1
            if self.failures >= self.limit:
                self.until, self.failures = time.monotonic() + self.pause, 0
            return "failed"
        self.failures = 0
        return result


print(service("mail", 3), service.__name__, service.__wrapped__ is not service)
try:
    service("fax", 9)
except Shaky as error:
    print("gave up:", error, Path("fax.count").read_text())
print(Path("attempts.txt").read_text())

breaker = Breaker(2, 1000)
single = service.__wrapped__
print([breaker(single, "door", 4) for _ in range(4)], Path("door.count").read_text())
breaker.until = 0
print([breaker(single, "door", 4) for _ in range(3)], Path("door.count").read_text())
started = time.perf_counter()
time.sleep(0.05)
print(0.05 <= time.perf_counter() - started < 5)
