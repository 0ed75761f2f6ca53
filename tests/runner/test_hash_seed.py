"""A run keeps the hash seed that it began with: the order of its sets is part of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.conftest import Project  # type: ignore[import-not-found]

PROGRAM = """\
import os

for name in {"ann", "bob", "cyd", "dee", "eve", "fay", "gus"}:
    os.mkdir(name)
    print(name)
"""


def test_a_resumed_run_keeps_its_hash_seed(project: Project) -> None:
    project.write("p.py", PROGRAM)
    seeded = {"PYTHONHASHSEED": "7"}
    plain = project.python("p.py", env=seeded)
    for name in plain.stdout.split():
        (project.folder / name).rmdir()
    killed = project.durable("run", "--id", "r", "p.py", env={**seeded, "DURABLE_CRASH": "8"})
    assert killed.returncode == -9
    done = project.durable("resume", "r")
    assert (done.returncode, done.stdout) == (0, plain.stdout), done.stderr
