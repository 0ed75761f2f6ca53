"""Long journals and large values: what a step costs in time and memory, first and last.

    python benchmarks/journals.py [--steps N] [--megabytes N] [--write docs/performance.md]

A program of N read steps is run, killed at its end and resumed, so that the resumed process replays all of them. Each
tenth of them is timed, and the process's resident memory read, from outside.
"""

from __future__ import annotations

import argparse
import datetime
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

HEADING = "## Long journals and large values"
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
CARRYING = """\
from pathlib import Path

data = Path("large").read_bytes()
print(len(data), flush=True)
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
        alone, carried, again = values(folder, options.megabytes)
    text = _report(options, written, replayed, size, (alone, carried, again))
    print(text)
    if options.write:
        _replace_section(options.write, text)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--steps", type=int, default=1_000_000)
    parser.add_argument("--megabytes", type=int, default=100)
    parser.add_argument("--write", type=Path, help="a Markdown file whose section is replaced")
    return parser.parse_args()


def steps(folder: Path, count: int) -> tuple[list[Sample], list[Sample]]:
    """Return the samples of the run and those of its replay."""
    (folder / "mark").touch()
    (folder / "steps.py").write_text(STEPPING)
    written = _sampled(folder, ["run", "--id", "steps", "steps.py", str(count)], 10)
    return written, _sampled(folder, ["resume", "steps"], 10)


def values(folder: Path, megabytes: int) -> tuple[int, int, int]:
    """Return the peak memory in bytes: of an empty run, of one that a large value passes through, and of its replay."""
    peaks = []
    (folder / "carry.py").write_text(CARRYING)
    for size, command in ((0, ["run", "--id", "none"]), (megabytes, ["run", "--id", "large"])):
        (folder / "large").write_bytes(os.urandom(size << 20))
        peaks.append(_peak(folder, [*command, "carry.py"]))
    return peaks[0], peaks[1], _peak(folder, ["resume", "large"])


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


def _peak(folder: Path, command: list[str]) -> int:
    process = _started(folder, command)
    assert process.stdout is not None
    process.stdout.readline()
    time.sleep(0.5)  # for what is committed once the program waits
    status = Path(f"/proc/{process.pid}/status").read_text()
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    return 1024 * int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1])


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


def _report(
    options: argparse.Namespace,
    written: list[Sample],
    replayed: list[Sample],
    size: int,
    peaks: tuple[int, int, int],
) -> str:
    rows = [
        f"| {number + 1} | {_each(written, number, options.steps)} | {written[number].resident >> 20} MB "
        f"| {_each(replayed, number, options.steps)} | {replayed[number].resident >> 20} MB |"
        for number in range(10)
    ]
    alone, carried, again = peaks
    megabytes = options.megabytes
    return "\n".join(
        [
            HEADING,
            "",
            "Measured by `python benchmarks/journals.py --write docs/performance.md`.",
            "",
            f"A run of {options.steps:,} read steps, killed at its end and resumed: microseconds a step and resident "
            f"memory in each tenth. The journal has {size >> 20:,} MB.",
            "",
            "| tenth | run | memory | replay | memory |",
            "|---|---|---|---|---|",
            *rows,
            "",
            f"A value of {megabytes} MB (bytes that do not compress) through one step: at the peak the process is "
            f"{(carried - alone) / 2**20 / megabytes:.1f} times the value larger than one without it when it runs, and "
            f"{(again - alone) / 2**20 / megabytes:.1f} times when it replays.",
            "",
            f"{datetime.date.today()}, {os.cpu_count()} cores, Python {sys.version.split()[0]}.",
        ]
    )


def _each(samples: list[Sample], number: int, steps: int) -> str:
    """Return the microseconds a step took in that tenth; the first has the start of the process in it."""
    before = samples[number - 1].seconds if number else 0.0
    return f"{(samples[number].seconds - before) / (steps / 10) * 1e6:.0f}"


def _replace_section(path: Path, text: str) -> None:
    kept = path.read_text()
    start = kept.find(HEADING)
    end = kept.find("\n## ", start + 1) if start >= 0 else -1
    before = kept[:start].rstrip("\n") if start >= 0 else kept.rstrip("\n")
    after = kept[end:] if end >= 0 else "\n"
    path.write_text(f"{before}\n\n{text}\n{after}".rstrip("\n") + "\n")


if __name__ == "__main__":
    main()
