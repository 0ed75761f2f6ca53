"""Runs without end: they go on in new executions, with a journal that is kept outside, and nothing of it shows."""

import asyncio
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import Client
from temporalio.converter import StorageDriverWorkflowInfo

from durable.runner.core.messages import Answered, Raised, Returned
from durable.runner.spec import Outcome
from durable.runner.temporal.carrying import Carried, Fed, Part, before_failure, packed
from durable.runner.temporal.storage import FolderDriver, Storage, StorageError

POLLER = """
import os
import sys
import threading
import time

done = threading.Event()

def beat():
    while not done.is_set():
        time.sleep(0.02)

threading.Thread(target=beat).start()
seen = 0
while True:
    seen += os.path.getsize("mark")
    if seen % 40 == 0:
        with open("ledger", "a") as file:
            file.write(f"{seen}\\n")
        print("seen", seen)
    if seen == int(sys.argv[1]):
        break
done.set()
"""
WORKFLOW = StorageDriverWorkflowInfo(namespace="n", id="run")


def executions(address: str, run: str) -> list[tuple[int, int]]:
    """Events and bytes of each execution of a run, as the server tells them."""

    async def work() -> list[tuple[int, int]]:
        client = await Client.connect(address)
        found = [item async for item in client.list_workflows(f"WorkflowId = '{run}'")]
        told = [await client.get_workflow_handle(run, run_id=item.run_id).describe() for item in found]
        return [(item.history_length, item.raw_info.history_size_bytes) for item in told]

    return asyncio.run(work())


def test_a_poller_crosses_many_executions_though_its_process_is_killed(
    place: Any, monkeypatch: pytest.MonkeyPatch, until: Callable[..., Any]
) -> None:
    monkeypatch.setenv("DURABLE_TEMPORAL_HISTORY", "30")
    monkeypatch.setenv("DURABLE_STORAGE", str(place.folder / "kept"))
    script = place.write("poller.py", POLLER)
    (place.folder / "mark").write_text("x")
    expected = subprocess.run([sys.executable, script, "200"], cwd=place.folder, capture_output=True, text=True).stdout
    plain = place.lines("ledger")
    (place.folder / "ledger").unlink()
    run = place.id()
    running = place.begin("run", "--id", run, script, "200")
    until(lambda: len(place.lines("ledger")) >= 3, "the third write")
    running.kill()
    running.communicate()
    done = place.durable("run", "--id", run, script, "200")
    assert (done.stdout, done.returncode) == (expected, 0), done.stderr
    assert list(dict.fromkeys(place.lines("ledger"))) == plain
    found = executions(place.address, run)
    assert len(found) >= 10
    assert max(events for events, _ in found) < 400
    kept = [path for path in (place.folder / "kept").rglob("*") if path.is_file()]
    assert len(kept) > 3
    assert {stat.S_IMODE(path.stat().st_mode) for path in kept} == {0o600}
    assert place.durable("logs", run).stdout == expected


def test_a_lost_part_of_a_journal_is_named_and_waited_for(
    place: Any, monkeypatch: pytest.MonkeyPatch, until: Callable[..., Any]
) -> None:
    monkeypatch.setenv("DURABLE_TEMPORAL_HISTORY", "60")
    kept = place.folder / "kept"
    monkeypatch.setenv("DURABLE_STORAGE", str(kept))
    text = "import os\nfor n in range(150):\n    os.path.getsize('mark')\nos.mkdir('made')\nprint(input('? '))\n"
    script = place.write("asks.py", text)
    (place.folder / "mark").touch()
    run = place.id()
    running = place.begin("run", "--id", run, script)
    until((place.folder / "made").is_dir, "the step")
    until(lambda: place.json("show", run)["waits"], "the prompt")
    running.kill()
    running.communicate()
    kept.rename(place.folder / "elsewhere")
    running = place.begin("run", "--id", run, script)
    assert running.stderr is not None
    said = running.stderr.readline()
    assert "a part of the run's journal cannot be read" in said
    assert "DURABLE_STORAGE" in said
    (place.folder / "elsewhere").rename(kept)
    until(lambda: place.durable("answer", run, "yes").returncode == 0, "the answer")
    assert running.communicate()[0] == "? yes\n"
    assert running.returncode == 0


def test_a_step_in_flight_goes_on_over_the_boundary(place: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DURABLE_TEMPORAL_HISTORY", "40")
    script = place.write(
        "both.py",
        "import os, subprocess, threading\n"
        "def slow():\n"
        "    print(subprocess.run('echo x >> ledger; while [ ! -e end ]; do sleep 0.1; done; echo slow',\n"
        "                         shell=True, capture_output=True, text=True).stdout.strip())\n"
        "thread = threading.Thread(target=slow)\n"
        "thread.start()\n"
        "for n in range(60):\n"
        "    os.mkdir(f'd{n}')\n"
        "os.mkdir('end')\n"
        "thread.join()\n"
        "print(len([name for name in os.listdir() if name.startswith('d')]))\n",
    )
    run = place.id()
    done = place.durable("run", "--id", run, script)
    assert (done.stdout, done.returncode) == ("slow\n60\n", 0), done.stderr
    assert place.lines("ledger") == ["x"]
    assert len(executions(place.address, run)) > 1
    slow = next(step for step in place.json("show", run)["steps"] if step["callee"] == "subprocess.run")
    assert (slow["status"], slow["attempts"], slow["in_doubt"]) == ("completed", 1, False)


def test_a_record_above_the_limit_of_a_payload_is_kept_outside(place: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DURABLE_STORAGE", str(place.folder / "kept"))
    (place.folder / "large").write_bytes(os.urandom(3_000_000))
    script = place.write(
        "large.py",
        "import pathlib, subprocess, zlib\n"
        "print(zlib.crc32(pathlib.Path('large').read_bytes()))\n"
        "print(zlib.crc32(subprocess.run(['cat', 'large'], capture_output=True).stdout))\n",
    )
    run = place.id()
    done = place.durable("run", "--id", run, script)
    first, second = done.stdout.splitlines()
    assert (first, done.returncode) == (second, 0), done.stderr
    assert executions(place.address, run)[0][1] < 500_000
    assert len(place.json("show", run)["steps"]) == 2


def fed(count: int) -> tuple[Fed, ...]:
    return tuple(Fed(Returned(seq, f'"{seq}"'), seq * 10) for seq in range(count))


def test_a_journal_comes_back_whole_from_its_parts(tmp_path: Path) -> None:
    storage = Storage(FolderDriver(tmp_path))
    log = (*fed(7), Fed(Answered(7, '"\\u2028"'), 80, "stdin"))
    parts = tuple(Part(3, storage.put(packed(log[start : start + 3]), WORKFLOW)) for start in (0, 3))
    carried = Carried(5, parts, log[6:], {9: 1.5}, {3: "x"}, (log[0],), "queue")
    assert Carried.of(carried.stored(), 0) == carried
    assert tuple(carried.events(storage.get)) == log
    for count in range(len(log) + 1):
        assert tuple(carried.cut(count, storage.get).events(storage.get)) == log[:count]


def test_a_changed_or_missing_part_is_refused(tmp_path: Path) -> None:
    storage = Storage(FolderDriver(tmp_path))
    kept = storage.put(b"one", WORKFLOW)
    other = storage.put(b"two", WORKFLOW)
    assert storage.get(kept) == b"one"
    with pytest.raises(StorageError, match="it has been changed"):
        storage.get({**kept, "claim": other["claim"]})
    path = next(path for path in tmp_path.rglob(kept["claim"]["name"]))
    path.write_bytes(path.read_bytes() + b"x")
    with pytest.raises(StorageError, match="DURABLE_STORAGE"):
        storage.get(kept)
    path.unlink()
    with pytest.raises(StorageError, match="cannot be read"):
        storage.get(kept)
    for run in ("..", "/etc", "a/b"):
        with pytest.raises(StorageError):
            storage.get({**kept, "claim": {**kept["claim"], "run": run}})


def test_a_retry_keeps_what_was_before_the_failed_step() -> None:
    log = (*fed(3), Fed(Raised(3, "{}"), 40), *(Fed(Returned(seq, "0"), 50) for seq in (4, 5)))
    assert before_failure(log, Outcome("failed", 1, failed=3)) == 3
    assert before_failure(log, Outcome("failed", 1, failed=None)) == 6


def test_a_worker_whose_storage_is_no_place_says_so(place: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DURABLE_STORAGE", "ftp://somewhere")
    done = place.durable("run", place.write("hello.py", "print('hello')\n"))
    assert done.returncode == 2
    assert "DURABLE_STORAGE is a directory or s3://BUCKET" in done.stderr
