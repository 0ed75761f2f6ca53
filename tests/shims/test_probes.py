"""After a crash in the middle of a step the world tells whether it happened."""

import os

import pytest

from durable.runner.core.call import UNDONE
from durable.stdlib_shims._descriptors import Appended, Descriptor
from durable.stdlib_shims._probes import Made, Removed, Renamed, made, pruned, renamed_and_pruned


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("probe", "prepare", "act"),
    [
        (Made("new"), lambda: None, lambda: os.mkdir("new")),
        (Removed("old"), lambda: os.mkdir("old"), lambda: os.rmdir("old")),
        (Renamed("old", "new"), lambda: os.mkdir("old"), lambda: os.rename("old", "new")),
    ],
)
def test_done_or_undone(probe, prepare, act):
    prepare()
    note = probe.note()
    assert probe.settle(note) == UNDONE
    act()
    assert probe.settle(note).state == "done"


@pytest.mark.parametrize(
    ("probe", "prepare"),
    [
        (Made("there"), lambda: os.mkdir("there")),
        (Removed("gone"), lambda: None),
        (Renamed("gone", "new"), lambda: None),
    ],
)
def test_what_cannot_have_happened_is_tried_again(probe, prepare):
    prepare()
    assert probe.settle(probe.note()) == UNDONE


def appended(path):
    file = Descriptor(os.path.abspath(path), os.O_WRONLY | os.O_APPEND)
    file.is_regular = True
    return file


@pytest.mark.parametrize(
    ("grown", "state", "left"),
    [
        (b"", "undone", b"old"),
        (b"ne", "undone", b"old"),
        (b"new", "done", b"oldnew"),
        (b"not ours new", "done", b"oldnot ours new"),
        (b"not ours", "unknown", b"oldnot ours"),
    ],
)
def test_an_append_is_recognised_or_repaired(grown, state, left):
    with open("log", "wb") as file:
        file.write(b"old")
    probe = Appended(appended("log"), b"new")
    note = probe.note()
    with open("log", "ab") as file:
        file.write(grown)
    assert probe.settle(note).state == state
    with open("log", "rb") as file:
        assert file.read() == left


def test_folders_that_were_made_with_their_parents_are_not_made_again():
    probe = made("a/b/c")
    note = probe.note()
    os.mkdir("a")
    assert probe.settle(note) == UNDONE
    os.makedirs("a/b/c")
    assert probe.settle(note).state == "done"


@pytest.mark.parametrize("left", ["a/b", "a", ""])
def test_empty_parents_of_what_has_gone_are_removed_after_all(left):
    os.makedirs("work/a/b/c")
    os.chdir("work")
    probe = pruned("a/b/c/")
    note = probe.note()
    assert probe.settle(note) == UNDONE
    os.rmdir("a/b/c")
    if not left.endswith("b"):
        os.rmdir("a/b")
    if not left:
        os.rmdir("a")
    assert probe.settle(note).state == "done"
    assert os.listdir(os.curdir) == []


def test_parents_that_are_not_empty_stay():
    os.makedirs("a/b/c")
    open("a/kept", "w").close()
    probe = renamed_and_pruned("a/b/c", "d")
    note = probe.note()
    os.rename("a/b/c", "d")
    assert probe.settle(note).state == "done"
    assert sorted(os.listdir("a")) == ["kept"]
