"""A program that lists, copies or packs its own folder finds nothing of durable's there."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.conftest import Project  # type: ignore[import-not-found]

PROGRAM = """\
import glob, os, shutil, zipfile
from pathlib import Path

Path("sub").mkdir()
Path("sub/a.txt").write_text("a")
print(sorted(os.listdir()), sorted(os.listdir(".")), sorted(os.listdir(b".")))
print(sorted(entry.name for entry in os.scandir()), sorted(path.name for path in Path(".").iterdir()))
print(sorted(glob.glob("**", recursive=True, include_hidden=True)), sorted(map(str, Path(".").rglob("*"))))
print([(folder, sorted(folders), sorted(files)) for folder, folders, files in os.walk(".")])
print([(folder, sorted(folders), sorted(files)) for folder, folders, files, _ in os.fwalk(".")])
shutil.copytree(".", "../copied")
print(sorted(map(str, Path("../copied").rglob("*"))))
shutil.rmtree("../copied")
shutil.make_archive("../packed", "zip", ".")
print(sorted(zipfile.ZipFile("../packed.zip").namelist()))
os.remove("../packed.zip")
for look in (os.listdir, os.scandir):
    try:
        look("nothing")
    except OSError as error:
        print(error)
"""


def test_as_in_plain_python(project: Project) -> None:
    project.write("lists.py", PROGRAM)
    plain = project.python("lists.py")
    assert "lists.py" in plain.stdout
    shutil.rmtree(project.folder / "sub")
    state = {"XDG_STATE_HOME": str(project.folder.parent / "state")}
    assert project.durable("run", "lists.py", env=state).stdout == plain.stdout
    assert project.home.is_dir()
