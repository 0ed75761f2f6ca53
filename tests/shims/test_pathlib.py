import os
from pathlib import Path

import pytest

from durable.runtime import read, write


def test_reading_and_writing(same):
    def program():
        path = Path("f.txt")
        seen = [path.exists(), path.write_text("ä\n", encoding="utf-8"), path.read_text(encoding="utf-8")]
        seen += [path.write_bytes(b"123"), path.read_bytes(), path.stat().st_size, path.is_file(), path.is_dir()]
        with path.open("a") as file:
            file.write("4")
        return [*seen, path.read_text(), path.suffix, path.is_symlink()]

    same(program)


def test_directories(same):
    def program():
        top = Path("a")
        (top / "b" / "c").mkdir(parents=True)
        top.mkdir(exist_ok=True)
        with pytest.raises(FileExistsError) as caught:
            top.mkdir()
        (top / "x.txt").touch()
        (top / "b" / "y.txt").touch()
        moved = (top / "x.txt").rename(top / "z.txt")
        names = [sorted(p.name for p in top.iterdir()), sorted(map(str, top.glob("*.txt")))]
        names.append(sorted(map(str, top.rglob("*"))))
        (top / "b" / "y.txt").unlink()
        (top / "b" / "y.txt").unlink(missing_ok=True)
        (top / "b" / "c").rmdir()
        (top / "link").symlink_to("z.txt")
        names.append([os.readlink(top / "link"), (top / "link").resolve().name, (top / "link").is_symlink()])
        moved.chmod(0o600)
        return names, str(moved), caught.value.errno, caught.value.filename, oct(moved.stat().st_mode)

    same(program)


def test_places(same):
    def program():
        here = Path.cwd()
        return (
            Path("x").absolute() == here / "x",
            Path(".").resolve() == here,
            Path("~").expanduser() == Path.home(),
            Path("a").samefile("a") if Path("a").exists() else None,
        )

    same(program)


def test_errors(same):
    def program():
        seen = []
        for act in (
            Path("none").read_text,
            Path("none").unlink,
            Path("none").stat,
            lambda: list(Path("none").iterdir()),
        ):
            with pytest.raises(OSError, match=r"\[Errno") as caught:
                act()
            seen.append((type(caught.value), caught.value.errno, str(caught.value)))
        return seen

    same(program)


def test_wrapped_methods(same):
    def program():
        path = Path("f")
        write(path.write_text)("x")
        return read(path.read_text)(), [str(p) for p in read(Path(".").glob)("*")]

    assert "pathlib.PosixPath.read_text" in same(program).performed
