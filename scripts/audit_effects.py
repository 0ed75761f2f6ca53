#!/usr/bin/env python
"""Compare the catalogue with audit events: scripts/audit_effects.py [MODULE…] [--write docs/effects.md]

The third-party part wants the libraries of the extra `audit`, in an environment of its own: pip install -e '.[audit]'.
What is not installed is left out.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

LIB = Path(__file__).resolve().parent.parent / "tests" / "lib"
sys.path.insert(0, str(LIB))

from effects.compare import Comparison, Seen  # noqa: E402
from effects.report import Row, Single, page  # noqa: E402

MODULES = """
    abc aifc argparse array ast asynchat asyncore audioop base64 binascii bisect bz2 calendar cgi chunk cmath
    cmd code codecs collections colorsys compileall concurrent_futures configparser contextlib copy crypt csv
    dataclasses datetime dbm dbm_dumb decimal difflib dis doctest email ensurepip enum epoll fcntl file filecmp
    fileinput fnmatch fractions ftplib functools genericpath getopt getpass gettext glob graphlib grp gzip hashlib
    heapq hmac html htmlparser http_cookiejar http_cookies httplib httpservers imaplib imghdr inspect io ipaddress
    itertools json keyword linecache locale logging lzma mailbox mailcap math mimetypes minidom mmap modulefinder
    multiprocessing_spawn netrc nis nntplib ntpath numbers operator optparse os pathlib pickle pipes pkgutil platform
    plistlib poll poplib posixpath pprint profile pstats pty pulldom pwd py_compile pyclbr queue quopri random re
    readline reprlib resource robotparser runpy sax sched secrets select selectors shelve shlex shutil site smtpd
    smtplib sndhdr socket socketserver spwd sqlite3 ssl stat statistics string struct subprocess sunau symtable
    sysconfig syslog tabnanny tarfile telnetlib tempfile textwrap threading timeit tokenize tomllib trace traceback
    tracemalloc types urllib urllib2 urllib2_localnet urlparse uu uuid venv warnings wave weakref webbrowser wsgiref
    xdrlib xml_etree xmlrpc zipapp zipfile zipimport zlib zoneinfo
""".split()
LIMIT = 900


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Compare the catalogue with audit events.")
    parser.add_argument("modules", nargs="*", help="tests of CPython without their test_ (default: all of a list)")
    parser.add_argument("--only", choices=["cpython", "thirdparty"], help="one part")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="test modules at a time")
    parser.add_argument("--notes", type=Path, help="keep what was seen in this folder; what is there is not run again")
    parser.add_argument("--write", type=Path, metavar="FILE", help="write the page")
    return parser.parse_args()


def main() -> int:
    given = arguments()
    with tempfile.TemporaryDirectory() as folder:
        notes = given.notes or Path(folder)
        notes.mkdir(exist_ok=True)
        modules = [] if given.only == "thirdparty" else given.modules or MODULES
        rows, found = cpython(modules, notes, given.jobs)
        singles, others = ([], Comparison()) if given.only == "cpython" else third_party(notes)
    machine = f"{os.cpu_count()} cores, {platform.system()} {platform.release()}, Python {platform.python_version()}"
    where = f"Measured {date.today()} on {machine}."
    text = page(rows, found, singles, others, where)
    if given.write:
        given.write.write_text(text, encoding="utf-8")
    else:
        print(text)
    for comparison in (found, others):
        for (name, effect), events in sorted(comparison.wrong.items()):
            print(f"wrong: {name} is marked {effect}: {', '.join(list(events)[:3])}", file=sys.stderr)
    return 1 if found.wrong or others.wrong else 0


def cpython(modules: list[str], notes: Path, jobs: int) -> tuple[list[Row], Comparison]:
    found = Comparison()
    rows: list[Row] = []
    with ThreadPoolExecutor(jobs) as pool:
        for module, seen in zip(
            modules, pool.map(lambda one: watched("effects.cpython", f"test_{one}", notes), modules), strict=True
        ):
            if seen is None:
                print(f"test_{module} could not be run", file=sys.stderr)
                continue
            add(found, seen["events"])
            found.add_called(seen["called"])
            count = sum(event[4] for event in seen["events"])
            rows.append(Row(seen["name"], seen["tests"], seen["failed"], len(seen["called"]), count))
            print(f"{seen['name']}: {seen['tests']} tests, {count} events", file=sys.stderr)
    return rows, found


def third_party(notes: Path) -> tuple[list[Single], Comparison]:
    found = Comparison()
    singles = []
    for seen in watched("effects.thirdparty", "", notes) or []:
        add(found, seen["events"], seen["name"])
        singles.append(
            Single(seen["name"], tuple(sorted({event[0] for event in seen["events"]})), seen.get("error", ""))
        )
        if seen.get("error"):
            print(f"{seen['name']}: {seen['error']}", file=sys.stderr)
    return singles, found


def add(found: Comparison, events: list, outermost: str = "") -> None:
    for event, is_write, chain, leaf, count, example in events:
        through = tuple(chain)
        if outermost and outermost not in through:
            through = (*through, outermost)
        found.add(Seen(event, is_write, through, leaf, count, example))


def watched(module: str, name: str, notes: Path):
    """What a process of its own wrote down; None if it wrote nothing."""
    out = notes / f"{name or 'thirdparty'}.json"
    if not out.exists():
        command = [sys.executable, "-W", "ignore", "-m", module, *([name] if name else []), str(out)]
        environment = {**os.environ, "PYTHONPATH": str(LIB)}
        try:
            done = subprocess.run(
                command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=LIMIT
            )
        except subprocess.TimeoutExpired:
            return None
        if not out.exists():
            print(done.stderr.decode(errors="replace")[-600:], file=sys.stderr)
    return json.loads(out.read_text(encoding="utf-8")) if out.exists() else None


if __name__ == "__main__":
    sys.exit(main())
