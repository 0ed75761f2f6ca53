"""Calls third-party callables under watch: python -m effects.thirdparty NOTES.json [LIBRARY…]"""

from __future__ import annotations

import asyncio
import inspect
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from durable.transpiler.catalogue.library import FOLDER, load_library
from effects import http_cases, service_cases
from effects.cases import CASES, Case, Servers
from effects.frames import Frames
from effects.watch import Notes, Watch

PROGRAM = (http_cases.__file__, service_cases.__file__, __file__)


@contextmanager
def served() -> Iterator[Servers]:
    """The loopback servers, for the time of the block."""
    command = [sys.executable, "-m", "effects.servers"]
    with (
        tempfile.TemporaryDirectory() as folder,
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process,
    ):
        assert process.stdin is not None
        assert process.stdout is not None
        http, redis = process.stdout.readline().split()
        yield Servers(f"http://127.0.0.1:{http}", int(redis), folder)
        process.stdin.close()


def run(cases: list[Case], watch: Watch) -> list[dict[str, Any]]:
    """Call each once to import what it needs and once to watch; what was seen of each."""
    found: list[dict[str, Any]] = []
    loop = asyncio.new_event_loop()
    with served() as at:
        for one in cases:
            about: dict[str, Any] = {"name": one.name}
            for is_watched in (False, True):
                watch.notes = Notes()
                try:
                    _call(one, at, loop, watch if is_watched else None)
                except Exception as error:
                    about["error"] = repr(error)
            notes = watch.notes
            about["events"] = [[*key, count, notes.examples.get(key, "")] for key, count in notes.events.items()]
            found.append(about)
    loop.close()
    return found


def _call(one: Case, at: Servers, loop: asyncio.AbstractEventLoop, watch: Watch | None) -> None:
    call = one.make(at)
    if inspect.isawaitable(call):
        call = loop.run_until_complete(_awaited(call))
    if watch is not None:
        watch.resume()
    try:
        result = call()
        if inspect.isawaitable(result):
            loop.run_until_complete(_awaited(result))
    finally:
        if watch is not None:
            watch.stop()


async def _awaited(value: Any) -> Any:
    return await value


def main(out: Path, libraries: list[str]) -> None:
    """Write down what was seen of the callables of some libraries (default: all that are installed)."""
    for path in FOLDER.glob("*.toml"):
        load_library(path.stem)
    cases = [one for one in CASES if one.is_installed and (not libraries or one.name.partition(".")[0] in libraries)]
    out.write_text(json.dumps(run(cases, Watch(Frames(PROGRAM)))), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
