"""Bad input gets a clear error and loses nothing."""

from __future__ import annotations

import hashlib
import json
import resource
import signal
import sqlite3
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.conftest import Project  # type: ignore[import-not-found]

COUNTING = """\
import os
for number in range(5):
    with open(f"out{number}.txt", "w") as file:
        file.write(str(number))
    print("wrote", number)
print("done")
"""


def interrupted(project: Project, at: int = 7) -> None:
    """Leave a run called `r` of COUNTING, killed at point `at`."""
    project.write("p.py", COUNTING)
    done = project.durable("run", "--id", "r", "p.py", env={"DURABLE_CRASH": str(at)})
    assert done.returncode == -signal.SIGKILL


def test_syntax_error_in_the_program(project: Project) -> None:
    project.write("p.py", "x = 1\ndef broken(:\n    pass\n")
    done = project.durable("run", "p.py")
    assert done.returncode == 3
    assert "p.py:2:" in done.stderr
    assert "Traceback" not in done.stderr


def test_syntax_error_in_a_module(project: Project) -> None:
    project.write("p.py", "import helper\n")
    project.write("helper.py", "def f():\n    return (1,\n")
    done = project.durable("run", "p.py")
    assert done.returncode == 3
    assert "helper.py:2" in done.stderr


def test_missing_import(project: Project) -> None:
    project.write("p.py", "import no_such_module_anywhere\n")
    done = project.durable("run", "p.py")
    assert done.returncode == 3
    assert "p.py:1:" in done.stderr
    assert "no_such_module_anywhere" in done.stderr


def test_no_such_script(project: Project) -> None:
    done = project.durable("run", "absent.py")
    assert done.returncode == 2
    assert "absent.py" in done.stderr


@pytest.mark.parametrize("command", [["resume", "nope"], ["show", "nope"], ["logs", "nope"], ["retry", "nope"]])
def test_unknown_run(project: Project, command: list[str]) -> None:
    done = project.durable(*command)
    assert done.returncode == 4
    assert "nope" in done.stderr


def test_truncated_journal(project: Project) -> None:
    interrupted(project)
    _into_one_file(project)
    journal = project.home / "journal.db"
    data = journal.read_bytes()
    journal.write_bytes(data[: len(data) // 2])
    _is_refused(project)


def test_truncated_wal(project: Project) -> None:
    interrupted(project, at=9)
    wal = project.home / "journal.db-wal"
    data = wal.read_bytes()
    wal.write_bytes(data[: len(data) - 4120 * 2])
    _is_refused(project)


@pytest.mark.parametrize("at", [-4120 * 2 + 100, 18, 25, 50])
def test_flipped_byte_in_the_wal(project: Project, at: int) -> None:
    interrupted(project, at=9)
    wal = project.home / "journal.db-wal"
    data = bytearray(wal.read_bytes())
    data[at] ^= 1
    wal.write_bytes(bytes(data))
    _is_refused(project)
    _is_refused(project)


def test_flipped_byte_in_a_record(project: Project) -> None:
    interrupted(project)
    _into_one_file(project)
    journal = project.home / "journal.db"
    data = bytearray(journal.read_bytes())
    at = data.rfind(b"returned")
    assert at > 0
    data[at] ^= 1
    journal.write_bytes(bytes(data))
    _is_refused(project)


def test_tampered_record(project: Project) -> None:
    interrupted(project)
    db = sqlite3.connect(project.home / "journal.db")
    db.execute("UPDATE entries SET payload = '42' WHERE kind = 'returned'")
    db.commit()
    db.close()
    _is_refused(project)


@pytest.mark.parametrize(
    ("change", "command", "says"),
    [
        ("UPDATE output SET data = 'forged'", "logs", "output of the run"),
        ("UPDATE output SET data = CAST('forged' AS BLOB)", "logs", "output of the run"),
        ("DELETE FROM output WHERE n = 1", "logs", "output of the run"),
        ("UPDATE output SET n = 9 - n", "resume", "output of the run"),
        ("UPDATE sites SET site = replace(site, 'p.py', 'q.py')", "show", "place"),
        ("UPDATE open SET at = at - 1000", "resume", "open request"),
        ("UPDATE inbox SET name = 'SIGTERM'", "resume", "message"),
        ("INSERT INTO inbox SELECT n + 1, run, kind, name, payload, at, mac FROM inbox", "resume", "message"),
        ("UPDATE runs SET status = 'completed', exit_code = 0", "resume", "record of run r"),
        ("UPDATE runs SET failed = 3", "show", "record of run r"),
    ],
)
def test_every_row_is_sealed(project: Project, change: str, command: str, says: str) -> None:
    project.write("p.py", 'print("a", flush=True)\nprint("b", flush=True)\nprint(input("go? "))\n')
    process = project.start("run", "--id", "r", "p.py")
    _wait_for_prompt(project)
    process.kill()
    process.communicate()
    assert project.durable("signal", "r", "SIGUSR1").returncode == 0
    with sqlite3.connect(project.home / "journal.db") as db:
        assert db.execute(change).rowcount
    db.close()
    done = project.durable(command, "r")
    assert done.returncode == 1
    assert says in done.stderr
    assert "damaged" in done.stderr
    assert "Traceback" not in done.stderr


def test_code_that_is_not_what_the_run_began_with(project: Project) -> None:
    interrupted(project)
    (module,) = project.home.glob("bundles/*/modules/__main__.py")
    module.write_text(module.read_text() + "print('forged')\n")
    done = project.durable("resume", "r")
    assert (done.returncode, done.stdout) == (1, "")
    assert "not the code that the run began with" in done.stderr


def test_kept_code_that_a_power_failure_has_emptied_is_kept_again_for_a_new_run(project: Project) -> None:
    project.write("p.py", 'print("done")\n')
    assert project.durable("run", "p.py").stdout == "done\n"
    for path in project.home.glob("bundles/*/*.json"):
        path.write_text("")
    again = project.durable("run", "p.py")
    assert (again.returncode, again.stdout) == (0, "done\n"), again.stderr


def test_journal_of_another_format(project: Project) -> None:
    interrupted(project)
    db = sqlite3.connect(project.home / "journal.db")
    db.execute("UPDATE meta SET value = '1' WHERE key = 'format'")
    db.commit()
    db.close()
    done = project.durable("resume", "r")
    assert done.returncode == 1
    assert "format 1" in done.stderr


def test_full_disk(project: Project) -> None:
    project.write("p.py", COUNTING + "for number in range(5, 200):\n    os.mkdir(f'd{number}')\n")

    def limited() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, resource.RLIM_INFINITY))

    done = project.durable("run", "--id", "r", "p.py", preexec_fn=limited)
    assert done.returncode == 1
    assert "disk is full" in done.stderr
    assert "Traceback" not in done.stderr
    again = project.durable("resume", "r")
    assert again.returncode == 0
    assert again.stdout == "".join(f"wrote {number}\n" for number in range(5)) + "done\n"
    assert all((project.folder / f"d{number}").is_dir() for number in range(5, 200))


def test_second_process_on_the_same_run(project: Project) -> None:
    project.write("p.py", 'print(input("go? "))\n')
    first = project.start("run", "--id", "r", "p.py")
    try:
        _wait_for_prompt(project)
        second = project.durable("resume", "r")
        assert second.returncode == 1
        assert str(first.pid) in second.stderr
    finally:
        answered = project.durable("answer", "r", "yes")
        out, err = first.communicate(timeout=30)
    assert answered.returncode == 0, answered.stderr
    assert first.returncode == 0, err
    assert out == "go? yes\n"


def test_edited_source_keeps_the_run_on_its_code(project: Project) -> None:
    interrupted(project)
    project.write("p.py", 'print("another program")\n')
    done = project.durable("resume", "r")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "".join(f"wrote {number}\n" for number in range(5)) + "done\n"


def test_result_that_cannot_be_stored(project: Project) -> None:
    project.write(
        "site/vendor.py",
        "import threading\nclass Box:\n    def __init__(self):\n        self.inner = Inner()\n"
        "class Inner:\n    def __init__(self):\n        self.gate = threading.Lock()\ndef make():\n    return Box()\n",
    )
    project.write("pyproject.toml", '[tool.durable.effects]\n"vendor.make" = "write"\n')
    project.write("p.py", "import vendor\nbox = vendor.make()\n")
    done = project.durable("run", "p.py", env={"PYTHONPATH": str(project.folder / "site")})
    assert done.returncode == 1
    assert "p.py:2" in done.stderr
    assert "result.inner.gate" in done.stderr


def test_ctrl_c_leaves_the_run_resumable(project: Project) -> None:
    project.write("p.py", 'print("before", flush=True)\nprint(input("go? "))\n')
    process = project.start("run", "--id", "r", "p.py")
    _wait_for_prompt(project)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    assert process.returncode == 130
    runs = json.loads(project.durable("ps", "--json").stdout)
    assert [run["status"] for run in runs] == ["interrupted"]
    project.durable("answer", "r", "yes")
    done = project.durable("resume", "r")
    assert (done.returncode, done.stdout) == (0, "before\ngo? yes\n")


def _wait_for_prompt(project: Project) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        shown = project.durable("show", "--json", "r")
        if shown.returncode == 0 and json.loads(shown.stdout)["waits"]:
            return
    raise AssertionError("the run never asked")


def _into_one_file(project: Project) -> None:
    """Bring the WAL into the journal file, as a clean end does."""
    db = sqlite3.connect(project.home / "journal.db")
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    assert not Path(f"{project.home / 'journal.db'}-wal").exists()


def _is_refused(project: Project) -> None:
    """The damage is named, nothing is run, and nothing is lost beyond it."""
    before = sorted(path.name for path in project.folder.glob("out*"))
    done = project.durable("resume", "r")
    assert done.returncode == 1, done.stderr + done.stdout
    assert "damaged" in done.stderr
    assert "Traceback" not in done.stderr
    assert sorted(path.name for path in project.folder.glob("out*")) == before


def test_state_directory_that_cannot_be_made(project: Project) -> None:
    project.write("p.py", "print(1)\n")
    project.write("file", "")
    done = project.durable("run", "p.py", env={"DURABLE_HOME": str(project.folder / "file" / "home")})
    assert done.returncode == 1
    assert "DURABLE_HOME" in done.stderr


def test_an_id_belongs_to_one_script(project: Project) -> None:
    project.write("p.py", "print(1)\n")
    project.write("q.py", "print(2)\n")
    project.durable("run", "--id", "r", "p.py")
    done = project.durable("run", "--id", "r", "q.py")
    assert done.returncode == 2
    assert "p.py" in done.stderr


def test_record_of_another_run(project: Project) -> None:
    """A true row, put in another place, has another keyed hash than its place asks for."""
    interrupted(project)
    db = sqlite3.connect(project.home / "journal.db")
    db.execute(
        "UPDATE entries SET (payload, mac) = (SELECT payload, mac FROM entries WHERE kind = 'returned' AND idx = 0) "
        "WHERE kind = 'returned' AND idx = 1"
    )
    db.commit()
    db.close()
    _is_refused(project)


def test_record_that_cannot_be_loaded(project: Project) -> None:
    """What is signed with the home's key, but wants more than a value, ends the process and not the run."""
    interrupted(project)
    _sign_anew(project, '{"$":"object","f":"os:system","a":["touch ran"]}')
    project.write("p.py", COUNTING)
    done = project.durable("resume", "r")
    assert done.returncode == 1, done.stderr + done.stdout
    assert "p.py:3: a record names 'os:system'" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (project.folder / "ran").exists()
    assert [run["status"] for run in json.loads(project.durable("ps", "--json").stdout)] == ["interrupted"]


def _sign_anew(project: Project, payload: str) -> None:
    """Give the first entry another payload, with a true keyed hash."""
    db = sqlite3.connect(project.home / "journal.db")
    run, idx, kind, seq, name = db.execute("SELECT run, idx, kind, seq, name FROM entries WHERE idx = 0").fetchone()
    text = "\0".join(map(str, (run, idx, kind, seq, name, payload)))
    mac = hashlib.blake2b(text.encode(), key=(project.home / "key").read_bytes(), digest_size=16).digest()
    db.execute("UPDATE entries SET payload = ?, mac = ? WHERE idx = 0", (payload, mac))
    db.commit()
    db.close()
