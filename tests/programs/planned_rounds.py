"""Plans rounds with `sched`: priorities, cancelling, events that plan events, and what they leave on disk."""

import os
import sched
import time

plan = sched.scheduler(time.monotonic, time.sleep)
start = time.monotonic()


def visit(room, again=0):
    with open("visits.txt", "a") as file:
        file.write(f"{room}{again} ")
    if again:
        plan.enterabs(start + 0.04 + 0.01 / again, 1, visit, (room,), {"again": again - 1})
    return room


def broken():
    raise OSError("stuck door")


plan.enterabs(start + 0.06, 2, visit, ("late",))
plan.enterabs(start + 0.06, 1, visit, argument=("early",))
plan.enterabs(start + 0.01, 1, visit, ("loop",), {"again": 2})
skipped = plan.enter(0.04, 1, visit, ("skipped",))
plan.enterabs(start + 0.03, 1, plan.cancel, (skipped,))
plan.enter(0.09, 1, broken)
plan.enter(0.1, 1, os.rename, ("visits.txt", "done.txt"))
print(len(plan.queue), plan.empty(), [event.priority for event in plan.queue])
try:
    plan.run()
except OSError as error:
    print("stopped:", error, len(plan.queue))
print(open("visits.txt").read())
waiting = plan.run(blocking=False)
print(waiting is None or waiting > 0)
plan.run()
print(os.path.exists("done.txt"), plan.empty(), time.monotonic() - start >= 0.1)

clock = {"now": 0}


def sleep(seconds):
    clock["now"] += seconds
    with open("slept.txt", "a") as file:
        file.write(f"{seconds};")


virtual = sched.scheduler(lambda: clock["now"], sleep)
for minutes, name in ((90, "lunch"), (15, "tea"), (600, "home")):
    virtual.enter(minutes, 0, lambda name=name: print(f"{clock['now']:>4}", name))
virtual.run()
print(open("slept.txt").read())
