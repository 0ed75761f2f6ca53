"""A disk that is full at each write of a run, one after the other; there is room again when the run goes on.

    python benchmarks/full_disks.py [--limits] [--pages] [--write docs/reliability.md]

With --limits a file may not grow beyond what the journal's files had before each of their commits (RLIMIT_FSIZE:
EFBIG). With --pages the whole project lies on a file system in memory with one page of room, with two, and so on until
the run has enough (ENOSPC, for the journal as for the program's own files); that is mounted in a namespace of its own
(`unshare`, Linux). Neither: both. What must hold afterwards is what `reliability.py` demands; a program whose own write
fails ends as plain Python does, and goes on with `durable retry`.
"""

from __future__ import annotations

import argparse
import datetime
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import reliability
from power import record
from reliability import Place, Tally

_PAGE = 4096
_SPARE = 4096
"""Pages of the file system once there is room."""
_INSIDE = "FULL_DISKS_INSIDE"


def limits(folder: Path, cache: Path | None, tally: Tally) -> None:
    """Full at each growth of a file of the journal."""
    first = Place(folder / "run")
    trace = record(first)
    cache = shutil.copytree(first.home / "cache", folder / "cache")
    shutil.rmtree(first.folder)
    for limit in sorted({size - 1 for event in trace.events for size in _sizes(event.folder)}):
        place = Place(folder / "run", cache)
        _fault(place, tally, lambda place=place, limit=limit: place.run(limit=limit), f"files of {limit} bytes")
        shutil.rmtree(place.folder)


def _sizes(folder: Path) -> Iterator[int]:
    for name in ("journal.db", "journal.db-wal"):
        size = (folder / name).stat().st_size
        if size:
            yield size


def pages(folder: Path, cache: Path | None, tally: Tally) -> None:
    """Full at each page that a write needs."""
    disk = folder / "disk"
    disk.mkdir()
    room = 0
    while not tally.seen["room enough"]:
        room += 1
        _mount(disk, _SPARE)
        place = Place(disk / "run", cache)
        _mount(disk, _used(disk) + room, "remount")

        def run(place: Place = place) -> subprocess.CompletedProcess[str]:
            done = place.run()
            _mount(disk, _SPARE, "remount")
            return done

        _fault(place, tally, run, f"{room} pages")
        subprocess.run(["umount", disk], check=True)


def _mount(disk: Path, size: int, *options: str) -> None:
    options = (*options, f"size={size * _PAGE}")
    subprocess.run(["mount", "-t", "tmpfs", "-o", ",".join(options), "tmpfs", disk], check=True)


def _used(disk: Path) -> int:
    found = os.statvfs(disk)
    return found.f_blocks - found.f_bfree


def _fault(place: Place, tally: Tally, run: Callable[[], subprocess.CompletedProcess[str]], what: str) -> None:
    """Run until the disk is full; with room again, go on, and compare."""
    known = len(tally.wrong)
    done = run()
    tally.runs += 1
    is_own = "Traceback" in done.stderr and "No space left on device" in done.stderr
    if is_own or "File too large" in done.stderr.rpartition("Traceback")[2]:
        tally.seen["full for the program"] += 1
        place.call("retry", "r")
    elif done.returncode:
        tally.seen["full for the journal"] += 1
        if "durable:" not in done.stderr or "Traceback" in done.stderr:
            tally.wrong.append(f"no clear error: {done.returncode} {done.stderr[-300:]}")
    else:
        tally.seen["room enough"] += 1
    reliability._goes_on(place, tally)
    for text in tally.wrong[known:]:
        print(f"{what}: {text}", file=sys.stderr, flush=True)


_WAYS = {"limits": limits, "pages": pages}
_NAMES = {"limits": "disk full at each commit of the journal", "pages": "disk full at each page that is written"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--limits", action="store_true")
    parser.add_argument("--pages", action="store_true")
    parser.add_argument("--write", type=Path, help="a Markdown file whose table is replaced")
    options = parser.parse_args()
    if _INSIDE not in os.environ:
        os.environ[_INSIDE] = "1"
        os.execvp("unshare", ["unshare", "--mount", "--map-root-user", sys.executable, *sys.argv])
    found = {}
    for way in [way for way in _WAYS if getattr(options, way)] or _WAYS:
        with tempfile.TemporaryDirectory(prefix="durable-full-") as name:
            folder = Path(name)
            found[way] = Tally()
            _WAYS[way](folder, None if way == "limits" else _cache(folder), found[way])
            print(_row(way, found[way]), file=sys.stderr, flush=True)
    text = "\n".join(
        [
            "| where it is full | runs | what it met | not as it must be |",
            "|---|---|---|---|",
            *(_row(way, tally) for way, tally in found.items()),
            "",
            f"{datetime.date.today()}, Python {sys.version.split()[0]}.",
        ]
    )
    print(text)
    if options.write:
        reliability._replace(options.write, text, "| where it is full |")
    if any(tally.wrong for tally in found.values()):
        raise SystemExit(1)


def _cache(folder: Path) -> Path:
    """Return the compiled program, made where the runs will be: it is kept by the script's path."""
    disk = folder / "disk"
    disk.mkdir()
    first = Place(disk / "run")
    first.run()
    cache = shutil.copytree(first.home / "cache", folder / "cache")
    shutil.rmtree(disk)
    return cache


def _row(way: str, tally: Tally) -> str:
    met = ", ".join(f"{count} {what}" for what, count in sorted(tally.seen.items()))
    return f"| {_NAMES[way]} | {tally.runs} | {met} | {len(tally.wrong)} |"


if __name__ == "__main__":
    main()
