import os
import tempfile

import pytest

from durable.runner.engines.memory import play

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")  # files are left open on purpose


def everything():
    seen = []
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "f"), "w") as file:
            file.write("x")
        seen.append(os.listdir(folder))
    seen.append(os.path.exists(folder))
    with tempfile.NamedTemporaryFile("w+", suffix=".txt") as named:
        named.write("text")
        named.seek(0)
        seen += [named.read(), os.path.exists(named.name), named.name.endswith(".txt")]
    seen.append(os.path.exists(named.name))
    with tempfile.TemporaryFile() as nameless:
        nameless.write(b"bytes")
        nameless.seek(0)
        seen.append(nameless.read())
    fd, path = tempfile.mkstemp()
    os.write(fd, b"raw")
    os.close(fd)
    seen.append(open(path).read())  # noqa: SIM115
    os.remove(path)
    folder = tempfile.mkdtemp(prefix="p-")
    seen.append(os.path.basename(folder)[:2])
    os.rmdir(folder)
    with tempfile.SpooledTemporaryFile(max_size=4) as spooled:
        spooled.write(b"longer")
        spooled.seek(0)
        seen.append(spooled.read())
    return seen


def test_everything(same, tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    same(everything)


def test_names_are_the_same_on_replay(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))

    def program():
        return tempfile.gettempdir(), tempfile.mkdtemp(), tempfile.mktemp()

    played = play(program)
    assert played.value[0] == str(tmp_path)
    assert play(program, played.events).value == played.value


def test_the_process_keeps_its_choice(monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", None)

    def program():
        tempfile.tempdir = "/some/where"
        return tempfile.gettempdir()

    assert play(program).value == "/some/where"
    assert tempfile.tempdir is None


def test_a_directory_left_behind_goes_at_the_end(worlds):
    from durable.runner import context
    from durable.stdlib_shims.atexit import run_exit_callbacks

    kept = []

    def program():
        kept.append(tempfile.TemporaryDirectory(dir="."))
        name = kept[0].name
        assert os.path.isdir(name)
        with pytest.warns(ResourceWarning):
            run_exit_callbacks(context.current())
        return os.path.exists(name)

    worlds.enter()
    played = play(program)
    assert played.error is None
    assert played.value is False
