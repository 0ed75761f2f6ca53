"""What a child process changes in its memory stays its own: globals, closures, classes, defaults, modules, streams."""

import collections
import functools
import itertools
import logging
import multiprocessing
import os
import random
import sys
import threading

numbers = [1, 2, 3]
alias = numbers
settings = {"level": 1, "names": numbers}
count = itertools.count(5)
log = logging.getLogger("work")
local = threading.local()
local.name = "parent"


class Station:
    trains = collections.deque(["first"])
    total = 0

    def __init__(self, name):
        self.name = name
        self.neighbours = {self}
        Station.total += 1


home = Station("home")


def remember(item, memory=[]):
    memory.append(item)
    remember.calls += 1
    return memory


remember.calls = 0


@functools.lru_cache(maxsize=2)
def look_up(name, *, loud=False):
    print("looking up", name)
    return [name.upper() if loud else name]


@functools.cache
def settle(number):
    print("settling", number)
    return {"number": number}


def change(results, own):
    global settings
    numbers.append(4)
    settings["level"] += 1
    settings = dict(settings, new=True)
    Station.trains.append("second")
    Station.total += 10
    home.name = "moved"
    os.environ["PLACE"] = "child"
    sys.argv.append("more")
    log.setLevel(logging.ERROR)
    state = [alias is numbers, alias, settings["names"] is numbers, next(count), own is home, own.name]
    look_up("a").append("more")
    look_up("c", loud=True)
    settle(2)["number"] += 1
    state += [look_up("a"), look_up("b", loud=True), settle(1), settle(2)]
    state += [own in home.neighbours, remember("x"), remember.calls, Station.total, local.name, log.level]
    results.send(state)
    results.close()


def main():
    taken = 0

    def take():
        nonlocal taken
        taken += 1
        print("taken in the child:", taken)

    logging.basicConfig(level=logging.INFO, format="%(processName)s %(message)s", stream=sys.stdout)
    random.seed(7)
    first = random.random()
    look_up("b", loud=True)
    look_up("a")
    settle(1)["number"] = 10
    remember("parent")
    receiver, sender = multiprocessing.Pipe(duplex=False)
    child = multiprocessing.Process(target=change, args=(sender, home))
    child.start()
    sender.close()
    print(receiver.recv())
    try:
        receiver.recv()
    except EOFError:
        print("the child has closed its end")
    child.join()
    print(numbers, settings, list(Station.trains), Station.total, home.name, os.environ.get("PLACE"), sys.argv[1:])
    print(look_up("a"), look_up("b", loud=True), settle(1), settle(2))
    print(next(count), remember("y"), remember.calls, log.level, random.random() != first)
    other = multiprocessing.Process(target=take, name="taker")
    other.start()
    other.join()
    print("taken here:", taken, multiprocessing.current_process().name, multiprocessing.parent_process())
    teller = multiprocessing.Process(target=log.info, args=("hello %s", "there"), name="teller")
    teller.start()
    teller.join()
    log.info("end")
    print(other.pid != os.getpid(), other.exitcode)


if __name__ == "__main__":
    main()
