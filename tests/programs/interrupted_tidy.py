"""Is interrupted in the middle of its work: KeyboardInterrupt through finally blocks, with-blocks and a thread's join."""

import contextlib
import signal
import sys
import threading
from pathlib import Path


@contextlib.contextmanager
def lock_file(name):
    Path(name).touch()
    try:
        yield
    except KeyboardInterrupt:
        print("interrupted while locked")
        raise
    finally:
        Path(name).unlink()


def work(limit):
    for number in range(10):
        with open("progress.txt", "a") as file:
            file.write(f"{number} ")
        if number == limit:
            raise KeyboardInterrupt(number)
    return "done"


def handler(number, frame):
    Path("signal.txt").write_text(signal.Signals(number).name)
    print("handled", frame is not None)


before = signal.signal(signal.SIGUSR1, handler)
print(before == signal.SIG_DFL, signal.getsignal(signal.SIGUSR1) is handler)
signal.raise_signal(signal.SIGUSR1)
print(Path("signal.txt").read_text())
try:
    with lock_file("tidy.lock"):
        work(2)
except KeyboardInterrupt as error:
    print("stopped at", error, Path("tidy.lock").exists(), Path("progress.txt").read_text())
seen = []


def in_thread():
    try:
        work(1)
    except BaseException as error:
        seen.append(type(error).__name__)
        sys.exit(5)


thread = threading.Thread(target=in_thread)
thread.start()
thread.join()
print(seen)
with contextlib.suppress(SystemExit):
    sys.exit({"code": 1})
try:
    raise GeneratorExit("odd")
except BaseException as error:
    print(repr(error), Path("progress.txt").read_text().count(" "))
try:
    sys.exit("not this one")
finally:
    Path("end.txt").write_text("end")
    sys.exit(Path("end.txt").stat().st_size)
