"""Writes a crash report when it fails: excepthooks for program and threads, tracebacks with causes, an exit code."""

import json
import platform
import sys
import threading
import traceback
from pathlib import Path

REPORTS = Path("reports")


def report(kind, error, trace, name="main"):
    REPORTS.mkdir(exist_ok=True)
    frames = traceback.extract_tb(trace)
    facts = {
        "error": f"{kind.__name__}: {error}",
        "where": [(Path(frame.filename).name, frame.name, frame.line) for frame in frames],
        "cause": repr(error.__cause__),
        "python": platform.python_implementation(),
    }
    path = REPORTS / f"{name}-{len(list(REPORTS.iterdir()))}.json"
    path.write_text(json.dumps(facts, indent=1))
    return path


def hook(kind, error, trace):
    print("crashed:", report(kind, error, trace), file=sys.stderr)
    sys.__excepthook__(kind, error, trace)


def thread_hook(args):
    path = report(args.exc_type, args.exc_value, args.exc_traceback, args.thread.name)
    print("thread crashed:", path, file=sys.stderr)


class BadRecord(Exception):
    """A record that cannot be read."""


def parse(line):
    try:
        name, amount = line.split("=")
        return name, int(amount)
    except ValueError as error:
        raise BadRecord(line.strip()) from error


def read(path):
    with open(path) as file:
        return dict(parse(line) for line in file)


sys.excepthook, threading.excepthook = hook, thread_hook
Path("good").write_text("a=1\nb=2\n")
Path("bad").write_text("a=1\nb=two\n")
print(read("good"))
worker = threading.Thread(target=read, args=("bad",), name="reader")
worker.start()
worker.join()
try:
    read("bad")
except BadRecord:
    text = traceback.format_exc(limit=1)
    print(text.count("Traceback"), "direct cause" in text, text.splitlines()[-1])
    Path("caught.txt").write_text("".join(traceback.format_exception_only(*sys.exc_info()[:2])))
print(
    json.loads(next(REPORTS.iterdir()).read_text())["where"][-1],
    Path("caught.txt").read_text().strip(),
)
read("bad" if Path("bad").exists() else "good")
