"""Child processes as steps: plain = durable = durable replayed from every prefix of its events."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from durable.runner.core.call import Policy, Site
from durable.runner.engines.memory import Played, play
from durable.runner.errors import ResourceLost
from durable.runner.spec import RunSpec

PY = sys.executable


def replayed_everywhere(program: Callable[[], Any]) -> Played:
    """Play `program`, then again from every prefix of its events: the same value and the same output each time."""
    whole = play(program)
    assert whole.error is None
    for cut in range(len(whole.events) + 1):
        part = play(program, whole.events[:cut])
        assert (part.error, part.value, part.stdout) == (None, whole.value, whole.stdout)
    assert play(program, whole.events).performed == []
    return whole


def test_each_function_is_one_step() -> None:
    def program() -> Any:
        done = subprocess.run(["sh", "-c", "echo out; echo err >&2; exit 3"], capture_output=True, text=True)
        return [
            (done.args, done.returncode, done.stdout, done.stderr),
            subprocess.run("cat", shell=True, input=b"in", stdout=subprocess.PIPE).stdout,
            subprocess.call(["sh", "-c", "exit 4"]),
            subprocess.check_call("true"),
            subprocess.check_output(["echo", "x"], text=True),
            subprocess.check_output(["sh", "-c", "echo x >&2"], stderr=subprocess.STDOUT),
            subprocess.getoutput("echo 1; echo 2 >&2; exit 1"),
            subprocess.getstatusoutput("echo 5; exit 5"),
        ]

    whole = replayed_everywhere(program)
    assert whole.value == program()
    assert whole.performed == [
        f"subprocess.{name}"
        for name in ("run run call check_call check_output check_output getoutput getstatusoutput").split()
    ]


def test_inherited_output_is_the_runs_output() -> None:
    def program() -> Any:
        print("before", flush=True)
        done = subprocess.run(["sh", "-c", "echo one; echo two"])
        subprocess.call(["echo", "three"], stdout=sys.stdout)
        with pytest.raises(subprocess.CalledProcessError):
            subprocess.run(["sh", "-c", "echo four; exit 1"], check=True)
        with subprocess.Popen(["echo", "five"]):
            pass
        subprocess.run(["echo", "nowhere"], stdout=subprocess.DEVNULL)
        print("after", flush=True)
        return done.stdout

    whole = replayed_everywhere(program)
    assert (whole.value, whole.stdout) == (None, "before\none\ntwo\nthree\nfour\nfive\nafter\n")


def _raised(call: Callable[[], Any]) -> Any:
    try:
        call()
    except (subprocess.SubprocessError, OSError, ValueError) as error:
        return type(error).__name__, [getattr(error, key, None) for key in ("cmd", "returncode", "output", "filename")]
    return None


@pytest.mark.parametrize(
    "call",
    [
        lambda: subprocess.run(["sh", "-c", "echo a; exit 7"], check=True, capture_output=True),
        lambda: subprocess.check_call(["false"]),
        lambda: subprocess.check_output("echo a; exit 2", shell=True, text=True),
        lambda: subprocess.run(["sleep", "9"], timeout=0.05),
        lambda: subprocess.run(["no-such-program-anywhere"]),
        lambda: subprocess.run(["true"], cwd="/no/such/place"),
        lambda: subprocess.run(["true"], capture_output=True, stdout=subprocess.PIPE),
    ],
)
def test_errors_are_pythons(call: Callable[[], Any]) -> None:
    def program() -> Any:
        return _raised(call)

    assert replayed_everywhere(program).value == program()
    assert program() is not None


def test_environment_and_directory_are_the_programs(tmp_path: Path) -> None:
    def program() -> Any:
        script = "import os; print(os.getcwd(), os.environ.get('WORD'), 'PATH' in os.environ)"
        return subprocess.check_output([PY, "-c", script], cwd=tmp_path, env={**os.environ, "WORD": "x"}, text=True)

    assert replayed_everywhere(program).value == program() == f"{tmp_path} x True\n"


def test_standard_input_is_the_runs() -> None:
    def program() -> Any:
        return subprocess.run(["cat"], stdout=subprocess.PIPE).stdout

    assert play(program, spec=_spec("none")).value == b""


def _spec(stdin: str) -> RunSpec:
    return RunSpec("test", "test.py", "test.py", (), ".", "", "00" * 16, stdin=stdin)


def test_popen_pipes() -> None:
    def program() -> Any:
        out: list[Any] = []
        with subprocess.Popen(["sort"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as sort:
            assert sort.stdin is not None
            assert sort.stdout is not None
            sort.stdin.write("b\n")
            sort.stdin.writelines(["c\n", "a\n"])
            sort.stdin.close()
            out.append(list(sort.stdout))
            out += [isinstance(sort, subprocess.Popen), isinstance(sort.stdout, io.TextIOBase), sort.stdin.closed]
        out += [sort.returncode, sort.args, sort.stdout.closed, sort.poll(), sort.wait()]
        with pytest.raises(ValueError, match="closed file"):
            sort.stdout.read()
        talk = subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        out += [talk.communicate(b"hello"), talk.returncode]
        return out

    assert replayed_everywhere(program).value == program()


def test_popen_pipeline_and_signals() -> None:
    def program() -> Any:
        first = subprocess.Popen(["printf", "a\\nb\\n"], stdout=subprocess.PIPE)
        second = subprocess.Popen(["grep", "b"], stdin=first.stdout, stdout=subprocess.PIPE)
        assert first.stdout is not None
        first.stdout.close()
        out: list[Any] = [second.communicate()[0], first.wait()]
        sleeper = subprocess.Popen(["sleep", "60"])
        out.append(sleeper.poll())
        with pytest.raises(subprocess.TimeoutExpired):
            sleeper.wait(0.01)
        sleeper.terminate()
        out += [sleeper.wait(), sleeper.poll()]
        return out

    assert replayed_everywhere(program).value == program() == [b"b\n", 0, None, -15, -15]


def test_a_process_that_was_waited_for_cannot_be_started_again() -> None:
    def program() -> Any:
        child = subprocess.Popen(["echo", "x"], stdout=subprocess.PIPE)
        child.wait()
        assert child.stdout is not None
        return child.stdout.read()

    whole = play(program)
    assert whole.value == b"x\n"
    with pytest.raises(ResourceLost, match=r"test_subprocess\.py:\d+: the process started here was lost in a crash"):
        play(program, whole.events[:2])


def test_a_process_that_answers_differently_is_lost(tmp_path: Path) -> None:
    counter = tmp_path / "counter"
    script = textwrap.dedent(
        f"""
        import sys
        with open({str(counter)!r}, "a+") as file:
            file.write("x")
            file.seek(0)
            print(len(file.read()))
        print("more")
        """
    )

    def program() -> Any:
        child = subprocess.Popen([PY, "-c", script], stdout=subprocess.PIPE, text=True)
        assert child.stdout is not None
        return child.stdout.readline(), child.stdout.readline(), child.wait()

    whole = play(program)
    assert whole.value == ("1\n", "more\n", 0)
    with pytest.raises(ResourceLost, match="answers differently"):
        play(program, whole.events[:2])


def test_a_policy_can_forbid_to_start_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def program() -> Any:
        return subprocess.Popen(["true"]).wait()

    whole = play(program)
    site = Site("program", "subprocess.Popen", "write", __file__, 7, 1, "program", Policy(in_doubt="fail"))
    monkeypatch.setattr("durable.runner.run.Run.take_site", lambda *_: site)
    with pytest.raises(ResourceLost, match=":7: the process started here"):
        play(program, whole.events[:1])


def test_outside_runs_popen_is_real() -> None:
    play(lambda: None)
    with subprocess.Popen(["echo", "x"], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stdout.read() == b"x\n"
    assert child.returncode == 0
