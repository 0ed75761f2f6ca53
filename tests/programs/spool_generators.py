"""A spooler of generators: they are sent jobs, thrown errors at, delegated to and closed, and each keeps a file."""

import os


class Jam(Exception):
    pass


def tray(name):
    done = 0
    try:
        while True:
            try:
                job = yield done
            except Jam as jam:
                with open(f"{name}.log", "a") as log:
                    log.write(f"jam {jam}\n")
                continue
            if job is None:
                return done
            with open(f"{name}.log", "a") as log:
                log.write(f"job {job}\n")
            done += 1
    finally:
        os.mkdir(f"{name}.closed")


def printer(names):
    total = 0
    for name in names:
        total += yield from tray(name)
        print("tray", name, "empty, total", total)
    return total


spool = printer(["a", "b"])
next(spool)
print(spool.send("letter"), spool.send("photo"))
print(spool.throw(Jam("paper")))
print(spool.send(None))
print(spool.send("poster"))
try:
    spool.send(None)
except StopIteration as stop:
    print("printed", stop.value)
left = tray("c")
next(left)
left.send("label")
left.close()
for name in sorted(os.listdir(".")):
    if name.endswith(".log"):
        print(name, open(name).read().split("\n"))
