"""Five philosophers and their forks: RLocks in order, a semaphore for the room, conditions, local data, a barrier."""

import threading
from pathlib import Path

SEATS, MEALS = 5, 2
forks = [threading.RLock() for _ in range(SEATS)]
room = threading.BoundedSemaphore(SEATS - 1)
ready = threading.Barrier(SEATS, action=lambda: Path("started").touch())
mine = threading.local()
hungry = threading.Condition()
served = 0


def note(number, text):
    with open(f"philosopher{number}.txt", "a") as file:
        file.write(text + "\n")


def eat(number):
    low, high = sorted((number, (number + 1) % SEATS))
    with forks[low], forks[high], forks[low]:
        mine.meals += 1
        note(number, f"meal {mine.meals}")


def live(number):
    global served
    mine.meals = 0
    ready.wait()
    while mine.meals < MEALS:
        with room:
            eat(number)
        with hungry:
            served += 1
            hungry.notify_all()


threads = [threading.Thread(target=live, args=(number,), name=f"p{number}") for number in range(SEATS)]
for thread in threads:
    thread.start()
with hungry:
    print(hungry.wait_for(lambda: served == SEATS * MEALS, timeout=30))
for thread in threads:
    thread.join()
try:
    room.release()
except ValueError:
    note(0, "released too often")
print([Path(f"philosopher{number}.txt").read_text().split("\n")[:-1] for number in range(SEATS)])
print(served, Path("started").exists(), hasattr(mine, "meals"), forks[0].acquire(blocking=False))
timer = threading.Timer(0.01, note, ("x", "too late"))
slow = threading.Timer(60, note, ("y", "never"))
timer.start(), slow.start()
timer.join(), slow.cancel(), slow.join()
print(Path("philosopherx.txt").exists(), Path("philosophery.txt").exists(), timer.finished.is_set())
