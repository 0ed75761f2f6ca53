"""`durable inspect` of a run on Temporal: from its history, with no worker alive and nothing changed."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from typing import Any

PROGRAM = """\
import threading
import time
from pathlib import Path

def save(name):
    Path(name).write_text(
        name,
    )
    return len(name)

def main():
    sizes = [save(name) for name in ("a", "bb")]
    done = threading.Event()
    thread = threading.Thread(target=done.wait)
    thread.start()
    time.sleep(3000)

main()
"""


def test_inspect(place: Any, until: Callable[[Callable[[], Any], str], Any]) -> None:
    place.write("p.py", PROGRAM)
    run = place.id()
    process = place.begin("run", "--id", run, "p.py")

    def asked(*args: str) -> subprocess.CompletedProcess[str]:
        return place.durable("inspect", run, *args)

    def is_waiting() -> bool:
        found = asked("--json")
        return found.returncode == 0 and "timer" in json.loads(found.stdout)["strands"][0]["waiting_on"]

    until(is_waiting, "the timer")
    process.kill()
    process.wait()
    before = place.durable("show", run, "--json").stdout
    main, thread = json.loads(asked("--json").stdout)["strands"]
    assert [(frame["line"], frame["function"]) for frame in main["frames"]] == [(18, "<module>"), (16, "main")]
    assert main["frames"][-1]["locals"]["sizes"] == "[1, 2]"
    assert thread["waiting_on"] == "an event"
    assert asked("sum(sizes)").stdout == "3\n"
    refused = asked("open('x')")
    assert refused.returncode == 2
    assert "touches the world" in refused.stderr
    earlier = json.loads(asked("--json", "--at", "0").stdout)["strands"][0]
    assert earlier["waiting_on"] == "step pathlib.Path.write_text (seq 0)"
    assert [frame["line"] for frame in earlier["frames"]] == [18, 12, 12, 6]
    assert place.durable("show", run, "--json").stdout == before
