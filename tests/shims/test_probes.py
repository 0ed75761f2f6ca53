"""After a crash in the middle of a step the world tells whether it happened."""

import os

import pytest

from durable.runner.core.call import UNDONE
from durable.stdlib_shims._descriptors import Appended, Descriptor
from durable.stdlib_shims._probes import Made, Removed, Renamed


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
