"""An inspection as the command line asks for it: a fresh process with the run's environment, its answer as JSON."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from durable.runner.errors import DurableError, JournalError
from durable.runner.inspecting.picture import Moment, Question
from durable.runner.journal.copying import CopiedHome, copied
from durable.runner.journal.home import Home, homes_from
from durable.runner.journal.lock import holder_of
from durable.runner.journal.store import Journal
from durable.runner.local.driver import no_such_run
from durable.runner.spec import RunSpec

if TYPE_CHECKING:
    from durable.runner.cli.engines import Cluster

_HARNESS = ("DURABLE_CRASH", "DURABLE_CRASH_COUNT", "DURABLE_TRACE")


def inspect_local(moment: Moment, question: Question | None = None) -> dict[str, Any]:
    """Return the picture of a local run, or the answer to a question, as JSON. Raise DurableError."""
    with located(moment.run) as (home, spec):
        return inspect_copy(home, spec, moment, question)


def inspect_copy(home: CopiedHome, spec: RunSpec, moment: Moment, question: Question | None = None) -> dict[str, Any]:
    """Return the same, of a run whose journal is copied already."""
    order = {"home": str(home.path), "copy": str(home.folder)}
    return _asked(order, moment, question, _environment(home, spec))


def replay_local(run: str) -> dict[str, Any]:
    """Return what a replay of a local run gives, compared with what is recorded. Raise DurableError."""
    with located(run) as (home, spec):
        order = {"home": str(home.path), "copy": str(home.folder), "is_compared": True}
        return _asked(order, Moment(run), None, _environment(home, spec))


def debug_local(run: str, at: int | None) -> int:
    """Debug a local run from the moment of step `at` (None: its last, -1: its first line). Raise DurableError."""
    with located(run) as (home, spec), TemporaryDirectory(prefix="durable-debug-") as folder:
        path = Path(folder) / "order.json"
        order = {"home": str(home.path), "copy": str(home.folder), "run": run, "breaks": []}
        path.write_text(json.dumps({**order, "at": sys.maxsize if at is None else at}), encoding="utf-8")
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            command = [sys.executable, "-m", "durable.runner.debugging", str(path)]
            return subprocess.run(command, env=_environment(home, spec), check=False).returncode
        finally:
            signal.signal(signal.SIGINT, before)


def fault_with(home: CopiedHome, spec: RunSpec, bundle: str) -> str:
    """Return why the journal of a run does not fit other code, empty if it fits. Raise DurableError."""
    order = {"home": str(home.path), "copy": str(home.folder), "is_compared": True, "bundle": bundle}
    found = _asked(order, Moment(spec.id), None, _environment(home, spec))
    return next((one for one in found["differences"] if one.endswith("recorded events to come")), "")


def rehearse(home: CopiedHome, spec: RunSpec, is_whole: bool) -> dict[str, Any]:
    """Return what a replay of a rewound copy gives (`Rehearsal.result`). Raise DurableError."""
    order = {"home": str(home.path), "copy": str(home.folder), "is_rehearsed": True, "is_whole": is_whole}
    return _asked(order, Moment(spec.id), None, _environment(home, spec))


@contextmanager
def located(run: str) -> Iterator[tuple[CopiedHome, RunSpec]]:
    """Inside the block there is a copy of the journal that has `run`. Raise UnknownRun, JournalError."""
    looked: list[str] = []
    for home in homes_from(Path.cwd()):
        if not home.journal.is_file():
            continue
        with copied(home) as copy:
            spec = _spec(copy, run, is_nearest=not looked)
            if spec is not None:
                yield copy, spec
                return
        looked.append(str(home.path))
    raise no_such_run(run, looked)


def _spec(home: CopiedHome, run: str, is_nearest: bool) -> RunSpec | None:
    try:
        journal = Journal(home)
        row = journal.find(run)
        journal.close()
    except JournalError as error:
        if is_nearest:
            raise JournalError(str(error).replace(str(home.folder), str(home.path))) from None
        return None
    return row.spec if row is not None else None


def inspect_on_cluster(cluster: Cluster, moment: Moment, question: Question | None = None) -> dict[str, Any]:
    """Return the same of a run on Temporal."""
    env = {**os.environ, **_hash_seed(os.environ, "0")}
    return _asked({"cluster": dataclasses.asdict(cluster)}, moment, question, env)


def _environment(home: CopiedHome, spec: RunSpec) -> dict[str, str]:
    """Return the environment for the replay: that of the process which drives the run, if one does, else this one's."""
    env = dict(_of_driver(home, spec.id) or os.environ)
    for name in _HARNESS:
        env.pop(name, None)
    return {**env, **_hash_seed(env, spec.hash_seed)}


def _of_driver(home: Home, run: str) -> dict[str, str] | None:
    """Return the environment with which the process that drives the run was started, where the system tells it."""
    pid = holder_of(home.lock_file(run))
    if pid is None:
        return None
    try:
        lines = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return None
    return {
        os.fsdecode(name): os.fsdecode(value) for name, _, value in (line.partition(b"=") for line in lines) if name
    }


def _hash_seed(env: Mapping[str, str], seed: str) -> dict[str, str]:
    own = {} if env.get("PYTHONHASHSEED", "random") != "random" else {"DURABLE_HASHSEED_SET": "1"}
    return {"PYTHONHASHSEED": seed, **own}


def _asked(order: dict[str, Any], moment: Moment, question: Question | None, env: dict[str, str]) -> dict[str, Any]:
    with TemporaryDirectory(prefix="durable-look-") as folder:
        answer = Path(folder) / "answer.json"
        asked = question and dataclasses.asdict(question)
        order = {**order, "moment": dataclasses.asdict(moment), "question": asked, "answer": str(answer)}
        done = subprocess.run(
            [sys.executable, "-m", "durable.runner.inspecting"],
            input=json.dumps(order).encode(),
            capture_output=True,
            env=env,
            check=False,
        )
        try:
            found: dict[str, Any] = json.loads(answer.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            said = done.stderr.decode(errors="replace").strip()
            raise DurableError(f"the replay of run {moment.run} ended with code {done.returncode}\n{said}") from None
    if "error" in found and "exit_code" in found:
        error = DurableError(found["error"])
        error.exit_code = found["exit_code"]
        raise error
    return found
