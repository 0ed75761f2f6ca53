"""The pages of `durable ui` tell what `ps`, `show`, `logs` and `inspect` tell, and send what the commands send."""

from __future__ import annotations

import html
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

Start = Callable[..., subprocess.Popen[str]]
HOSTILE = "<script>alert('x')</script>\"'&<img src=x onerror=alert(1)>"
PROGRAM = f"""\
import signal
import sys
import time
from pathlib import Path

HOSTILE = {HOSTILE!r}

def on_signal(number, frame):
    print("signalled", number, flush=True)

def main():
    signal.signal(signal.SIGUSR1, on_signal)
    Path("out.txt").write_text(HOSTILE)
    print(HOSTILE)
    print("to stderr", file=sys.stderr)
    name = input(HOSTILE + "? ")
    print("hello", name)
    try:
        time.sleep(3000)
    finally:
        print("cleaned up")

main()
"""


@pytest.fixture
def asking(project: Any, start: Start, client: Any, until: Callable[..., Any]) -> Any:
    """A run that waits at its prompt, with the client that looks at it."""
    project.write("p.py", PROGRAM)
    start("run", "--id", "june", "p.py")
    until(lambda: 'class="prompt"' in client.get("/run?id=june").text, "the prompt")
    return client


def _prompt(client: Any) -> str:
    return client.get("/run?id=june").text.partition('name="prompt" value="')[2].partition('"')[0]


def test_the_list_and_the_page_of_a_run_show_hostile_text_as_text(asking: Any) -> None:
    texts = [asking.get(path).text for path in ("/", "/run?id=june", "/run/strands?id=june")]
    for text in texts:
        assert "<script>alert" not in text
        assert "<img" not in text
        assert "&lt;script&gt;alert(" in text
    listed, run, strands = texts
    assert "running" in listed
    assert "at p.py:16" in listed
    assert html.escape(HOSTILE).replace("&#x27;", "&#39;").replace("&quot;", "&#34;") in run
    assert "pathlib.Path.write_text" in run
    assert "HOSTILE = " in strands
    graph = asking.get("/run/graph?id=june").text
    assert "<svg" in graph
    assert 'class="done"' in graph
    assert 'class="now"' in graph
    assert "style" not in graph


def test_what_is_sent_reaches_the_run(project: Any, asking: Any, until: Callable[..., Any]) -> None:
    answered = asking.post("/run/answer", data={"id": "june", "prompt": _prompt(asking), "text": "Ada é"})
    assert (answered.status_code, answered.headers["location"]) == (303, "/run?id=june&sent=answer")
    assert "left for the run" in asking.get(answered.headers["location"]).text
    until(lambda: "hello Ada é" in asking.get("/run?id=june").text, "the answer")
    assert "timer until" in asking.get("/run?id=june").text
    assert asking.post("/run/signal", data={"id": "june", "name": "SIGUSR1"}).status_code == 303
    until(lambda: "signalled 10" in asking.get("/run?id=june").text, "the signal")
    assert asking.post("/run/cancel", data={"id": "june"}).status_code == 303
    until(lambda: "cancelled" in asking.get("/").text, "the end")
    for stream in ("stdout", "stderr"):
        shown = asking.get(f"/run/output?id=june&stream={stream}")
        assert shown.headers["content-type"] == "text/plain; charset=utf-8"
        assert shown.text == getattr(project.durable("logs", "--stream", stream, "june"), stream)
    page = asking.get("/run?id=june").text
    assert "cleaned up" in page
    assert 'action="/run/cancel"' not in page
    refused = asking.post("/run/cancel", data={"id": "june"})
    assert (refused.status_code, "has ended" in refused.text) == (400, True)


def test_a_prompt_that_is_not_asked_takes_no_answer(project: Any, asking: Any) -> None:
    before = project.durable("export", "june").stdout
    refused = asking.post("/run/answer", data={"id": "june", "prompt": "999", "text": "x"})
    assert (refused.status_code, "does not ask that any more" in refused.text) == (400, True)
    assert project.durable("export", "june").stdout == before


def test_a_failed_and_an_interrupted_run(project: Any, client: Any, until: Callable[..., Any]) -> None:
    project.write("p.py", "import os\nfrom pathlib import Path\n\nPath('a').touch()\nos.mkdir('a')\n")
    assert project.durable("run", "--id", "may", "p.py").returncode == 1
    page = client.get("/run?id=may").text
    assert "FileExistsError" in page
    assert 'class="raised"' in page
    assert "p.py:5" in client.get("/run/strands?id=may").text
    project.write("q.py", "import os, time\n\nos.mkdir('b')\ntime.sleep(3000)\n")
    process = project.start("run", "--id", "july", "q.py")
    while "timer until" not in client.get("/run?id=july").text:
        assert process.poll() is None
    process.kill()
    process.communicate()
    assert "interrupted" in client.get("/").text
    page = client.get("/run?id=july").text
    assert "No process drives this run" in page
    assert 'action="/run/resume"' in page
    gone_on = client.get(client.post("/run/resume", data={"id": "july"}).headers["location"])
    assert "A process in the background goes on with the run" in gone_on.text
    assert 'action="/run/resume"' not in gone_on.text
    client.post("/run/cancel", data={"id": "july"})
    until(lambda: "cancelled" in client.get("/run?id=july").text, "the end")
    assert client.post("/run/resume", data={"id": "nothing"}).status_code == 404


def test_secrets_are_typed_unseen_and_several_prompts_have_forms_of_their_own(
    project: Any, start: Start, client: Any, until: Callable[..., Any]
) -> None:
    project.write(
        "p.py",
        "import getpass\nimport threading\n\n"
        "def ask(text):\n    print(text, input(text))\n\n"
        "threads = [threading.Thread(target=ask, args=(text,)) for text in ('left?', 'right?')]\n"
        "for thread in threads:\n    thread.start()\n"
        "for thread in threads:\n    thread.join()\n"
        "print(len(getpass.getpass('Password: ')))\n",
    )
    start("run", "--id", "june", "p.py")
    until(lambda: client.get("/run?id=june").text.count('class="prompt"') == 2, "two prompts")
    second = client.get("/run?id=june").text.split('name="prompt" value="')[2].partition('"')[0]
    client.post("/run/answer", data={"id": "june", "prompt": second, "text": "r"})
    until(lambda: "right? r" in client.get("/run?id=june").text, "the second answer")
    assert client.get("/run?id=june").text.count('class="prompt"') == 1
    client.post("/run/answer", data={"id": "june", "prompt": _prompt(client), "text": "l"})
    until(lambda: 'type="password"' in client.get("/run?id=june").text, "the secret prompt")


def test_a_long_timeline_comes_in_parts(project: Any, client: Any) -> None:
    project.write("p.py", "from pathlib import Path\n\nfor n in range(450):\n    Path(f'{n}').exists()\n")
    assert project.durable("run", "--id", "june", "p.py").returncode == 0
    newest = client.get("/run?id=june").text
    assert newest.count('<tr id="step-') == 200
    assert "later steps" not in newest
    assert 'until=249"' in newest
    oldest = client.get("/run?id=june&until=49").text
    assert oldest.count('<tr id="step-') == 50
    assert "earlier steps" not in oldest
    assert 'until=249"' in oldest


def test_what_cannot_be_shown_is_said(project: Any, client: Any) -> None:
    assert "no runs here yet" in client.get("/").text
    assert client.get("/run?id=%3Cb%3E").status_code == 404
    assert "there is no run &lt;b&gt;" in client.get("/run?id=%3Cb%3E").text
    assert client.get("/nowhere").status_code == 404
    project.write("p.py", "print('hello')\n")
    assert project.durable("run", "--id", "june", "p.py").returncode == 0
    (project.folder / "p.py").unlink()
    gone = client.get("/run/graph?id=june")
    assert (gone.status_code, "no such file" in gone.text) == (400, True)
    assert client.get("/run/output?id=june&stream=stdin").status_code == 400


@pytest.mark.parametrize("damage", ["garbage", "record"])
def test_a_damaged_journal_is_said_clearly(project: Any, client: Any, damage: str) -> None:
    project.write("p.py", "print('hello')\n")
    assert project.durable("run", "--id", "june", "p.py").returncode == 0
    journal = project.home / "journal.db"
    if damage == "garbage":
        journal.write_bytes(b"no database" * 1000)
    else:
        data = journal.read_bytes()
        assert b'"june"' in data
        journal.write_bytes(data.replace(b'"june"', b'"jume"'))
    for path in ("/", "/run?id=june"):
        answer = client.get(path)
        assert (answer.status_code, "damaged" in answer.text) == (503, True)
        assert str(journal) in answer.text


def test_an_unexpected_error_tells_nothing_and_has_its_headers(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(self: object) -> None:
        raise RuntimeError("inner <b>matters</b>")

    monkeypatch.setattr("durable.runner.ui.board.Board.runs", fail)
    answer = client.get("/")
    assert (answer.status_code, "inner" in answer.text, "RuntimeError" in answer.text) == (500, False, True)
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_the_graph_marks_what_was_waited_for(project: Any, client: Any) -> None:
    project.write("p.py", "import time\n\nfor n in range(3):\n    time.sleep(0.1)\nprint(input('name? '))\n")
    assert project.durable("run", "--id", "june", "p.py", input="Ada\n").returncode == 0
    graph = client.get("/run/graph?id=june").text
    assert graph.count('class="done"') == 2
    assert "3 times" in graph


def test_what_is_in_doubt_is_marked(project: Any, client: Any, until: Callable[..., Any]) -> None:
    project.write("p.py", "import subprocess\n\nsubprocess.run(['sleep', '30'])\n")
    process = project.start("run", "--id", "june", "p.py")
    until(lambda: 'class="running"' in client.get("/run?id=june").text, "the step")
    process.kill()
    process.communicate()
    page = client.get("/run?id=june").text
    assert '<tr id="step-0" class="in_doubt">' in page
    assert "1 in doubt" in page
    assert 'class="now"' in client.get("/run/graph?id=june").text
