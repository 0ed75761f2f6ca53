"""Threads that meet after every round: Barrier with an action, broken barriers, thread-local names, an Event."""

import threading
from pathlib import Path

ROUNDS, WORKERS = 2, 3
local = threading.local()
board = {}
lock = threading.Lock()
begin = threading.Event()


def tally():
    number = len(list(Path(".").glob("round*.txt")))
    with lock:
        Path(f"round{number}.txt").write_text(" ".join(f"{k}={board[k]}" for k in sorted(board)))


meeting = threading.Barrier(WORKERS, action=tally)


def worker(number):
    local.name = f"w{number}"
    begin.wait()
    for round_number in range(ROUNDS):
        Path(f"{local.name}.txt").write_text(f"{number * 10 + round_number}")
        with lock:
            board[local.name] = Path(f"{local.name}.txt").read_text()
        meeting.wait()


threads = [threading.Thread(target=worker, args=(n,), name=f"worker-{n}") for n in range(WORKERS)]
for thread in threads:
    thread.start()
print(begin.is_set(), [thread.name for thread in threads], meeting.parties)
begin.set()
for thread in threads:
    thread.join()
for path in sorted(Path(".").glob("round*.txt")):
    print(path.name, path.read_text())
print(hasattr(local, "name"), any(thread.is_alive() for thread in threads))

broken = []
lonely = threading.Barrier(2)


def impatient():
    try:
        lonely.wait(timeout=0.05)
    except threading.BrokenBarrierError:
        Path("broken.txt").write_text("alone")
        broken.append(lonely.broken)


thread = threading.Thread(target=impatient)
thread.start()
thread.join()
print(broken, Path("broken.txt").read_text())
lonely.reset()
helper = threading.Thread(target=lonely.wait)
helper.start()
print(sorted([lonely.wait() in (0, 1), lonely.broken]))
helper.join()

failures = []
threading.excepthook = lambda args: failures.append((args.exc_type.__name__, str(args.exc_value), args.thread.name))
thread = threading.Thread(target=lambda: Path("none").read_text(), name="reader")
thread.start()
thread.join()
print(failures)
