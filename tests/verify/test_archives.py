"""Programs in zip archives, and modules and folders, behave as Python runs them."""

from __future__ import annotations

import json
import subprocess
import sys
import zipapp
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from corpus import FOLDER

if TYPE_CHECKING:
    from tests.conftest import Project  # type: ignore[import-not-found]

MAIN = """
import importlib, importlib.resources, os, pkgutil, sys, traceback
from pathlib import Path
from . import helper

def main():
    print(os.path.basename(sys.argv[0]), os.path.basename(sys.path[0]), __file__.split(os.sep)[-3:], __package__)
    print(pkgutil.get_data("pkg", "greeting.txt"), sorted(p.name for p in importlib.resources.files("pkg").iterdir()))
    print(importlib.resources.files("pkg").joinpath("greeting.txt").read_text())
    print(importlib.import_module("pkg." + "late").VALUE, helper.name())
    try:
        helper.fail()
    except ValueError:
        traceback.print_exc(file=sys.stdout)
    helper.fail()
"""
FILES = {
    "pkg/__init__.py": "",
    "pkg/main.py": MAIN,
    "pkg/greeting.txt": "hello",
    "pkg/helper.py": "from pathlib import Path\ndef name():\n    Path('name').write_text('n')\n"
    "    return Path('name').read_text()\ndef fail():\n    raise ValueError(Path('name').read_text())\n",
    "pkg/late.py": "from pathlib import Path\nPath('late').touch()\nVALUE = 7\n",
}


def verified(folder: Path, *args: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "durable", "verify", "--json", *args],
        cwd=folder,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    report = json.loads(done.stdout or "{}")
    assert report.get("differences") == [], done.stderr


def test_an_archive_with_a_main_function(project: Project) -> None:
    for name, text in FILES.items():
        project.write(f"app/{name}", text)
    (project.folder / "work").mkdir()
    source = project.folder / "app"
    zipapp.create_archive(
        source, project.folder / "work" / "app.pyz", "/usr/bin/env python", "pkg.main:main", compressed=True
    )
    verified(project.folder / "work", "--kills", "3", "app.pyz")


def test_a_folder_of_the_corpus_as_an_archive(tmp_path: Path) -> None:
    zipapp.create_archive(FOLDER / "hosted", tmp_path / "hosted.pyz")
    verified(tmp_path, "--kills", "2", "hosted.pyz")


@pytest.mark.parametrize("command", [("-m", "pkg"), ("-m", "pkg.mod"), ("pkg",)])
def test_uncaught_errors_show_how_the_program_was_started(project: Project, command: tuple[str, ...]) -> None:
    project.write("pkg/__init__.py", "import sys\nif sys.argv[0] == '-m':\n    import pkg.mod\n")
    project.write("pkg/__main__.py", "print(__spec__.name, __package__)\nraise ValueError('main')\n")
    project.write("pkg/mod.py", "print(__name__)\nif __name__ == '__main__':\n    raise ValueError('mod')\n")
    plain, durable = project.python(*command), project.durable("run", *command)
    said = [line for line in durable.stderr.splitlines() if not line.startswith("durable:")]
    assert (durable.stdout, said, durable.returncode) == (plain.stdout, plain.stderr.splitlines(), plain.returncode)
    assert "runpy" in plain.stderr


def test_a_librarys_module_is_refused_with_what_to_do(project: Project) -> None:
    done = project.durable("run", "-m", "json.tool")
    assert done.returncode == 3
    assert "'json.tool' is a module of a library" in done.stderr
    assert "write a script that imports json.tool" in done.stderr
