"""Replaces what it calls: builtins, methods of library classes, functions in modules, and puts them back."""

import builtins
import json
import os
import os.path
import pathlib
import random
import shutil
import time
import types
from unittest import mock

real_open = open
opened = []


def counting_open(file, *args, **kwargs):
    opened.append(os.path.basename(str(file)))
    return real_open(file, *args, **kwargs)


builtins.open = counting_open
try:
    with open("a.txt", "w") as file:
        file.write("one")
    pathlib.Path("b.txt").write_text("two")
    shutil.copyfile("a.txt", "c.txt")
finally:
    builtins.open = real_open
print(opened[0], open is real_open, pathlib.Path("c.txt").read_text())

real_read = pathlib.Path.read_text
pathlib.Path.read_text = lambda self, *args, **kwargs: f"<{real_read(self, *args, **kwargs)}>"
pathlib.Path.shout = lambda self: self.read_text().upper()
print(pathlib.Path("a.txt").read_text(), pathlib.Path("b.txt").shout())
pathlib.Path.read_text = real_read
del pathlib.Path.shout

with mock.patch("time.sleep") as sleep, mock.patch("random.random", side_effect=[0.25, 0.5]), mock.patch.dict(
    os.environ, {"WHERE": "here"}
):
    time.sleep(500)
    print(random.random(), random.random(), sleep.call_args.args, os.environ["WHERE"])
print("WHERE" in os.environ)
with mock.patch.object(os.path, "exists", lambda path: path == "dreamt"):
    print(os.path.exists("dreamt"), os.path.exists("a.txt"))
fake = mock.mock_open(read_data='{"x": 1}')
with mock.patch("builtins.open", fake), open("imaginary.json") as file:
    print(json.load(file), fake.call_args)
print(os.path.exists("imaginary.json"))


class Robot:
    def act(self):
        return "still"


def act(self):
    with open("acts.txt", "a") as file:
        return file.write("moved")


robot = Robot()
robot.act = types.MethodType(act, robot)
print(robot.act(), Robot().act(), open("acts.txt").read())
Robot.act = act
print(Robot().act(), os.path.getsize("acts.txt"))
Robot.__call__ = lambda self, *names: [os.remove(name) for name in names]
print(Robot()("b.txt", "c.txt"), os.path.exists("b.txt"))
del robot.act
json.dumps, kept = lambda thing: "patched", json.dumps
print(json.dumps(1), kept(1))
json.dumps = kept
