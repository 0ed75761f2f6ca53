"""How long compiling takes: programs of realistic style by size, cold and from the cache.

python benchmarks/compiling.py [--lines 1000,5000,50000] [--write docs/performance.md]
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from report import Section, replace_section, this_machine, today

SIZES = (1_000, 5_000, 10_000, 25_000, 50_000)
MODULE = 500
HEAD = '''"""Part {number} of a shop's back office."""

import csv
import json
import logging
import os
import random
import sqlite3
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import requests

log = logging.getLogger(__name__)
API = os.environ.get("SHOP_API", "http://127.0.0.1:8000")
'''
PARTS = (
    '''

@dataclass
class Order{number}:
    """An order as the shop's API gives it."""

    id: int
    customer: str
    lines: list[dict] = field(default_factory=list)

    def total(self) -> int:
        return sum(line["price"] * line["count"] for line in self.lines)

    def is_large(self) -> bool:
        return self.total() > {number} * 100 or len(self.lines) > 20
''',
    '''

def fetch_orders_{number}(session: requests.Session, since: datetime) -> list[dict]:
    """All orders since a day, page by page."""
    found = []
    page = 1
    while True:
        answer = session.get(f"{{API}}/orders", params={{"page": page, "since": since.isoformat()}}, timeout=30)
        answer.raise_for_status()
        body = answer.json()
        found.extend(body["orders"])
        if not body.get("more"):
            return found
        page += 1
        time.sleep(random.uniform(0.1, 0.5))
''',
    """

def write_report_{number}(orders, path):
    total = 0
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "customer", "total"])
        for order in sorted(orders, key=lambda one: one["id"]):
            amount = sum(line["price"] * line["count"] for line in order["lines"])
            writer.writerow([order["id"], order["customer"].strip().title(), amount])
            total += amount
    log.info("%s: %d orders, %d cents", path, len(orders), total)
    os.replace(path, f"{{path}}.done")
    return total
""",
    """

class Store{number}:
    def __init__(self, path: str = "shop{number}.db"):
        self.connection = sqlite3.connect(path)
        self.connection.execute("CREATE TABLE IF NOT EXISTS done (id INTEGER PRIMARY KEY, at TEXT)")

    def is_done(self, order) -> bool:
        row = self.connection.execute("SELECT at FROM done WHERE id = ?", (order["id"],)).fetchone()
        return row is not None

    def mark(self, order):
        with self.connection:
            self.connection.execute("INSERT INTO done VALUES (?, ?)", (order["id"], datetime.now().isoformat()))

    def close(self):
        self.connection.close()
""",
    """

def ship_{number}(orders, store, session):
    shipped = []
    for order in orders:
        if store.is_done(order):
            continue
        try:
            answer = session.post(f"{{API}}/shipments", json={{"order": order["id"]}}, timeout=30)
            answer.raise_for_status()
        except requests.RequestException as error:
            log.warning("order %s: %s", order["id"], error)
            continue
        store.mark(order)
        shipped.append(answer.json()["shipment"])
    Path("shipped{number}.json").write_text(json.dumps(shipped, indent=2))
    return shipped
""",
    """

def clean_{number}(folder: Path, days: int = {number}):
    limit = time.time() - timedelta(days=days).total_seconds()
    for path in folder.rglob("*.tmp"):
        if path.is_file() and path.stat().st_mtime < limit:
            print("removing", path)
            path.unlink()
    names = [name for name in os.listdir(folder) if name.endswith(".log")]
    return {{name: os.path.getsize(folder / name) for name in names}}
""",
)
MAIN = """

def main_{number}():
    session = requests.Session()
    store = Store{number}()
    orders = fetch_orders_{number}(session, datetime.now() - timedelta(days=1))
    write_report_{number}(orders, "report{number}.csv")
    ship_{number}(orders, store, session)
    clean_{number}(Path("."))
    store.close()
"""
# What a fresh process does; it says how long compiling took, the compiler's imports among it, and the time of CPUs.
COMPILE = """
import json, os, sys, time
started = time.perf_counter()
from pathlib import Path
from durable.transpiler.pipeline import CompileOptions, compile_program
bundle = compile_program(Path(sys.argv[1]), CompileOptions(cache_dir=Path(sys.argv[2])))
seconds = time.perf_counter() - started
times = os.times()
cpu = times.user + times.system + times.children_user + times.children_system
print(json.dumps([seconds, cpu, len(bundle.manifest["steps"])]))
"""


@dataclass(frozen=True)
class Row:
    """Seconds that compiling a program of so many lines took, cold and warm, CPU time as well, and its steps."""

    lines: int
    steps: int
    cold: float
    warm: float
    cold_cpu: float
    warm_cpu: float


def module(number: int) -> str:
    """One module of about MODULE lines."""
    text, count = HEAD.format(number=number), number * 100
    while len(text.splitlines()) < MODULE:
        text += "".join(part.format(number=count) for part in (*PARTS, MAIN))
        count += 1
    return text


def write_program(folder: Path, lines: int) -> Path:
    """A script of that many lines with its modules; the script."""
    modules = max(1, round(lines / MODULE))
    for number in range(modules):
        (folder / f"part{number}.py").write_text(module(number))
    script = folder / "main.py"
    imports = "".join(f"import part{number}\n" for number in range(modules))
    calls = "".join(f"part{number}.main_{number * 100}()\n" for number in range(modules))
    script.write_text(f"{imports}\n{calls}")
    return script


def measure(lines: int, times: int = 3) -> Row:
    """The best of some compilations of one size, each in a process of its own."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        script = write_program(folder, lines)
        found = [[compiled(script, folder / f"cache{number}") for _ in range(2)] for number in range(times)]
        real = sum(len(path.read_text().splitlines()) for path in folder.glob("*.py"))
        best = [min(pair[at][part] for pair in found) for part in (0, 1) for at in (0, 1)]
        return Row(real, int(found[0][0][2]), *best)


def compiled(script: Path, cache: Path) -> list[float]:
    done = subprocess.run([sys.executable, "-c", COMPILE, script, cache], capture_output=True, text=True, check=True)
    found: list[float] = json.loads(done.stdout)
    return found


def table(rows: list[Row]) -> Iterator[str]:
    yield "| lines | steps | cold | warm | cold, CPU | warm, CPU | cold, CPU per 1,000 lines |"
    yield "|---|---|---|---|---|---|---|"
    for row in rows:
        seconds = (row.cold, row.warm, row.cold_cpu, row.warm_cpu, 1000 * row.cold_cpu / row.lines)
        yield f"| {row.lines:,} | {row.steps:,} | " + " | ".join(f"{one:.2f} s" for one in seconds) + " |"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", default=",".join(map(str, SIZES)), help="the sizes")
    parser.add_argument("--times", type=int, default=3, help="compilations of each size, of which the best counts")
    parser.add_argument("--write", type=Path, metavar="FILE", help="write the section of this page anew")
    given = parser.parse_args()
    rows = [measure(int(lines), given.times) for lines in given.lines.split(",")]
    print("\n".join(table(rows)))
    if given.write:
        text = "\n".join([*table(rows), "", f"{today()}, {this_machine()}."])
        replace_section(given.write, Section.COMPILING, text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
