"""Faults by the thousand: kills, power failures, full disks and clocks set back, against the plain program's answer.

    python benchmarks/reliability.py [--kills N] [--power N] [--full N] [--clock N] [--write docs/reliability.md]

After each fault the run is resumed. Its output and files must be the plain program's; every step that was recorded
before the fault must still be there, with the same record; and the ledger, in which each step's effect is one line,
must hold every line once, and twice only those of steps that `durable show` marks as in doubt.
"""

from __future__ import annotations

import argparse
import collections
import datetime
import json
import os
import random
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from power import Recorded, record

PROGRAM = """\
import sys
import time

import ledger

for number in range(12):
    ledger.append("ledger.txt", f"line {number}")
    if number % 4 == 1:
        with open(f"part{number}.txt", "w") as file:
            file.write("x" * 2000)
    if number % 4 == 2:
        time.sleep(0.02)
print("done", int(time.time()) > 0)
"""
LIBRARY = """\
import os

def append(path, text):
    fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(fd, (text + "\\n").encode())
    os.fsync(fd)
    os.close(fd)
"""
EXPECTED = [f"line {number}" for number in range(12)]
FILES = ("part1.txt", "part5.txt", "part9.txt")


@dataclass
class Tally:
    """What a campaign found: runs, runs by what the fault did, and everything that was not as it must be."""

    runs: int = 0
    seen: collections.Counter[str] = field(default_factory=collections.Counter)
    wrong: list[str] = field(default_factory=list)


class Place:
    """A directory with the program; `durable` is run in it.

    `seconds` is how long that takes, `busy` how long from its first line to its end.
    """

    seconds = 0.0
    busy = 0.0

    def __init__(self, folder: Path, cache: Path | None = None) -> None:
        self.folder = folder
        folder.mkdir()
        if cache is not None:  # compiled once, so that faults meet the run and not the compiler
            shutil.copytree(cache, self.home / "cache")
        (folder / "pyproject.toml").touch()
        (folder / "program").mkdir()
        (folder / "program" / "main.py").write_text(PROGRAM)
        (folder / "library").mkdir()
        (folder / "library" / "ledger.py").write_text(LIBRARY)

    @property
    def home(self) -> Path:
        return self.folder / ".durable"

    def start(self, *command: str, limit: int | None = None, late: float = 0.0) -> subprocess.Popen[str]:
        """Start a command; files may grow to `limit` bytes, and its clock is `late` seconds behind."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith("DURABLE_")}
        paths = [str(self.folder / "library"), *([str(_FAULTS)] if late else [])]
        env = {**kept, "PYTHONPATH": os.pathsep.join(paths), "XDG_STATE_HOME": str(self.folder / "state")}
        return subprocess.Popen(
            [sys.executable, "-m", "durable", *command],
            cwd=self.folder,
            env={**env, "CLOCK_LATE": str(late)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=None if limit is None else lambda: _limit(limit),
        )

    def call(self, *command: str, **options: float) -> subprocess.CompletedProcess[str]:
        process = self.start(*command, **options)  # type: ignore[arg-type]
        out, err = process.communicate(timeout=300)
        return subprocess.CompletedProcess(command, process.returncode, out, err)

    def run(self, **options: float) -> subprocess.CompletedProcess[str]:
        return self.call("run", "--id", "r", "program/main.py", **options)

    def lines(self) -> int:
        """Return how many lines the ledger has."""
        path = self.folder / "ledger.txt"
        return path.read_text().count("\n") if path.exists() else 0

    def recorded(self) -> list[tuple[object, ...]]:
        """Return the entries of the run as a reader of the journal finds them."""
        if not (self.home / "journal.db").exists():
            return []
        copy = self.folder / "copy"
        shutil.copytree(self.home, copy)
        db = sqlite3.connect(copy / "journal.db")
        try:
            return db.execute("SELECT idx, kind, seq, name, payload, in_doubt FROM entries ORDER BY idx").fetchall()
        except sqlite3.Error:
            return []
        finally:
            db.close()
            shutil.rmtree(copy)


_FAULTS = Path(__file__).resolve().parent / "faults"


def _limit(size: int) -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def kill(place: Place, rng: random.Random, tally: Tally) -> None:
    """SIGKILL at a random instant, and again while it is resumed."""
    _kill(place, rng, tally)
    before = place.recorded()
    _kill(place, rng, tally)
    if place.recorded()[: len(before)] != before:
        tally.wrong.append("a recorded step was lost or changed by a kill")
    _goes_on(place, tally)


def _kill(place: Place, rng: random.Random, tally: Tally) -> None:
    """Start or resume the run and kill it: mostly while it performs its steps, at times while it starts or ends."""
    lines = place.lines()
    process = place.start("run", "--id", "r", "program/main.py")
    if rng.random() < 0.2:
        time.sleep(rng.uniform(0.1, 1.1) * place.seconds)
    else:
        while place.lines() == lines and process.poll() is None:
            time.sleep(0.002)
        time.sleep(rng.uniform(0.0, 0.8) * place.busy)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    tally.seen["killed" if process.returncode == -signal.SIGKILL else "ended before"] += 1
    tally.seen["with steps recorded" if place.recorded() else "with none recorded"] += 1


def full(place: Place, rng: random.Random, tally: Tally) -> None:
    """Let files of the run grow to a random size only; then there is room again."""
    done = place.run(limit=rng.randrange(1, 160) * 1024)
    tally.seen["full" if done.returncode else "room enough"] += 1
    if done.returncode and ("Traceback" in done.stderr or "durable:" not in done.stderr):
        tally.wrong.append(f"no clear error: {done.stderr[-300:]}")
    _goes_on(place, tally)


def clock(place: Place, rng: random.Random, tally: Tally) -> None:
    """Kill a run and resume it with a clock that is a second, an hour or a year behind."""
    _kill(place, rng, tally)
    _goes_on(place, tally, late=rng.choice((1.0, 3600.0, 86400.0 * 365)))


def _goes_on(place: Place, tally: Tally, late: float = 0.0) -> None:
    """Run to the end; compare what was recorded with what is kept, and everything with the plain program."""
    before = place.recorded()
    done = place.run(late=late)
    if (done.returncode, done.stdout) != (0, "done True\n"):
        tally.wrong.append(f"exit {done.returncode}, {done.stdout!r}: {done.stderr[-300:]}")
        return
    after = place.recorded()
    if after[: len(before)] != before:
        tally.wrong.append(f"a recorded step was lost or changed: {len(before)} before")
    lines = collections.Counter((place.folder / "ledger.txt").read_text().split("\n")[:-1])
    tally.seen["steps in doubt"] += sum(bool(entry[-1]) for entry in after)
    if set(lines) != set(EXPECTED):
        tally.wrong.append(f"lines are missing or odd: {sorted(lines)}")
    repeated = lines.total() - len(EXPECTED)
    tally.seen["steps done again"] += repeated
    if repeated and repeated > _shown_as_again(place):
        tally.wrong.append(f"a step was repeated and is not shown so: {lines}")
    if any((place.folder / name).read_text() != "x" * 2000 for name in FILES):
        tally.wrong.append("a file is not as the program left it")


def _shown_as_again(place: Place) -> int:
    """Return how many attempts after the first `durable show` tells of steps that it marks as in doubt.

    One that is in doubt with a single attempt had another one, whose start a power failure has taken.
    """
    shown = json.loads(place.call("show", "--json", "r").stdout)
    return sum(max(1, step["attempts"] - 1) for step in shown["steps"] if step["in_doubt"])


def power(place: Place, rng: random.Random, tally: Tally, trace: Recorded) -> None:
    """The machine loses power at a random moment of a recorded run: what was not flushed is lost or torn."""
    moment = rng.randrange(len(trace.events))
    promised = trace.replay(place.folder, moment, rng)
    before = place.recorded()
    if len(before) < promised:
        tally.wrong.append(f"{promised} steps were recorded and flushed, {len(before)} are there")
    tally.seen["with steps recorded" if before else "with none recorded"] += 1
    _goes_on(place, tally)


def main() -> None:
    options = _options()
    found = campaigns({name: getattr(options, name) for name in ("kills", "power", "full", "clock")}, options.seed)
    text = _report(found)
    print(text)
    if options.write:
        _replace(options.write, text)
    if any(tally.wrong for tally in found.values()):
        raise SystemExit(1)


def campaigns(counts: dict[str, int], seed: int) -> dict[str, Tally]:
    """Run so many runs of each campaign; return what they found."""
    found = {}
    with tempfile.TemporaryDirectory(prefix="durable-reliability-") as name:
        folder = Path(name)
        ways: dict[str, Callable[[Place, random.Random, Tally], None]] = {"kills": kill, "full": full, "clock": clock}
        first = Place(folder / "run")
        trace = record(first)  # where the others are: a run belongs to the path of its script
        cache = shutil.copytree(first.home / "cache", folder / "cache")
        trace = trace.moved(folder / "traced")
        ways["power"] = lambda place, rng, tally: power(place, rng, tally, trace)
        seconds, busy = _seconds(folder, cache)
        for way, count in counts.items():
            tally = found[way] = Tally()
            for number in range(count):
                place = Place(folder / "run", cache)
                place.seconds, place.busy = seconds, busy
                known = len(tally.wrong)
                ways[way](place, random.Random(f"{seed} {way} {number}"), tally)
                tally.runs += 1
                for text in tally.wrong[known:]:
                    print(f"{way} {number}: {text}", file=sys.stderr, flush=True)
                shutil.rmtree(place.folder)
                if tally.runs % 100 == 0:
                    print(_row(way, tally), file=sys.stderr, flush=True)
    return found


def _seconds(folder: Path, cache: Path) -> tuple[float, float]:
    """Return how long an undisturbed run takes here, and how long of it from its first line on."""
    place = Place(folder / "run", cache)
    started = time.monotonic()
    process = place.start("run", "--id", "r", "program/main.py")
    while not place.lines() and process.poll() is None:
        time.sleep(0.002)
    begun = time.monotonic()
    process.communicate()
    ended = time.monotonic()
    shutil.rmtree(place.folder)
    return ended - started, ended - begun


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--power", type=int, default=1000)
    parser.add_argument("--full", type=int, default=200)
    parser.add_argument("--clock", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--write", type=Path, help="a Markdown file whose table is replaced")
    return parser.parse_args()


_NAMES = {
    "kills": "SIGKILL at a random instant, twice",
    "power": "power lost",
    "full": "disk full",
    "clock": "clock back",
}


def _report(found: dict[str, Tally]) -> str:
    lines = ["| fault | runs | what it met | not as it must be |", "|---|---|---|---|"]
    for way, tally in found.items():
        lines.append(_row(way, tally))
        lines += [f"|  |  | {text} | |" for text in tally.wrong[:5]]
    return "\n".join([*lines, "", f"{datetime.date.today()}, Python {sys.version.split()[0]}."])


def _row(way: str, tally: Tally) -> str:
    met = ", ".join(f"{count} {what}" for what, count in sorted(tally.seen.items()))
    return f"| {_NAMES[way]} | {tally.runs} | {met} | {len(tally.wrong)} |"


def _replace(path: Path, text: str, head: str = "| fault |") -> None:
    kept = path.read_text()
    start, end = kept.index(head), kept.index("Python 3.", kept.index(head))
    path.write_text(kept[:start] + text + kept[kept.index("\n", end) :])


if __name__ == "__main__":
    main()
