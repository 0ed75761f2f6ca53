"""Descriptors in a run: copies of its streams, maps of its files, mocks with the signature of what they replace."""

import os
from pathlib import Path
from typing import Any

from durable.stdlib_shims._descriptors import Descriptor
from durable.stdlib_shims._lent import Given


def test_copies_of_the_streams_are_the_programs(project: Any) -> None:
    """What is written to a copy is the run's output, and it outlives the process that made it."""
    lines = ["import os", "print('a', flush=True)", "n = os.dup(1)", "os.mkdir('q')", "os.write(n, b'copied\\n')"]
    lines += ["m = os.dup(n)", "os.rmdir('q')", "os.close(n)", "os.write(m, b'twice\\n')", "os.close(m)"]
    project.write("p.py", "\n".join(lines))
    done = project.durable("verify", "--kills", "6", "p.py")
    assert done.returncode == 0, done.stdout


def test_a_map_is_made_again(project: Any) -> None:
    lines = ["import mmap", "with open('a', 'w+') as file:", "    file.write('hello')", "    file.flush()"]
    lines += ["    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as view:"]
    lines += ["        print(view.find(b'l'), len(view))"]
    project.write("p.py", "\n".join(lines))
    done = project.durable("verify", "--kills", "6", "p.py")
    assert done.returncode == 0, done.stdout


def test_a_mock_with_autospec_is_the_programs_own(project: Any) -> None:
    lines = ["import os", "from pathlib import Path", "from unittest import mock"]
    lines += ["with mock.patch.object(Path, 'write_text', autospec=True, side_effect=OSError(28, 'full')) as write:"]
    lines += ["    try:", "        Path('a').write_text('x')", "    except OSError as error:", "        print(error)"]
    lines += ["os.mkdir('made')", "write.assert_called_once_with(Path('a'), 'x')"]
    project.write("p.py", "\n".join(lines))
    done = project.durable("verify", "p.py")
    assert done.returncode == 0, done.stdout


def test_the_main_module_of_a_folder_and_of_a_namespace_package(project: Any) -> None:
    text = "import sys\nprint(__package__, __spec__.name, __name__, len(sys.modules['tool'].__path__))\n"
    project.write("tool/part/__main__.py", text)
    project.write("tool/one.py", text)
    project.write("pack/__init__.py", "import sys\nprint('imported', sys.argv)\n")
    project.write("pack/__main__.py", "import sys\nprint(__spec__.name, len(sys.argv), 'pack' in sys.modules)\n")
    project.write("folder/__main__.py", "print(repr(__package__), __spec__.name)\n")
    for command in ["-m", "tool.part"], ["-m", "tool.one"], ["-m", "pack"], ["folder"]:
        assert project.durable("run", *command).stdout == project.python(*command).stdout != ""


def test_what_a_step_in_doubt_has_written_is_written_once(tmp_path: Path) -> None:
    """Appended again it is known, as far as it is the same; in another file it is cut off."""
    path = tmp_path / "log"
    path.write_bytes(b"old\n")
    log = Descriptor(str(path), os.O_WRONLY | os.O_APPEND | os.O_CREAT, is_regular=True)
    probe = Given([log])
    note = probe.note()
    log.append_in_step(b"one\n")
    log.append_in_step(b"tw")
    assert probe.settle(note).state == "unknown"
    assert [log.append_in_step(line) for line in (b"one\n", b"two\n", b"three\n")] == [8, 12, 18]
    assert path.read_bytes() == b"old\none\ntwo\nthree\n"
    probe.settle([12])
    log.append_in_step(b"another\n")
    assert path.read_bytes() == b"old\none\ntwo\nthree\nanother\n"
    other = Descriptor(str(path), os.O_RDWR, is_regular=True)
    Given([other]).settle([4])
    assert path.read_bytes() == b"old\n"
