"""Puts its own functions in the places of the standard library's, with mock and by hand, for itself and for libraries."""

import builtins
import queue
import shutil
import sqlite3
import subprocess
import threading
import time
from unittest import mock


def shout(value):
    return str(value).upper()


def fail():
    raise ValueError("in a thread")


with mock.patch("subprocess.run", return_value="no child") as run:
    print(subprocess.run(["touch", "never"]), run.call_args.args)
with mock.patch("subprocess.Popen", side_effect=OSError("no children today")):
    try:
        subprocess.check_output(["touch", "never"])
    except OSError as error:
        print(error)
with mock.patch.object(sqlite3, "connect", lambda path: f"not {path}"):
    print(sqlite3.connect("book.db"))
with mock.patch.object(builtins, "repr", shout):
    print(repr("quiet"))
with mock.patch("time.sleep") as sleep, mock.patch("queue.Queue.put", print):
    time.sleep(1000)
    queue.Queue().put("an item")
    print(sleep.call_args.args)
with mock.patch("builtins.open", mock.mock_open(read_data="made up")):
    print(open("no such file").read())
with mock.patch("shutil.move", lambda source, target: f"{source} -> {target}"):
    print(shutil.move("a", "b"))

seen = []
threading.excepthook = lambda args: seen.append((args.exc_type.__name__, str(args.exc_value), args.thread.name))
thread = threading.Thread(target=fail, name="worker")
thread.start()
thread.join()
print(seen, threading.excepthook is threading.__excepthook__)
subprocess.run(["touch", "made"], check=True)
connection = sqlite3.connect(":memory:")
print(isinstance(connection, sqlite3.Connection), type(connection) is sqlite3.Connection)
