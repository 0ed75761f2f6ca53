"""Large values: how many times a value that passes through a step is held in memory at the peak.

    python benchmarks/memory.py [--megabytes 20 100] [--kind bytes …] [--write docs/performance.md]

Each program makes one value in a step, or gives one to a step, and waits; the process's peak is read then. What the
value adds to the peak of the same program with next to nothing, over the size of the value, is how often it was held:
1 is the value alone. That is measured for plain Python, for a durable run, and for its replay in a new process.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from report import Section, replace_section, this_machine, today

MAKERS = {
    "bytes": "return os.urandom(size)",
    "text": "return os.urandom(size // 2).hex()",
    "bytearray": "return bytearray(os.urandom(size))",
    "array of numpy": "return numpy.random.default_rng(1).random(size // 8)",
    "list of floats": "return list(array.array('d', [n / 7 for n in range(size // 32)]))",
    "dict": "return {f'key {n}': n / 7 for n in range(size // 160)}",
    "rows": "return [{'name': f'name {n}', 'amount': n / 7} for n in range(size // 400)]",
}
PROGRAM = """\
import array
import os
import sys

import numpy

size = int(sys.argv[1])


def make():  # durable: {made}
    {maker}


def take(value):  # durable: {taken}
    return len(value)


found = make()
print(take(found), flush=True)
input("go on? ")
"""
WAYS = {"result": ("step", "inline"), "argument": ("inline", "step")}
_SMALL = 1 << 10


@dataclass(frozen=True)
class Row:
    """One kind of value in one way through a step: its megabytes, and how often it was held."""

    kind: str
    way: str
    megabytes: float
    plain: float
    run: float
    replay: float


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--megabytes", type=int, nargs="+", default=[20, 100])
    parser.add_argument("--kind", nargs="+", choices=MAKERS, default=list(MAKERS))
    parser.add_argument("--way", nargs="+", choices=WAYS, default=list(WAYS))
    parser.add_argument("--write", type=Path, help="a Markdown file whose section is replaced")
    options = parser.parse_args()
    rows = []
    for row in measured(options.megabytes, options.kind, options.way):
        print(_line(row), flush=True)
        rows.append(row)
    if options.write:
        replace_section(options.write, Section.MEMORY, "\n".join(_section(rows)))
    return 0


def measured(sizes: list[int], kinds: list[str], ways: list[str]) -> Iterator[Row]:
    """Yield a row for each kind, way and size."""
    for kind in kinds:
        for way in ways:
            with tempfile.TemporaryDirectory(prefix="durable-memory-") as name:
                folder = Path(name)
                made, taken = WAYS[way]
                text = PROGRAM.format(maker=MAKERS[kind], made=made, taken=taken)
                (folder / "carry.py").write_text(text.replace("  # durable: inline", ""))
                _peaks(folder, _SMALL // 2)  # compiles it, which takes memory too
                base = _peaks(folder, _SMALL)
                for megabytes in sizes:
                    size = _size(MAKERS[kind], megabytes << 20)
                    peaks = _peaks(folder, megabytes << 20)
                    held = [(peak - alone) / size for peak, alone in zip(peaks, base, strict=True)]
                    yield Row(kind, way, size / 2**20, *held)


def _size(maker: str, size: int) -> int:
    """Return how many bytes the value takes, with all that it holds."""
    code = textwrap.dedent(f"""
        import array, os, sys, numpy
        def make(size):
            {maker}
        def all_of(value):
            if isinstance(value, dict):
                yield from (part for pair in value.items() for one in pair for part in all_of(one))
            elif isinstance(value, list):
                yield from (part for one in value for part in all_of(one))
            yield value
        print(sum({{id(part): sys.getsizeof(part) for part in all_of(make({size}))}}.values()))
    """)
    return int(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout)


def _peaks(folder: Path, size: int) -> tuple[int, int, int]:
    """Return the peak bytes of the plain program, of its durable run, and of that run's replay."""
    run = f"run-{size}"
    durable = [sys.executable, "-m", "durable"]
    return (
        _peak(folder, [sys.executable, "carry.py", str(size)]),
        _peak(folder, [*durable, "run", "--id", run, "carry.py", str(size)]),
        _peak(folder, [*durable, "resume", run]),
    )


def _peak(folder: Path, command: list[str]) -> int:
    """Run a command until it waits for its input, and return the most memory that it has had."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("DURABLE_")}
    process = subprocess.Popen(
        command,
        cwd=folder,
        env={**kept, "XDG_STATE_HOME": str(folder / "state")},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    while (read := process.stdout.read(1)) != "?":
        if not read:
            raise SystemExit(f"{command} ended too early")
    status = Path(f"/proc/{process.pid}/status").read_text()
    process.send_signal(signal.SIGKILL)
    process.communicate()
    return 1024 * int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1])


def _line(row: Row) -> str:
    held = f"{row.plain:.1f} | {row.run:.1f} | {row.replay:.1f}"
    return f"| {row.kind} | {row.way} | {row.megabytes:.0f} MB | {held} |"


def _section(rows: list[Row]) -> Iterator[str]:
    yield "| value | as | size | plain Python | durable run | its replay |"
    yield "|---|---|---|---|---|---|"
    yield from map(_line, rows)
    yield ""
    yield f"{today()}, {this_machine()}."


if __name__ == "__main__":
    sys.exit(main())
