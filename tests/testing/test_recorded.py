"""`durable record` makes fixtures; programs under test are answered from them."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
import textwrap
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from durable.runner.errors import UsageError
from durable.testing import Programs, RecordingMismatch

REPORT = """
    import getpass
    import os
    import random
    import subprocess
    import threading
    import time
    import uuid
    from datetime import datetime
    from pathlib import Path

    def work(number):
        lines.append(subprocess.run(["sh", "-c", f"sleep 0.{number}; echo $$"], capture_output=True, text=True).stdout)

    name = input("name? ")
    password = getpass.getpass("password: ")
    print(datetime.now(), uuid.uuid4(), random.random())
    print(subprocess.run(["echo", name, password], capture_output=True, text=True).stdout == f"{name} {password}\\n")
    lines = []
    threads = [threading.Thread(target=work, args=(number,)) for number in (3, 1, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(lines)
    time.sleep(0.1)
    print(Path("data.txt").read_text(), os.environ["SHOP_TOKEN"] in Path("token.txt").read_text())
    try:
        open("/nowhere/x")
    except OSError as error:
        print(error)
"""


def record(project, program: str, *answers: str, **options) -> str:
    """Record a program whose prompts are answered from outside; return what it printed."""
    running = project.start("record", "-o", "tests/x.jsonl", program, **options)
    answered: list[int] = []
    for answer in answers:
        run, prompt = _next_prompt(project, answered)
        assert project.durable("answer", run, answer).returncode == 0
        answered.append(prompt)
    out, err = running.communicate(timeout=120)
    assert "lines recorded in" in err, err
    return out


def _next_prompt(project, answered: Sequence[int]) -> tuple[str, int]:
    """Return the only run's name and the number of the prompt that it waits at, which is none of `answered`."""
    while True:
        found = json.loads(project.durable("ps", "--json").stdout or "[]")
        for run in [each["id"] for each in found]:
            waits = json.loads(project.durable("show", "--json", run).stdout)["waits"]
            for number in [wait["seq"] for wait in waits if wait["seq"] not in answered]:
                return run, number
        time.sleep(0.05)


@pytest.fixture
def programs(project, tmp_path_factory: pytest.TempPathFactory) -> Programs:
    return Programs(project.folder, tmp_path_factory.mktemp("compiled"))


def test_what_was_recorded_is_given_again(project, programs: Programs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONHASHSEED", "0")
    project.write("report.py", textwrap.dedent(REPORT))
    project.write("data.txt", "data")
    project.write("token.txt", "the token is tok-1234567890\n")
    env = {"SHOP_TOKEN": "tok-1234567890"}
    printed = record(project, "report.py", "Ada", "geheimnis", env=env)
    path = project.folder / "tests" / "x.jsonl"
    text = path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "geheimnis" not in text
    assert "tok-1234567890" not in text
    assert json.loads(project.durable("ps", "--json").stdout) == []
    lines = [json.loads(line) for line in text.splitlines()]
    assert lines[0]["program"] == "report.py"
    steps = [line for line in lines if line.get("step") == "subprocess.run"]
    assert [line["at"] for line in steps] == ["report.py:18"] + 3 * ["report.py:13"]
    assert steps[0]["call"].startswith("subprocess.run(['echo', 'Ada', '<secret>']")
    (project.folder / "data.txt").unlink()
    (project.folder / "token.txt").unlink()
    result = programs.run(project.folder / "report.py", recorded="tests/x.jsonl", cwd=project.folder, env=env)
    assert result.exit_code == 0, result.stderr
    assert result.stdout == printed
    assert result.prompts == ["name? ", "password: "]


FETCH = """
    import urllib.request
    from pathlib import Path

    for name in ("a.txt", "b.txt"):
        print(Path(name).read_text())
    Path("out.txt").write_text("done")
"""


def test_an_effect_that_was_not_recorded_is_named(project, programs: Programs) -> None:
    source = textwrap.dedent(FETCH)
    program = project.write("fetch.py", source)
    for name in ("a.txt", "b.txt"):
        project.write(name, name)
    record(project, "fetch.py")
    out = project.folder / "out.txt"
    out.unlink()
    assert programs.run(program, recorded="tests/x.jsonl", cwd=project.folder).stdout == "a.txt\nb.txt\n"
    assert not out.exists()
    program.write_text("# a comment\n" + source.replace("import urllib.request", ""))
    assert programs.run(program, recorded="tests/x.jsonl").ok()
    program.write_text(source.replace('"b.txt"', '"c.txt"'))
    with pytest.raises(RecordingMismatch) as other:
        programs.run(program, recorded="tests/x.jsonl", cwd=project.folder)
    message = str(other.value)
    assert message.startswith("fetch.py:6: expected pathlib.Path.read_text(")
    assert "x.jsonl:3, recorded at fetch.py:6" in message
    assert "'c.txt'" in message.partition("found ")[2]
    program.write_text(source.replace('"done"', '"other"'))
    with pytest.raises(RecordingMismatch, match=r"fetch.py:7: expected .*b'done'.*found .*b'other'"):
        programs.run(program, recorded="tests/x.jsonl", cwd=project.folder)
    program.write_text(source + "Path('more').mkdir()\n")
    with pytest.raises(RecordingMismatch, match=r"fetch.py:8: expected nothing more, found .*mkdir"):
        programs.run(program, recorded="tests/x.jsonl", cwd=project.folder)
    program.write_text("print(1)\n")
    with pytest.raises(RecordingMismatch, match="but the program has ended"):
        programs.run(program, recorded="tests/x.jsonl", cwd=project.folder)


def test_stubs_stand_before_what_is_recorded(project, programs: Programs) -> None:
    program = project.write("both.py", "import os\nprint(os.listdir('.')[:0], os.path.exists('both.py'))\n")
    record(project, "both.py")
    assert programs.run(program, recorded="tests/x.jsonl", stubs={"os.listdir": ["x"] * 9}).stdout == "[] True\n"


def test_what_is_no_fixture(project, programs: Programs) -> None:
    program = project.write("p.py", "print(1)\n")
    project.write("bad.jsonl", "{}\n")
    with pytest.raises(UsageError, match="is no fixture"):
        programs.run(program, recorded="bad.jsonl")
    with pytest.raises(UsageError, match="cannot be read"):
        programs.run(program, recorded="none.jsonl")
    with pytest.raises(UsageError, match="not both"):
        programs.run(program, recorded="bad.jsonl", crash_at=1)


def test_the_exit_code_is_the_programs(project) -> None:
    project.write("fail.py", "import sys\nprint(sys.argv)\nsys.exit(int(sys.argv[1]))\n")
    done = project.durable("record", "fail.py", "7")
    assert (done.stdout, done.returncode) == ("['fail.py', '7']\n", 7)
    assert (project.folder / "fail.recorded.jsonl").exists()
    plain = subprocess.run([sys.executable, "fail.py", "7"], cwd=project.folder, capture_output=True, check=False)
    assert plain.returncode == done.returncode
    assert Path(project.home).is_dir()


def test_a_fixture_has_no_answers_for_crashes(project, programs: Programs) -> None:
    program = project.write("fetch.py", textwrap.dedent(FETCH))
    with pytest.raises(UsageError, match="use stubs="):
        programs.survive(program, recorded="tests/x.jsonl")
