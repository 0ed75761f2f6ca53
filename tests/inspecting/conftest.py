"""Where plain Python was, line by line, and where inspection says that a run was, request by request."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = ROOT / "tests" / "programs"

TRACER = """\
import json, os, runpy, sys, threading

root, out, script = os.getcwd() + os.sep, sys.argv[1], sys.argv[2]
seen = {}

def stack_of(frame):
    found = []
    while frame is not None:
        if frame.f_code.co_filename.startswith(root):
            found.append([frame.f_code.co_filename[len(root):], frame.f_lineno, frame.f_code.co_name])
        frame = frame.f_back
    return found[::-1]

def trace(frame, event, argument):
    if not frame.f_code.co_filename.startswith(root):
        return None
    stacks = seen.setdefault(threading.current_thread().name, [])
    stack = stack_of(frame.f_back if event == "return" else frame)
    if stack and (not stacks or stacks[-1] != stack):
        stacks.append(stack)
    return trace

sys.argv[:] = sys.argv[2:]
threading.settrace(trace)
sys.settrace(trace)
try:
    runpy.run_path(os.path.abspath(script), run_name="__main__")
finally:
    sys.settrace(None)
    with open(out, "w") as file:
        json.dump(seen, file)
"""

WALKER = """\
import json, os, sys
from pathlib import Path
from durable.runner.inspecting.local import LocalReplay
from durable.runner.inspecting.picture import Moment
from durable.runner.journal.copying import copied
from durable.runner.journal.home import Home
from durable.runner.journal.store import Journal

home, run, out = sys.argv[1:]
answer = os.open(out, os.O_WRONLY | os.O_CREAT)
pictures, seen = [], -1
with copied(Home(Path(home))) as copy:
    journal = Journal(copy)
    row = journal.get(run)
    os.chdir(row.spec.cwd)
    for looked in LocalReplay(journal, row).steps():
        last = looked.run.scheduler.next_seq - 1
        if last > seen:
            seen = last
            pictures.append(looked.picture(Moment(run, last)).as_json())
os.write(answer, json.dumps(pictures).encode())
os._exit(0)
"""

Stack = list[list[Any]]


@dataclass
class Walk:
    """A program in a directory of its own, run plain and durably."""

    folder: Path

    def environment(self) -> dict[str, str]:
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("DURABLE_", "PYTEST_"))}
        own = {"PYTHONHASHSEED": "0", "DURABLE_HASHSEED_SET": "1", "XDG_STATE_HOME": str(self.folder / "state")}
        return {**kept, **own, "PYTHONDONTWRITEBYTECODE": "1"}

    def call(
        self, *command: str, folder: Path | None = None, text: str = "", env: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *command],
            cwd=folder or self.folder / "durable",
            env={**self.environment(), **(env or {})},
            input=text,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def durable(self, *args: str, **options: Any) -> subprocess.CompletedProcess[str]:
        return self.call("-m", "durable", *args, **options)

    def plain_trace(self, script: str, text: str = "") -> dict[str, list[Stack]]:
        """Return every stack of the program's frames that plain Python went through, by thread."""
        out = self.folder / "trace.json"
        self.call("-c", TRACER, str(out), script, folder=self.folder / "plain", text=text)
        found: dict[str, list[Stack]] = json.loads(out.read_text())
        return found

    def pictures(self, run: str) -> list[dict[str, Any]]:
        """Return the pictures of a run after each event at which it had asked for something."""
        out = self.folder / "pictures.json"
        done = self.call("-c", WALKER, str(self.folder / "durable" / ".durable"), run, str(out))
        assert done.returncode == 0, done.stderr
        found: list[dict[str, Any]] = json.loads(out.read_text())
        return found

    def stack(self, strand: dict[str, Any]) -> Stack:
        """Return the places of a strand's frames, named as in a trace."""
        root = str(self.folder / "durable") + os.sep
        return [[frame["file"].removeprefix(root), frame["line"], frame["function"]] for frame in strand["frames"]]

    def journal_bytes(self) -> dict[str, bytes]:
        home = self.folder / "durable" / ".durable"
        return {path.name: path.read_bytes() for path in sorted(home.glob("journal.db*"))}


@pytest.fixture
def walk(tmp_path: Path) -> Walk:
    for name in ("plain", "durable"):
        shutil.copytree(PROGRAMS, tmp_path / name)
        (tmp_path / name / "pyproject.toml").touch()
    return Walk(tmp_path)


@pytest.fixture
def missing(walk: Walk) -> Callable[[list[dict[str, Any]], dict[str, list[Stack]]], list[Stack]]:
    return lambda pictures, trace: missing_from(trace, pictures, walk)


def missing_from(trace: dict[str, list[Stack]], pictures: list[dict[str, Any]], walk: Walk) -> list[Stack]:
    """Return the stacks of waiting lines of control that plain Python never was at; the main thread's in order."""
    everywhere = [stack for stacks in trace.values() for stack in stacks]
    at = 0
    absent: list[Stack] = []
    for picture in pictures:
        for strand in picture["strands"]:
            stack = walk.stack(strand)
            is_task = stack and stack[0][2] != "<module>"
            if strand["name"] == "MainThread" and stack and not is_task:
                found = next((n for n in range(at, len(trace["MainThread"])) if trace["MainThread"][n] == stack), None)
                absent += [stack] if found is None else []
                at = at if found is None else found
            elif stack and not any(other[-len(stack) :] == stack for other in everywhere):
                absent.append(stack)
    return absent
