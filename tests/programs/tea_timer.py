"""Kitchen timers with sched and time: priorities, cancelling, repeated jobs, one clock for all, a log of what rang."""

import sched
import time
from pathlib import Path

scheduler = sched.scheduler(time.monotonic, time.sleep)
LOG = Path("rang.txt")


def ring(name, *, loud=False):
    with LOG.open("a") as file:
        print(name.upper() if loud else name, file=file)


class Repeated:
    def __init__(self, interval, times, action):
        self.interval, self.left, self.action = interval, times, action
        self.due = started + interval
        self.event = scheduler.enterabs(self.due, 5, self)

    def __call__(self):
        self.action(f"tick {self.left}")
        self.left -= 1
        self.due += self.interval
        self.event = scheduler.enterabs(self.due, 5, self) if self.left else None


def burnt():
    raise RuntimeError("the toast is burnt")


started = time.monotonic()
scheduler.enter(0.3, 1, ring, ("egg",), {"loud": True})
tea = scheduler.enter(0.9, 1, ring, argument=("tea",))
scheduler.enterabs(started + 0.5, 2, ring, ("bread",))
scheduler.enterabs(started + 0.5, 1, ring, ("soup",))
ticks = Repeated(0.01, 3, ring)
print(len(scheduler.queue), scheduler.queue[-1] == tea)
scheduler.cancel(tea)
try:
    scheduler.cancel(tea)
except ValueError:
    print("tea was cancelled before")
print(scheduler.run(blocking=False) is not None)
scheduler.run()
print(LOG.read_text().split("\n"), scheduler.empty(), ticks.event)
scheduler.enter(0.01, 1, burnt)
scheduler.enter(0.02, 1, ring, ("after all",))
try:
    scheduler.run()
except RuntimeError as error:
    print(error, len(scheduler.queue))
scheduler.run()
print(LOG.read_text().splitlines()[-1], time.monotonic() - started > 0.5)

moments = iter(range(100))
virtual = sched.scheduler(lambda: next(moments), lambda seconds: ring(f"slept {seconds > 0}"))
virtual.enter(3, 1, ring, ("virtual",))
virtual.run()
print(LOG.read_text().splitlines()[-2:], next(moments) < 30)
