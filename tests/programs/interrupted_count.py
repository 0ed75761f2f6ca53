"""Counts until it is interrupted, by itself: SIGINT handled, KeyboardInterrupt through finally, a handler, then for real."""

import os
import signal
import threading
import time
from pathlib import Path

state = {"handled": 0}


def count(limit, path):
    try:
        for number in range(limit):
            with open(path, "a") as file:
                file.write(f"{number}\n")
            if number == 3:
                signal.raise_signal(signal.SIGINT)
    except KeyboardInterrupt:
        print("interrupted at", number)
        return number
    finally:
        with open(path, "a") as file:
            file.write("end\n")
    return limit


def polite(signum, frame):
    state["handled"] += 1
    Path(f"signal-{state['handled']}").write_text(signal.Signals(signum).name)


print(count(10, "one.txt"), Path("one.txt").read_text().split())
before = signal.signal(signal.SIGINT, polite)
print(count(6, "two.txt"), state, before is signal.default_int_handler)
signal.signal(signal.SIGTERM, polite)
os.kill(os.getpid(), signal.SIGTERM)
time.sleep(0.05)
print(
    sorted(path.read_text() for path in Path().glob("signal-*")),
    signal.getsignal(signal.SIGTERM) is polite,
)
done = threading.Event()
signal.signal(signal.SIGUSR1, lambda *args: done.set())
signal.raise_signal(signal.SIGUSR1)
print(done.wait(5))
signal.signal(signal.SIGINT, signal.SIG_IGN)
signal.raise_signal(signal.SIGINT)
signal.signal(signal.SIGINT, before)
try:
    with open("three.txt", "w") as file:
        file.write("kept")
        raise KeyboardInterrupt("by hand")
except BaseException as error:
    print(
        type(error).__name__,
        error.args,
        Path("three.txt").read_text(),
        isinstance(error, Exception),
    )
