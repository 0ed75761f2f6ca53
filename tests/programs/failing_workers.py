"""Children that fail, exit, are terminated, are left behind; and what their parent sees of it."""

import multiprocessing
import os
import signal
import sys
import time
from multiprocessing.connection import wait


def fail(path):
    try:
        with open(path) as file:
            return file.read()
    finally:
        print("closing", path)


def leave(code):
    print("leaving with", code)
    sys.exit(code)


def vanish():
    try:
        os._exit(7)
    finally:
        print("never said")


def sleep_long(path):
    try:
        time.sleep(600)
    finally:
        open(path, "w").close()


def be_polite(ready):
    def stop(number, frame):
        print("asked to stop:", signal.Signals(number).name)
        sys.exit(3)

    signal.signal(signal.SIGTERM, stop)
    ready.set()
    time.sleep(600)


class Chain(multiprocessing.Process):
    def __init__(self, depth):
        super().__init__(name=f"chain-{depth}")
        self.depth = depth

    def run(self):
        if self.depth:
            child = Chain(self.depth - 1)
            child.start()
            child.join()
            print(self.name, "had", child.name, child.exitcode)
        sys.exit(self.depth)


def main():
    for target, args in ((fail, ("missing.txt",)), (leave, (4,)), (leave, ("a message",)), (leave, (None,)), (vanish, ())):
        child = multiprocessing.Process(target=target, args=args, name=target.__name__)
        child.start()
        child.join()
        print(target.__name__, child.exitcode)
    sleeper = multiprocessing.Process(target=sleep_long, args=("tidy.txt",))
    sleeper.start()
    sleeper.join(timeout=0.05)
    print(sleeper.is_alive(), sleeper.exitcode)
    sleeper.terminate()
    sleeper.join()
    print(sleeper.is_alive(), sleeper.exitcode, os.path.exists("tidy.txt"))
    sleeper.close()
    try:
        sleeper.is_alive()
    except ValueError as error:
        print(error)
    killed = multiprocessing.Process(target=sleep_long, args=("tidy.txt",))
    killed.start()
    killed.kill()
    print(len(wait([killed.sentinel])))
    killed.join()
    print(killed.exitcode)
    ready = multiprocessing.Event()
    polite = multiprocessing.Process(target=be_polite, args=(ready,))
    polite.start()
    ready.wait()
    polite.terminate()
    polite.join()
    print(polite.exitcode)
    chain = Chain(2)
    chain.start()
    chain.join()
    print(chain.exitcode)
    multiprocessing.Process(target=sleep_long, args=("left.txt",), daemon=True).start()
    multiprocessing.Process(target=print, args=("joined at the end",)).start()


if __name__ == "__main__":
    main()
