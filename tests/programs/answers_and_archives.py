"""Answers to URLs that need no network, paths inside archives, and a callback that gives up as Ctrl-C would."""

import shutil
import urllib.request
import zipfile
from pathlib import Path


def give_up(source, target):
    raise KeyboardInterrupt(Path(source).name)


with urllib.request.urlopen("data:text/plain,hello%20there") as answer:
    print(answer.read(), answer.headers["content-type"])
Path("note.txt").write_text("one\ntwo\n")
answer = urllib.request.urlopen(Path("note.txt").absolute().as_uri())
print(answer.headers["content-length"], answer.readline(), list(answer))

with zipfile.ZipFile("notes.zip", "w") as archive:
    for name in ("a.txt", "deep/b.txt"):
        archive.writestr(zipfile.ZipInfo(name, (2024, 1, 1, 0, 0, 0)), f"{name}\nend\n")
root = zipfile.Path("notes.zip")
print(sorted(path.name for path in root.iterdir()), (root / "deep" / "b.txt").read_text().split())
with (root / "a.txt").open() as file:
    print(next(file), root.joinpath("deep").is_dir(), (root / "none").exists())

Path("tree").mkdir()
Path("tree/leaf").touch()
try:
    shutil.copytree("tree", "copy", copy_function=give_up)
except KeyboardInterrupt as stop:
    print("given up at", stop)
