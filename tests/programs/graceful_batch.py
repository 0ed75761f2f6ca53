"""A batch that ends gracefully: SIGTERM asks it to stop after the current item, a watchdog alarm guards slow ones, exit by signal."""

import contextlib
import json
import os
import signal
import sys
import time
from pathlib import Path

STATE = Path("state.json")


class Batch:
    def __init__(self):
        self.should_stop = False
        self.done = []

    def stop(self, number, frame):
        self.should_stop = True
        print("asked to stop by", signal.Signals(number).name, "after", len(self.done), flush=True)

    def save(self):
        STATE.write_text(json.dumps({"done": self.done, "stopped": self.should_stop}))

    def run(self, items):
        for item in items:
            if self.should_stop:
                break
            try:
                with watchdog(0.05):
                    self.work(item)
            except TimeoutError as error:
                print(item, error)
                continue
            finally:
                self.save()
            self.done.append(item)
        self.save()

    def work(self, item):
        Path(f"{item}.started").touch()
        if item == "stuck":
            time.sleep(60)
        if item == "last":
            os.kill(os.getpid(), signal.SIGTERM)
        Path(f"{item}.out").write_text(item)


@contextlib.contextmanager
def watchdog(seconds):
    def bark(number, frame):
        raise TimeoutError(f"took too long in {frame.f_code.co_name}")

    before = signal.signal(signal.SIGALRM, bark)
    signal.setitimer(signal.ITIMER_REAL, seconds * 100 if Path("quick").exists() else seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def main():
    batch = Batch()
    previous = {number: signal.signal(number, batch.stop) for number in (signal.SIGTERM, signal.SIGHUP)}
    Path("quick").touch()
    batch.run(["a", "b"])
    Path("quick").unlink()
    batch.run(["stuck"])
    Path("quick").touch()
    batch.run(["last", "never"])
    print(STATE.read_text(), sorted(path.name for path in Path(".").glob("*.started")))
    for number, handler in previous.items():
        signal.signal(number, handler)
    try:
        signal.raise_signal(signal.SIGINT)
    except KeyboardInterrupt:
        print("interrupted")
        STATE.rename("final.json")
        sys.exit(128 + signal.SIGINT)


if __name__ == "__main__":
    main()
