"""Formats its own failures: chains, suppressed contexts, notes, groups, recursion, limits, logging of tracebacks."""

import io
import logging
import sys
import traceback
from pathlib import Path


def load(name):
    return Path(name).read_text()


def convert(name):
    try:
        return int(load(name))
    except FileNotFoundError:
        raise LookupError(f"no {name}") from None
    except ValueError as error:
        error.add_note(f"while reading {name}")
        raise


def deep(level):
    return load("missing.txt") if level == 0 else deep(level - 1)


def collect(*names):
    errors = []
    for name in names:
        try:
            convert(name)
        except Exception as error:
            errors.append(error)
    raise ExceptionGroup("several", errors)


Path("words.txt").write_text("seven")
for attempt in (lambda: convert("none"), lambda: convert("words.txt"), lambda: deep(5), lambda: collect("a", "words.txt")):
    try:
        attempt()
    except Exception as error:
        lines = traceback.format_exception(error)
        Path("trace.txt").write_text("".join(lines))
        frames = [frame.name for frame in traceback.extract_tb(error.__traceback__)]
        print(type(error).__name__, frames[:3], len(frames) > 2, lines[-1].strip(), error.__suppress_context__)
        print([line.strip() for line in Path("trace.txt").read_text().splitlines() if "traced_failures" in line][-1:])
stream = io.StringIO()
logging.basicConfig(stream=stream, format="%(levelname)s %(message)s")
try:
    try:
        load("one")
    except OSError:
        load("two")
except OSError as error:
    logging.exception("both are gone")
    print(error.filename, error.__context__.filename, stream.getvalue().count("Traceback"))
    summary = traceback.TracebackException.from_exception(error, capture_locals=True)
    print(summary.stack[-1].filename == __file__ or summary.stack[0].locals is not None, sys.exc_info()[0].__name__)


print(sys.exc_info(), stream.getvalue().splitlines()[0])
collect("none", "words.txt")
