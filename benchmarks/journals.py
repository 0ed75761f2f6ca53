"""Long journals: what a step costs in time and memory, first and last.

    python benchmarks/journals.py [--steps N] [--write docs/performance.md]

A program of N read steps is run, killed at its end and resumed, so that the resumed process replays all of them. Each
tenth of them is timed, and the process's resident memory read, from outside.
"""

from __future__ import annotations

import argparse
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from report import Section, replace_section, this_machine, today

STEPPING = """\
import os
import sys

count = int(sys.argv[1])
for part in range(10):
    for _ in range(count // 10):
        os.stat("mark")
    print(part, flush=True)
input("go on? ")
"""
_PAGE = resource.getpagesize()


@dataclass(frozen=True)
class Sample:
    """Seconds since the start and resident bytes, when a line came out."""

    seconds: float
    resident: int


def main() -> None:
    options = _options()
    with tempfile.TemporaryDirectory(prefix="durable-journals-") as name:
        folder = Path(name)
        written, replayed = steps(folder, options.steps)
        size = sum(path.stat().st_size for path in (folder / ".durable").glob("journal.db*"))
    text = _report(options.steps, written, replayed, size)
    print(text)
    if options.write:
        replace_section(options.write, Section.JOURNALS, text)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--steps", type=int, default=1_000_000)
    parser.add_argument("--write", type=Path, help="a Markdown file whose section is replaced")
    return parser.parse_args()


def steps(folder: Path, count: int) -> tuple[list[Sample], list[Sample]]:
    """Return the samples of the run and those of its replay."""
    (folder / "mark").touch()
    (folder / "steps.py").write_text(STEPPING)
    written = _sampled(folder, ["run", "--id", "steps", "steps.py", str(count)], 10)
    return written, _sampled(folder, ["resume", "steps"], 10)


def _sampled(folder: Path, command: list[str], lines: int) -> list[Sample]:
    """Run a command until it has said `lines` lines, then kill it."""
    process = _started(folder, command)
    started = time.monotonic()
    samples = []
    assert process.stdout is not None
    for _ in range(lines):
        if not process.stdout.readline():
            raise SystemExit(f"{command} ended too early")
        samples.append(Sample(time.monotonic() - started, _resident(process.pid)))
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    return samples


def _started(folder: Path, command: list[str]) -> subprocess.Popen[str]:
    """Start durable in a folder; what it prints goes to us through a pipe, nothing comes in."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("DURABLE_")}
    return subprocess.Popen(
        [sys.executable, "-m", "durable", *command],
        cwd=folder,
        env={**kept, "XDG_STATE_HOME": str(folder / "state"), "PYTHONUNBUFFERED": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def _resident(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE


def _report(count: int, written: list[Sample], replayed: list[Sample], size: int) -> str:
    rows = [
        f"| {number + 1} | {_each(written, number, count)} | {written[number].resident >> 20} MB "
        f"| {_each(replayed, number, count)} | {replayed[number].resident >> 20} MB |"
        for number in range(10)
    ]
    return "\n".join(
        [
            f"A run of {count:,} read steps, killed at its end and resumed: microseconds a step and resident "
            f"memory in each tenth. The journal has {size >> 20:,} MB.",
            "",
            "| tenth | run | memory | replay | memory |",
            "|---|---|---|---|---|",
            *rows,
            "",
            f"{today()}, {this_machine()}.",
        ]
    )


def _each(samples: list[Sample], number: int, steps: int) -> str:
    """Return the microseconds a step took in that tenth; the first has the start of the process in it."""
    before = samples[number - 1].seconds if number else 0.0
    return f"{(samples[number].seconds - before) / (steps / 10) * 1e6:.0f}"


if __name__ == "__main__":
    main()
