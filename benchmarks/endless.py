"""Runs without end on Temporal: many steps and a poller over many executions, killed at random.

    python benchmarks/endless.py [--steps N] [--polls N] [--seconds S] [--write docs/performance.md]

Each runs on a dev server with a database file, in a process that gets SIGKILL after up to S seconds, again and again.
At the end its output and its ledger are compared with the plain program's, and the server is asked how many events and
bytes each execution has. The long one is killed once more at its end and started again, which replays all its steps.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from report import Section, replace_section, this_machine, today
from temporalio.client import Client

from durable.runner.temporal.server import Server, ServerOptions

STEPS = """\
import os
import sys

total = 0
for number in range(int(sys.argv[1])):
    total += os.stat("mark").st_size
    if number % 100 == 0:
        fd = os.open("ledger", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.write(fd, f"{number}\\n".encode())
        os.close(fd)
    if number % 1000 == 0:
        print(number, total)
print("total", total)
print(input("go on? "))
"""
POLLS = """\
import os
import sys
import time

seen = 0
while True:
    seen += os.path.getsize("mark")
    if seen % 100 == 0:
        fd = os.open("ledger", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.write(fd, f"{seen}\\n".encode())
        os.close(fd)
    if seen >= int(sys.argv[1]):
        break
    time.sleep(0.005)
print("seen", seen, input("go on? "))
"""
EVENTS, BYTES = 51_200, 50 * 1024 * 1024
_PAGE = resource.getpagesize()


@dataclass
class Told:
    """What came of one program."""

    kills: int = 0
    repeated: int = 0
    seconds: float = 0.0
    replay: float = 0.0
    executions: list[tuple[int, int]] = field(default_factory=list)
    pace: list[tuple[float, int, int]] = field(default_factory=list)
    """Moments with the ledger's lines and the process's resident bytes, kills left out."""


class Program:
    """One program in a directory of its own, run again after each kill."""

    def __init__(self, folder: Path, text: str, count: int, environment: dict[str, str]) -> None:
        folder.mkdir()
        (folder / "program.py").write_text(text)
        (folder / "mark").write_text("x")
        self.folder, self.count = folder, count
        kept = {key: value for key, value in os.environ.items() if not key.startswith("DURABLE_")}
        self.environment = {**kept, "XDG_STATE_HOME": str(folder / "state"), **environment}
        self.told = Told()

    def plain(self) -> tuple[str, list[str]]:
        """Return what plain Python prints and the ledger that it writes."""
        done = subprocess.run(
            [sys.executable, "program.py", str(self.count)],
            cwd=self.folder,
            input="yes\n",
            capture_output=True,
            text=True,
            check=True,
        )
        ledger = self.ledger()
        (self.folder / "ledger").unlink()
        return done.stdout, ledger

    def ledger(self) -> list[str]:
        path = self.folder / "ledger"
        return path.read_text().splitlines() if path.exists() else []

    def durable(self, *command: str, **options: object) -> subprocess.Popen[str]:
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True}
        return subprocess.Popen(
            [sys.executable, "-m", "durable", *command],
            cwd=self.folder,
            env=self.environment,
            **{**pipes, **options},  # type: ignore[call-overload]
        )

    def start(self, address: str) -> subprocess.Popen[str]:
        command = ("run", "--address", address, "--id", "run", "program.py", str(self.count))
        with open(self.folder / "out", "w") as out, open(self.folder / "err", "a") as err:
            return self.durable(*command, stdout=out, stderr=err)

    def kill_until(self, address: str, lines: int, seconds: float, chance: random.Random) -> subprocess.Popen[str]:
        """Run it with kills until the ledger has that many lines; return the last process."""
        begun = time.monotonic()
        while True:
            running = self.start(address)
            end = time.monotonic() + chance.uniform(0.3, 1) * seconds
            before = len(set(self.ledger()))
            while time.monotonic() < end or len(set(self.ledger())) == before:
                time.sleep(0.5)
                found = len(set(self.ledger()))
                self.told.pace.append((time.monotonic(), found, _resident(running.pid)))
                if found >= lines:
                    self.told.seconds = time.monotonic() - begun
                    return running
                if running.poll() is not None:
                    said = (self.folder / "err").read_text()
                    raise SystemExit(f"it ended by itself with {running.returncode}: {said}")
            self.kill(running)

    def kill(self, running: subprocess.Popen[str]) -> None:
        running.send_signal(signal.SIGKILL)
        running.wait()
        self.told.kills += 1
        print(f"kill {self.told.kills}: {len(self.ledger())} lines", flush=True)

    def answer(self, address: str) -> float:
        """Answer the prompt as soon as a worker takes that; return the seconds it took."""
        begun = time.monotonic()
        while self.durable("answer", "--address", address, "run", "yes").wait() != 0:
            if time.monotonic() - begun > 900:
                raise SystemExit("nobody takes the answer")
        return time.monotonic() - begun


def _resident(pid: int) -> int:
    with contextlib.suppress(OSError):
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
    return 0


async def _executions(address: str) -> list[tuple[int, int]]:
    client = await Client.connect(address)
    found = [item async for item in client.list_workflows("WorkflowId = 'run'")]
    told = [await client.get_workflow_handle("run", run_id=item.run_id).describe() for item in found]
    return sorted((item.history_length, item.raw_info.history_size_bytes) for item in told)


def campaign(folder: Path, text: str, count: int, seconds: float, environment: dict[str, str]) -> Told:
    """Run one program with kills on a server of its own; exit where it is not as it must be."""
    program = Program(folder, text, count, environment)
    expected, lines = program.plain()
    server = Server(ServerOptions(folder / "temporal.db"))
    server.wait_until_ready()
    running = program.kill_until(server.address, len(lines), seconds, random.Random(7))
    show = ("show", "--address", server.address, "--json", "run")
    while '"prompt"' not in program.durable(*show).communicate()[0]:
        time.sleep(1)
    program.kill(running)
    running = program.start(server.address)
    peak = [0]
    threading.Thread(target=_watch, args=(running, peak), daemon=True).start()
    program.told.replay = program.answer(server.address)
    if running.wait() or (folder / "out").read_text() != expected:
        raise SystemExit(f"the output is not the plain program's, see {folder}/out")
    ledger = program.ledger()
    if list(dict.fromkeys(ledger)) != lines:
        raise SystemExit(f"the ledger is not the plain program's, see {folder}/ledger")
    program.told.repeated = len(ledger) - len(lines)
    program.told.pace.append((time.monotonic(), len(lines), peak[0]))
    program.told.executions = asyncio.run(_executions(server.address))
    if program.told.executions[-1][0] > EVENTS or max(size for _, size in program.told.executions) > BYTES:
        raise SystemExit(f"a history exceeds the limits: {program.told.executions}")
    if program.told.repeated > program.told.kills:
        raise SystemExit(f"{program.told.repeated} writes were repeated by {program.told.kills} kills")
    server.stop()
    return program.told


def _watch(process: subprocess.Popen[str], peak: list[int]) -> None:
    while process.poll() is None:
        peak[0] = max(peak[0], _resident(process.pid))
        time.sleep(0.2)


def _each(pace: list[tuple[float, int, int]], first: float, last: float, steps: int) -> str:
    """Return the milliseconds of a step between two shares of the ledger, in the best process that was there."""
    whole = pace[-1][1]
    inside = [one for one in pace if first * whole <= one[1] <= last * whole]
    rates = [
        (after[1] - before[1]) / (after[0] - before[0])
        for before, after in zip(inside, inside[10:], strict=False)
        if after[1] > before[1]
    ]
    return f"{1000 / (max(rates) * steps / whole):.1f} ms" if rates else "-"


def _row(name: str, count: int, told: Told) -> str:
    events, size = told.executions[-1][0], max(size for _, size in told.executions)
    return (
        f"| {name} | {count:,} | {told.kills} | {told.repeated} | {len(told.executions)} | {events:,} "
        f"| {size / 1e6:.1f} MB | {_each(told.pace, 0, 0.2, count)} | {_each(told.pace, 0.8, 1, count)} "
        f"| {told.replay:.1f} s | {max(one[2] for one in told.pace) >> 20} MB |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--steps", type=int, default=200_000)
    parser.add_argument("--polls", type=int, default=4_000)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--write", type=Path, help="a Markdown file whose section is replaced")
    options = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory(prefix="durable-endless-") as name:
        if options.polls:
            low = {"DURABLE_TEMPORAL_HISTORY": "500"}
            told = campaign(Path(name) / "polls", POLLS, options.polls, options.seconds / 3, low)
            rows.append(_row("poller, new executions after 500 events", options.polls, told))
            print(rows[-1], flush=True)
        if options.steps:
            told = campaign(Path(name) / "steps", STEPS, options.steps, options.seconds, {})
            rows.append(_row("steps, 1 % writes", options.steps, told))
            print(rows[-1], flush=True)
    text = "\n".join(
        [
            "| program | steps | kills | writes done twice | executions | most events | most bytes "
            "| a step at the start | at the end | replay of all | most memory |",
            "|---|---|---|---|---|---|---|---|---|---|---|",
            *rows,
            "",
            f"{today()}, {this_machine()}.",
        ]
    )
    print(text)
    if options.write:
        replace_section(options.write, Section.ENDLESS, text)


if __name__ == "__main__":
    main()
