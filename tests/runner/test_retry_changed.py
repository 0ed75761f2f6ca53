"""`durable retry` with a result given by hand, from an earlier step, and with an edited program."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from durable.runner.spec import RunSpec

if TYPE_CHECKING:
    from tests.conftest import Project  # type: ignore[import-not-found]

LISTING = (
    'import os\nos.mkdir("a")\nfound = os.listdir("absent")\nprint(sorted(found), type(found[0]))\nos.mkdir("b")\n'
)


def steps_of(project: Project, run: str) -> list[dict[str, Any]]:
    steps: list[dict[str, Any]] = json.loads(project.durable("show", "--json", run).stdout)["steps"]
    return steps


def exported(project: Project, run: str) -> list[dict[str, Any]]:
    """What is recorded of a run, without what the hour has in it."""
    lines = [json.loads(line) for line in project.durable("export", run).stdout.splitlines()]
    return [{key: item for key, item in line.items() if key != "updated_at"} for line in lines]


# A value given by hand


@pytest.mark.parametrize(
    ("value", "names"),
    [('["x", "y"]', ["x", "y"]), ('[{"$": "bytes", "v": "eA=="}]', [b"x"])],
)
def test_a_result_given_by_hand_is_what_the_program_gets(project: Project, value: str, names: list[Any]) -> None:
    project.write("p.py", LISTING)
    assert project.durable("run", "--id", "r", "p.py").returncode == 1
    done = project.durable("retry", "--value", value, "r")
    project.write(
        "q.py", LISTING.replace('"a"', '"c"').replace('"b"', '"d"').replace('os.listdir("absent")', repr(names))
    )
    plain = project.python("q.py")
    assert (done.returncode, done.stdout) == (0, plain.stdout), done.stderr
    assert (project.folder / "b").is_dir()
    assert [(step["status"], step["attempts"], step["given"]) for step in steps_of(project, "r")] == [
        ("completed", 1, False),
        ("completed", 0, True),
        ("completed", 1, False),
    ]
    assert "given by hand" in project.durable("show", "r").stdout
    assert project.durable("replay", "r").returncode == 0


@pytest.mark.parametrize(
    ("program", "value", "words"),
    [
        (LISTING, "[1", "not JSON"),
        (LISTING, '{"$": "name", "v": "os:system"}', "not a class or function"),
        (LISTING, '{"$": "nonsense"}', "unknown tag"),
        ('print(open("absent").read())\n', '"text"', "cannot be given by hand"),
        ('import sqlite3\nprint(sqlite3.connect("no/where").total_changes)\n', '"text"', "opens a resource"),
        ("print(1 / 0)\n", "1", "no step failed"),
        ('f = open("/proc/self/mem", "rb")\nprint(f.read(8))\n', '"text"', "cannot be given by hand"),
    ],
)
def test_a_value_that_cannot_be_is_refused_and_nothing_is_lost(
    project: Project, program: str, value: str, words: str
) -> None:
    project.write("p.py", program)
    assert project.durable("run", "--id", "r", "p.py").returncode == 1
    before = exported(project, "r")
    refused = project.durable("retry", "--value", value, "r")
    assert refused.returncode == 2, refused.stdout
    assert words in refused.stderr
    assert exported(project, "r") == before


# From an earlier step

TALLY = """\
import os
with open("tally", "a") as tally:
    tally.write("one\\n")
os.mkdir("first")
print(os.listdir("."). count("extra"))
os.rmdir("first")
os.mkdir("second")
"""


def test_steps_from_one_on_are_done_again(project: Project) -> None:
    project.write("p.py", TALLY)
    assert project.durable("run", "--id", "r", "p.py").stdout == "0\n"
    assert project.durable("retry", "r").returncode == 2
    first = next(step["seq"] for step in steps_of(project, "r") if step["callee"] == "os.mkdir")
    (project.folder / "second").rmdir()
    (project.folder / "extra").mkdir()
    done = project.durable("retry", "--from", str(first), "r")
    assert (done.returncode, done.stdout) == (0, "1\n"), done.stderr
    assert (project.folder / "tally").read_text() == "one\n"
    assert project.durable("logs", "r").stdout == "1\n"
    assert [step["callee"] for step in steps_of(project, "r")].count("os.mkdir") == 2
    assert project.durable("retry", "--from", "99", "r").returncode == 2


def test_what_is_done_again_has_another_idempotency_key() -> None:
    spec = RunSpec("r", "p.py", "p.py", (), ".", "", "00")
    again = RunSpec("r", "p.py", "p.py", (), ".", "", "00", redone=1)
    namesake = RunSpec("r", "p.py", "p.py", (), ".", "", "01")
    assert spec.key_of(3) == RunSpec("r", "p.py", "p.py", (), ".", "", "00").key_of(3)
    assert len({each.key_of(number) for each in (spec, again, namesake) for number in (3, 31)}) == 6


def test_completed_steps_of_other_threads_are_done_again_only_when_asked_for(project: Project) -> None:
    project.write(
        "p.py",
        "import os, threading, time\n"
        "def other():\n    time.sleep(0.2)\n    os.mkdir('made')\n"
        "thread = threading.Thread(target=other)\nthread.start()\n"
        "print(os.path.exists('made'))\nthread.join()\n",
    )
    assert project.durable("run", "--id", "r", "p.py").stdout == "False\n"
    first = next(step["seq"] for step in steps_of(project, "r") if step["callee"] != "os.mkdir")
    refused = project.durable("retry", "--from", str(first), "r")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "os.mkdir" in refused.stderr
    (project.folder / "made").rmdir()
    done = project.durable("retry", "--redo", "--from", str(first), "r")
    assert (done.returncode, done.stdout) == (0, "False\n"), done.stderr
    assert (project.folder / "made").is_dir()


# New code

ORDERS = """\
import os
def place(order):
    os.mkdir(f"order-{order['id']}")
    print("placed", order["id"])
for number in range(4):
    place({"id": number} if number < 3 else {"number": number})
"""
MENDED = (
    ORDERS.replace("import os\n", "import os\n\n")
    .replace("order['id']", "order.get('id', 'x')")
    .replace('order["id"]', 'order.get("id", "x")')
)


def test_an_edited_program_goes_on_from_what_is_kept(
    project: Project, tmp_path_factory: pytest.TempPathFactory
) -> None:
    project.write("p.py", ORDERS)
    assert project.durable("run", "--id", "r", "p.py").returncode == 1
    project.write("p.py", MENDED)
    assert "KeyError" in project.durable("retry", "r").stderr  # the code that the run began with
    done = project.durable("retry", "--code", "new", "r")
    fresh = type(project)(tmp_path_factory.mktemp("plain"))
    fresh.write("p.py", MENDED)
    plain = fresh.python("p.py")
    assert (done.returncode, done.stdout) == (0, plain.stdout), done.stderr
    assert "step 0 stands as it was recorded" in done.stderr
    assert sorted(one.name for one in project.folder.glob("order-*")) == [f"order-{n}" for n in (0, 1, 2, "x")]
    assert project.durable("replay", "r").returncode == 0


@pytest.mark.parametrize(
    ("edited", "words"),
    [
        (ORDERS.replace("os.mkdir(", "os.rmdir("), "os.rmdir"),
        (ORDERS.replace("range(4)", "range(2)"), "ends before"),
        ("import time\n" + ORDERS.replace("    os.mkdir", "    time.sleep(60)\n    os.mkdir"), "time.sleep(60)"),
    ],
)
def test_an_edit_that_does_not_fit_is_shown_and_changes_nothing(project: Project, edited: str, words: str) -> None:
    project.write("p.py", ORDERS)
    assert project.durable("run", "--id", "r", "p.py").returncode == 1
    before = exported(project, "r")
    project.write("p.py", edited)
    refused = project.durable("retry", "--code", "new", "r")
    assert refused.returncode == 5
    assert words in refused.stderr
    assert "> 3 |     os.mkdir(f\"order-{order['id']}\")" in refused.stderr
    assert exported(project, "r") == before
    project.write("p.py", MENDED)
    assert project.durable("retry", "--code", "new", "r").returncode == 0


def test_an_edit_that_takes_another_value_of_the_moment_is_shown(project: Project) -> None:
    project.write("p.py", "import os, time\nos.mkdir('a')\nstart = time.time()\nos.mkdir('absent/b')\n")
    assert project.durable("run", "--id", "r", "p.py").returncode == 1
    project.write("p.py", "import os, time\nos.mkdir('a')\nstart = time.monotonic()\nos.mkdir('b')\n")
    refused = project.durable("retry", "--code", "new", "r")
    assert refused.returncode == 5
    assert "> 3 | start = time.monotonic()" in refused.stderr
    assert "after the step here" in refused.stderr


def test_an_interrupted_run_can_be_moved_to_new_code(project: Project) -> None:
    project.write("p.py", "import os\nos.mkdir('a')\nname = input('Name? ')\nprint('hello', name)\n")
    process = project.start("run", "--id", "r", "p.py")
    assert process.stderr is not None
    while "waiting for an answer" not in process.stderr.readline():
        pass
    process.kill()
    process.communicate()
    project.write("p.py", "import os\nos.mkdir('a')\nname = input('Name? ')\nprint('good morning,', name)\n")
    project.durable("answer", "r", "Ada")
    done = project.durable("retry", "--code", "new", "r")
    assert (done.returncode, done.stdout) == (0, "Name? good morning, Ada\n"), done.stderr


def test_a_step_in_flight_that_the_new_code_does_not_ask_for_is_a_misfit(project: Project) -> None:
    project.write("p.py", "import os\nos.mkdir('a')\nos.system('touch begun; sleep 30')\n")
    process = project.start("run", "--id", "r", "p.py")
    while not (project.folder / "begun").exists():
        assert process.poll() is None
    process.kill()
    process.communicate()
    project.write("p.py", "import os\nos.mkdir('a')\nos.mkdir('b')\n")
    refused = project.durable("retry", "--code", "new", "r")
    assert refused.returncode == 5
    assert "in flight" in refused.stderr
    assert "> 3 | os.system('touch begun; sleep 30')" in refused.stderr
    assert "> 3 | os.mkdir('b')" in refused.stderr


def test_what_the_guard_learned_is_kept_in_new_code(project: Project) -> None:
    """The hidden effect was learned as a step by its place, which the edit moves."""
    program = (
        "import os, sys\n"
        "hidden = getattr(os, 'mk' + 'dir')\n"
        "for name in ('a', 'b'):\n    (lambda make: make(name))(vars(sys.modules['posix'])['mkdir'])\n"
        "print(os.listdir('absent'))\n"
    )
    project.write("p.py", program)
    assert project.durable("run", "--id", "r", "p.py").returncode == 1
    project.write("p.py", "'''Edited.'''\n" + program.replace("'absent'", "'a'"))
    done = project.durable("retry", "--code", "new", "r")
    assert (done.returncode, done.stdout) == (0, "[]\n"), done.stderr


def test_other_codes_are_wrong_usage(project: Project) -> None:
    project.write("p.py", LISTING)
    project.durable("run", "--id", "r", "p.py")
    assert project.durable("retry", "--code", "old", "r").returncode == 2
    refused = project.durable("retry", "--value", "[]", "--address", "127.0.0.1:1", "r")
    assert refused.returncode == 2
    assert "local engine" in refused.stderr
