import os
import shutil
import sys

import pytest

from durable.runner.engines.memory import play


def test_directories(same):
    def program():
        os.mkdir("a")
        os.makedirs("b/c/d")
        os.makedirs("b/c", exist_ok=True)
        open("b/f", "w").close()
        os.rename("b/f", "b/g")
        os.replace("b/g", "a/h")
        os.symlink("h", "a/link")
        os.link("a/h", "a/hard")
        seen = [sorted(os.listdir("a")), os.readlink("a/link"), os.path.islink("a/link"), os.path.isdir("b")]
        os.unlink("a/hard")
        os.removedirs("b/c/d") if False else os.rmdir("b/c/d")
        os.chmod("a/h", 0o600)
        os.utime("a/h", (5, 6))
        found = os.stat("a/h")
        return [
            *seen,
            oct(found.st_mode),
            found.st_mtime,
            found.st_size,
            os.path.getmtime("a/h"),
            os.access("a", os.W_OK),
        ]

    same(program)


def test_walking(same):
    def program():
        os.makedirs("x/y")
        for name in ("x/1", "x/y/2"):
            open(name, "w").close()
        with os.scandir("x") as entries:
            kinds = sorted(
                (e.name, e.path, e.is_dir(), e.is_file(), e.is_symlink(), e.stat().st_size > 0) for e in entries
            )
        names = [(top, sorted(dirs), sorted(files)) for top, dirs, files in os.walk("x")]
        return [item[:5] for item in kinds], names

    same(program)


def test_an_entry_is_a_dir_entry(replayed, tmp_path):
    (tmp_path / "f").touch()

    def program():
        entry = next(os.scandir(tmp_path))
        return isinstance(entry, os.DirEntry), repr(entry), os.fspath(entry) == str(tmp_path / "f")

    assert replayed(program).value == (True, "<DirEntry 'f'>", True)


def test_errors_are_the_same(same):
    def program():
        seen = []
        for act in (
            lambda: os.mkdir("/proc/no/such"),
            lambda: os.remove("none"),
            lambda: os.rename("none", "other"),
            lambda: os.listdir("none"),
            lambda: os.stat("none"),
            lambda: os.open("none", os.O_RDONLY),
        ):
            with pytest.raises(OSError, match=r"\[Errno") as caught:
                act()
            error = caught.value
            seen.append((type(error), error.errno, error.filename, error.filename2, str(error)))
        return seen

    same(program)


def test_the_working_directory_holds(same):
    def program():
        start = os.getcwd()
        os.mkdir("in")
        os.chdir("in")
        open("here", "w").close()
        inside = os.path.relpath(os.getcwd(), start), os.path.basename(os.path.abspath("here"))
        os.chdir("..")
        return inside, os.path.exists("in/here"), os.getcwd() == start

    same(program)


def test_descriptors(same):
    def program():
        fd = os.open("raw", os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o640)
        os.write(fd, b"hello world")
        os.lseek(fd, 6, os.SEEK_SET)
        tail = os.read(fd, 100)
        os.lseek(fd, 0, os.SEEK_SET)
        os.write(fd, b"J")
        size = os.fstat(fd).st_size
        os.fsync(fd)
        with os.fdopen(fd, "rb") as file:
            return tail, size, file.read()

    same(program)


def test_the_environment_is_the_runs_own(same, monkeypatch):
    monkeypatch.setenv("DURABLE_HOME", "x")
    monkeypatch.setenv("GIVEN", "1")

    def program():
        before = os.environ.get("SET_HERE")
        os.environ["SET_HERE"] = "yes"
        del os.environ["GIVEN"]
        return before, os.getenv("SET_HERE"), "GIVEN" in os.environ, os.environb[b"SET_HERE"]

    played = same(program, is_plain_too=False)
    assert played.value == (None, "yes", False, b"yes")
    assert not played.events
    assert os.environ["GIVEN"] == "1"
    assert "SET_HERE" not in os.environ
    assert play(lambda: [key for key in os.environ if key.startswith("DURABLE_")]).value == []


def test_a_step_sees_the_runs_environment():
    from durable.runtime import read

    def look():
        return os.environ["SET_HERE"]

    def program():
        os.environ["SET_HERE"] = "yes"
        return read(look)()

    assert play(program).value == "yes"


def test_identity_is_recorded_once(replayed):
    played = replayed(lambda: [os.getpid(), os.getpid(), os.getppid(), os.getuid(), os.cpu_count()])
    assert [entry.name for entry in played.events] == ["os.getpid", "os.getppid", "os.getuid", "os.cpu_count"]


def test_random_bytes(replayed):
    value = replayed(lambda: [os.urandom(5), os.getrandom(6)]).value
    assert [len(item) for item in value] == [5, 6]


def test_copying_is_one_step_each(same):
    def program():
        os.mkdir("d")
        with open("d/f", "w") as file:
            file.write("x")
        shutil.copy("d/f", "g")
        shutil.copytree("d", "e")
        shutil.move("g", "h")
        shutil.rmtree("d")
        return sorted(os.listdir("."))

    same(program)


def test_writing_to_standard_output():
    played = play(lambda: os.write(1, b"straight\n"))
    assert (played.value, played.stdout, played.performed) == (9, "straight\n", [])


def test_the_mask_holds(same):
    def program():
        before = os.umask(0o077)
        os.mkdir("private")
        os.umask(before)
        return oct(os.stat("private").st_mode)

    same(program)


def test_real_functions_keep_their_names():
    assert os.mkdir.__name__ == "mkdir"
    assert os.stat in os.supports_dir_fd
    assert sys.modules["posix"].stat is not os.stat


def test_what_is_registered_for_a_fork_is_never_called(same):
    def program():
        os.register_at_fork(before=lambda: None, after_in_child=print)
        with pytest.raises(TypeError):
            os.register_at_fork()
        with pytest.raises(TypeError):
            os.register_at_fork(before=3)
        return len(os.listdir())

    assert same(program).value == 0
