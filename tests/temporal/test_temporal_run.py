"""`durable run` on Temporal: what a program prints, writes and returns is what plain Python gives."""

import asyncio
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from temporalio.api.sdk.v1 import WorkflowMetadata
from temporalio.client import Client

EVERYTHING = """
import os, sys, time, random, uuid

print("hello", sys.argv[1:])
print("to stderr", file=sys.stderr)
before = time.time()
time.sleep(0.2)
assert 0.2 <= time.time() - before < 30
os.mkdir("made")
try:
    os.mkdir("made")
except FileExistsError as error:
    print("caught", type(error).__name__, error.filename)
print(sorted(os.listdir("made")), os.path.exists("made"))
assert random.random() != random.random()
assert uuid.uuid4() != uuid.uuid4()
time.sleep(1.2)
sys.exit(3)
"""


def plain(place: Any, script: str, *arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, script, *arguments], cwd=place.folder, input=typed, capture_output=True, text=True
    )


def own_lines_removed(stderr: str) -> str:
    return "".join(line for line in stderr.splitlines(True) if not line.startswith("durable: "))


def test_a_program_is_what_it_is_in_plain_python(place: Any) -> None:
    script = place.write("everything.py", EVERYTHING)
    expected = plain(place, script, "a", "b")
    (place.folder / "made").rmdir()
    run = place.id()
    done = place.durable("run", "--id", run, script, "a", "b")
    assert (done.stdout, own_lines_removed(done.stderr), done.returncode) == (expected.stdout, expected.stderr, 3)

    again = place.durable("run", "--id", run, script, "a", "b")
    assert (again.stdout, again.returncode) == (expected.stdout, 3)
    assert place.durable("logs", run).stdout == expected.stdout


def test_ps_and_show_tell_the_run(place: Any) -> None:
    script = place.write("everything.py", EVERYTHING)
    run = place.id()
    place.durable("run", "--id", run, script)
    row = next(row for row in place.json("ps") if row["id"] == run)
    assert (row["script"], row["engine"], row["status"], row["exit_code"]) == (script, "temporal", "completed", 3)
    shown = place.json("show", run)
    steps = [step for step in shown["steps"] if step["callee"] == "os.mkdir"]
    assert [(step["status"], step["attempts"], step["effect"]) for step in steps] == [
        ("completed", 1, "write"),
        ("raised", 1, "write"),
    ]
    assert steps[0]["file"].endswith("everything.py")
    assert steps[0]["line"] == 9
    assert shown["waits"] == []


READS_NOTHING = """
import os

try:
    os.stat("nowhere")
except FileNotFoundError as error:
    print("caught", error.filename)
os.listdir("nothing")
"""


@pytest.mark.parametrize("source", ["import os\n\ndef go():\n    os.rmdir('nothing')\n\ngo()\n", READS_NOTHING])
def test_an_uncaught_exception_is_pythons_own(place: Any, source: str) -> None:
    script = place.write("fails.py", source)
    expected = plain(place, script)
    run = place.id()
    done = place.durable("run", "--id", run, script)
    assert (done.stdout, own_lines_removed(done.stderr), done.returncode) == (expected.stdout, expected.stderr, 1)
    assert place.json("show", run)["status"] == "failed"


def test_a_prompt_is_answered_from_a_pipe(place: Any) -> None:
    script = place.write("asks.py", "name = input('Name? ')\nprint('Hello', name)\nprint(repr(input()))\n")
    expected = plain(place, script, typed="Ann\n  x\n")
    done = place.durable("run", script, typed="Ann\n  x\n")
    assert (done.stdout, done.returncode) == (expected.stdout, 0)


def test_a_prompt_is_answered_by_answer(place: Any, until: Callable[..., Any]) -> None:
    script = place.write("asks.py", "print('Hello', input('Name? '))\n")
    run = place.id()
    running = place.begin("run", "--id", run, script)
    until(lambda: place.durable("show", run).returncode == 0, "the start of the run")
    wait = until(lambda: place.json("show", run)["waits"], "the prompt")[0]
    assert (wait["kind"], wait["prompt"], wait["line"]) == ("prompt", "Name? ", 1)
    refused = place.durable("answer", run, "--prompt", "Age? ", "7")
    assert refused.returncode == 2
    assert place.durable("answer", run, "Bob").returncode == 0
    assert running.communicate()[0] == "Name? Hello Bob\n"
    assert running.returncode == 0


def test_the_web_page_is_told_what_a_run_waits_for(place: Any, until: Callable[..., Any]) -> None:
    run = place.id()
    place.begin("run", "--id", run, place.write("asks.py", "import os\nos.mkdir('a')\nprint(input('really? '))\n"))
    until((place.folder / "a").exists, "the first step")
    until(lambda: place.json("show", run)["waits"], "the prompt")

    async def metadata() -> Any:
        client = await Client.connect(place.address)
        handle = client.get_workflow_handle(run)
        return await handle.query("__temporal_workflow_metadata", result_type=WorkflowMetadata)

    assert asyncio.run(metadata()).current_details == "waits for\n- the prompt `really?` at asks.py:3"


def test_cancel_is_a_keyboard_interrupt(place: Any, until: Callable[..., Any]) -> None:
    script = place.write(
        "waits.py",
        "import os, time\ntry:\n    os.mkdir('began')\n    time.sleep(3600)\nfinally:\n    os.mkdir('cleaned')\n",
    )
    run = place.id()
    running = place.begin("run", "--id", run, script)
    until((place.folder / "began").exists, "the first step")
    assert place.durable("cancel", run).returncode == 0
    _, stderr = running.communicate()
    assert running.returncode == 130
    assert "KeyboardInterrupt" in stderr
    assert (place.folder / "cleaned").is_dir()
    assert place.json("show", run)["status"] == "cancelled"


@pytest.mark.parametrize("missing", ["show", "logs", "cancel"])
def test_there_is_no_such_run(place: Any, missing: str) -> None:
    assert place.durable(missing, "nobody").returncode == 4


def test_a_program_may_compute_for_longer_than_a_workflow_task(place: Any) -> None:
    script = place.write(
        "computes.py",
        "import os, time\nos.mkdir('a')\nn = 0\nfor i in range(60_000_000):\n    n += i & 3\nos.mkdir('b')\nprint(n)\n",
    )
    done = place.durable("run", script)
    assert (done.stdout, done.returncode) == ("90000000\n", 0), done.stderr


def test_retry_goes_on_from_the_failed_step(place: Any) -> None:
    script = place.write("flaky.py", "import os\nos.mkdir('first')\nos.rmdir('gate')\nprint('through')\n")
    run = place.id()
    assert place.durable("run", "--id", run, script).returncode == 1
    (place.folder / "gate").mkdir()
    done = place.durable("retry", run)
    assert (done.stdout, done.returncode) == ("through\n", 0), done.stderr
    shown = place.json("show", run)
    assert [(step["callee"], step["status"]) for step in shown["steps"]] == [
        ("os.mkdir", "completed"),
        ("os.rmdir", "completed"),
    ]
    assert place.durable("retry", run).returncode == 2


def test_a_long_history_goes_on_in_a_new_execution(place: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DURABLE_TEMPORAL_HISTORY", "40")
    script = place.write(
        "long.py", "import os\nfor number in range(25):\n    os.mkdir(str(number))\nprint(len(os.listdir()) > 24)\n"
    )
    run = place.id()
    done = place.durable("run", "--id", run, script)
    assert (done.stdout, done.returncode) == ("True\n", 0), done.stderr
    assert len([step for step in place.json("show", run)["steps"] if step["callee"] == "os.mkdir"]) == 25


def test_secrets_stay_out_of_payloads(place: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_API_TOKEN", "tok-very-secret")
    text = "import os, subprocess\nsubprocess.run(['true', 'Bearer ' + os.environ['SHOP_API_TOKEN']])\n"
    run = place.id()
    done = place.durable("run", "--id", run, place.write("calls.py", text))
    assert done.returncode == 0, done.stderr
    assert "tok-very-secret" not in place.durable("show", "--json", run).stdout


THREADS = """
import os, queue, threading, time
from concurrent.futures import ThreadPoolExecutor

def work(number):
    time.sleep(0.1)
    os.mkdir(f"made-{number}")
    return number * number

with ThreadPoolExecutor(4) as pool:
    print(list(pool.map(work, range(8))))
began = time.time()
while time.time() < began + 0.3:
    pass
answers = queue.Queue()
threading.Thread(target=lambda: answers.put(os.getpid() > 0)).start()
print(answers.get())
"""


def test_threads_and_a_loop_that_watches_the_clock(place: Any) -> None:
    done = place.durable("run", place.write("threads.py", THREADS))
    assert (done.stdout, done.returncode) == ("[0, 1, 4, 9, 16, 25, 36, 49]\nTrue\n", 0), done.stderr


def test_a_call_that_the_guard_catches_becomes_a_step(place: Any) -> None:
    text = "def touch(f):\n    return f('caught', 'w')\n\nimport io, os\nos.mkdir('before')\n"
    text += "touch(io.FileIO).close()\nprint(os.path.exists('caught'))\n"
    script = place.write("guarded.py", text)
    expected = plain(place, script)
    (place.folder / "before").rmdir()
    (place.folder / "caught").unlink()
    done = place.durable("run", script)
    assert (done.stdout, done.returncode) == (expected.stdout, 0), done.stderr
