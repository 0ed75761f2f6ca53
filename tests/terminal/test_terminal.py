"""Runs on a terminal, as a person sees them."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

SLEEPER = """\
import os
import time

os.mkdir("first")
print("begun")
time.sleep(3)
os.mkdir("second")
print("done")
"""


def test_the_line_at_the_bottom_comes_and_goes(project: Any, terminal: Any) -> None:
    project.write("p.py", SLEEPER)
    terminal.start("run", "--id", "r", "p.py")
    lines = terminal.until(lambda lines: "left at p.py:6" in lines[-1])
    assert lines[0] == "begun"
    assert lines[1].startswith("durable: 1 step · ")
    first = lines[1]
    terminal.until(lambda lines: lines[-1] != first)
    assert terminal.end() == 0
    assert terminal.lines == ["begun", "done"]


def test_a_pipe_sees_nothing_of_it(project: Any) -> None:
    project.write("p.py", SLEEPER)
    done = project.durable("run", "--id", "r", "p.py")
    assert (done.stdout, done.stderr) == ("begun\ndone\n", "")


def test_interrupted_and_resumed(project: Any, terminal: Any) -> None:
    project.write("p.py", SLEEPER.replace("time.sleep(3)", "time.sleep(float(os.environ.get('PAUSE', '3')))"))
    terminal.start("run", "--id", "r", "p.py", PAUSE="3000")
    terminal.until(lambda lines: "left at p.py:6" in lines[-1])
    terminal.type("\x03")
    assert terminal.end() == 130
    assert terminal.lines[-1] == "durable: interrupted; `durable resume r` goes on"
    assert not any("step" in line for line in terminal.lines)
    terminal.start("resume", "r", PAUSE="3000")
    terminal.until(lambda lines: "durable: 1 step kept, going on at p.py:6" in lines)
    assert terminal.until(lambda lines: "left at p.py:6" in lines[-1]).count("begun") == 1


def test_interrupted_while_it_computes(project: Any, terminal: Any) -> None:
    project.write("p.py", "print('begun')\nwhile True:\n    pass\n")
    terminal.start("run", "--id", "r", "p.py")
    terminal.until(lambda lines: "begun" in lines)
    terminal.type("\x03")
    assert terminal.end() == 130
    assert project.durable("logs", "r").stdout == "begun\n"  # kept, so a resumed run does not show it again


def test_a_prompt_answered_from_a_second_terminal(project: Any, terminals: Callable[[], Any]) -> None:
    project.write("p.py", "name = input('Name? ')\nprint('Hello', name)\n")
    first, second = terminals(), terminals()
    first.start("run", "--id", "r", "p.py")
    first.until(lambda lines: lines == ["Name?"])
    second.start("answer", "r", "Ann")
    assert second.end() == 0
    assert first.end() == 0
    assert "Hello Ann" in "\n".join(first.lines)


def test_a_prompt_answered_at_the_keyboard(project: Any, terminal: Any) -> None:
    project.write("p.py", "name = input('Name? ')\nprint('Hello', name)\n")
    terminal.start("run", "--id", "r", "p.py")
    terminal.until(lambda lines: lines == ["Name?"])
    terminal.type("Bob\n")
    assert terminal.end() == 0
    assert terminal.lines == ["Name? Bob", "Hello Bob"]


def test_logs_are_followed_across_a_kill_and_a_resume(project: Any, terminals: Callable[[], Any]) -> None:
    project.write("p.py", SLEEPER.replace("time.sleep(3)", "time.sleep(6)"))
    first, second, third = terminals(), terminals(), terminals()
    first.start("run", "--id", "r", "p.py")
    first.until(lambda lines: "left at p.py:6" in lines[-1])
    second.start("logs", "--follow", "r")
    third.start("show", "--follow", "r")
    second.until(lambda lines: lines == ["begun"])
    third.until(lambda lines: lines[-1].startswith("waits: timer until"))
    first.process.kill()
    first.process.wait()
    first.start("resume", "r")
    assert first.end() == 0
    assert second.end() == 0
    assert second.lines == ["begun", "done"]
    assert third.end() == 0
    assert third.lines[-1].endswith("completed")


def test_ps_says_what_runs_wait_for(project: Any) -> None:
    project.write("p.py", SLEEPER)
    project.write("q.py", "input('Name? ')\n")
    sleeping = project.durable("run", "--detach", "--id", "s", "p.py").stdout
    asking = project.durable("run", "--detach", "--id", "a", "q.py").stdout
    assert (sleeping, asking) == ("s\n", "a\n")
    deadline = time.monotonic() + 60
    while "answer to 'Name?' at q.py:1" not in (table := project.durable("ps").stdout) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert table.splitlines()[0].split() == ["RUN", "STATUS", "STEPS", "AGE", "EXIT", "SCRIPT", "WAITS", "FOR"]
    assert "answer to 'Name?' at q.py:1" in table
    project.durable("cancel", "a")
