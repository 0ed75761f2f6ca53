"""With a key in the environment nothing that the program handles stands in its journal in the clear."""

from __future__ import annotations

import base64
import os
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.conftest import Project  # type: ignore[import-not-found]

PROGRAM = """\
import getpass
import random
import subprocess
import sys
from pathlib import Path

word = input("word? ")
password = getpass.getpass("password? ")
print("said", word, len(password))
print("aside", word, file=sys.stderr)
large = subprocess.run([sys.executable, "-c", "print('geheimnis ' * 30000)"], capture_output=True, text=True).stdout
Path("out.txt").write_text(large)
small = subprocess.run(["echo", word * 2], capture_output=True, text=True).stdout
try:
    open("/nowhere/geheimnis")
except OSError as error:
    print(error)
print(len(large), small, Path("out.txt").read_text() == large, random.random() < 2)
"""
INPUT = "geheimnis\ngeheimnis too\n"


def _key(byte: int) -> dict[str, str]:
    return {"DURABLE_ENCRYPTION_KEY": base64.b64encode(bytes([byte]) * 32).decode()}


@pytest.mark.parametrize("point", [3, 12, 21])
def test_a_killed_run_goes_on_and_shows_nothing(project: Project, point: int) -> None:
    project.write("p.py", PROGRAM)
    plain = project.python("p.py", input=INPUT)
    (project.folder / "out.txt").unlink()
    killed = project.durable("run", "--id", "r", "p.py", input=INPUT, env={**_key(1), "DURABLE_CRASH": str(point)})
    assert killed.returncode < 0
    done = project.durable("run", "--id", "r", "p.py", input=INPUT, env=_key(1))
    assert (done.returncode, done.stdout) == (0, plain.stdout), done.stderr
    assert project.durable("logs", "r", env=_key(1)).stdout == plain.stdout
    shown = project.durable("show", "--json", "r", env=_key(1))
    assert shown.returncode == 0
    assert [path for path in _kept(project) if b"geheimnis" in path.read_bytes()] == []


def _kept(project: Project) -> list[os.PathLike[str]]:
    """Return the files of the home but for the code, which has the word in it."""
    files = [path for path in project.home.rglob("*") if path.is_file()]
    return [path for path in files if not {"bundles", "cache"} & {*path.parts}]


def test_without_the_key_nothing_is_read_and_nothing_lost(project: Project) -> None:
    project.write("p.py", "import os\nos.mkdir('a')\nprint('made')\nos.mkdir('b')\nprint(os.listdir('.') != [])\n")
    project.durable("run", "--id", "r", "p.py", env={**_key(1), "DURABLE_CRASH": "4"})
    for env, reason in ({}, "set DURABLE_ENCRYPTION_KEY"), (_key(2), "is not the key of this run"):
        refused = project.durable("run", "--id", "r", "p.py", env=env)
        assert (refused.returncode, reason in refused.stderr, refused.stdout) == (1, True, ""), refused.stderr
        assert "Traceback" not in refused.stderr
    done = project.durable("run", "--id", "r", "p.py", env=_key(1))
    assert (done.returncode, done.stdout) == (0, "made\nTrue\n"), done.stderr


def test_a_run_that_began_in_the_clear_goes_on_encrypted(project: Project) -> None:
    project.write("p.py", PROGRAM)
    plain = project.python("p.py", input=INPUT)
    project.durable("run", "--id", "r", "p.py", input=INPUT, env={"DURABLE_CRASH": "12"})
    done = project.durable("run", "--id", "r", "p.py", input=INPUT, env=_key(1))
    assert (done.returncode, done.stdout) == (0, plain.stdout), done.stderr


@pytest.mark.parametrize("key", ["secret", base64.b64encode(b"short").decode()])
def test_a_key_that_is_none(project: Project, key: str) -> None:
    project.write("p.py", "print(1)\n")
    done = project.durable("run", "p.py", env={"DURABLE_ENCRYPTION_KEY": key})
    assert (done.returncode, done.stdout) == (2, "")
    assert "32 random bytes in base64" in done.stderr


def test_temporal_is_refused_rather_than_left_in_the_clear(project: Project) -> None:
    project.write("p.py", "print(1)\n")
    done = project.durable("run", "--engine", "temporal", "--address", "127.0.0.1:1", "p.py", env=_key(1))
    assert (done.returncode, done.stdout) == (2, "")
    assert "not encrypted by durable yet" in done.stderr
