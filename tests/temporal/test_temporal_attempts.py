"""Retries, deadlines and keys by policy on Temporal: attempts are activities, the waits between them timers."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from vendors import FLAKY

CALLS = """\
import queue
import vendor

print(vendor.charge("a", 3))
try:
    vendor.charge("b", 9)
except ConnectionError as error:
    print("gave up:", error)
for wait in (lambda: vendor.hang(), lambda: queue.Queue().get()):
    try:
        wait()
    except TimeoutError as error:
        print(error)
"""
POLICY = """\
[tool.durable.effects]
"vendor.hang" = "write"

[tool.durable.steps."vendor.charge"]
retries = 3
backoff = "300ms"
backoff_factor = 1
jitter = 0.2

[tool.durable.steps."vendor.hang"]
deadline = "1s"

[tool.durable.steps."queue.Queue.get"]
timeout = "1s"
"""
EXPECTED = (
    "a receipt\ngave up: b: the vendor is away\n"
    "vendor.hang took longer than 1 s (policy: deadline)\nqueue.Queue.get took longer than 1 s (policy: timeout)\n"
)


def test_attempts_go_on_after_a_kill(
    place: Any, until: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "library").mkdir()
    (tmp_path / "library" / "vendor.py").write_text(FLAKY)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "library"))
    place.write("pyproject.toml", POLICY)
    script, run = place.write("p.py", CALLS), place.id()
    running = place.begin("run", "--id", run, script)
    until(lambda: len(place.lines("ledger")) >= 2, "the second attempt")
    running.kill()
    running.communicate()
    done = place.durable("run", "--id", run, script)
    assert (done.stdout, done.returncode) == (EXPECTED, 0), done.stderr
    lines = place.lines("ledger")
    assert len(set(lines)) == 2
    assert 8 <= len(lines) <= 9
    steps = place.json("show", run)["steps"]
    charges = [step for step in steps if step["callee"] == "vendor.charge"]
    assert [step["status"] for step in charges] == [*["raised"] * 3, "completed", *["raised"] * 4]
