"""The pages of `durable ui` for runs on Temporal: the same as for local ones, and what is not possible is said."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

from durable.runner.cli.engines import Cluster
from durable.runner.ui.application import application
from durable.runner.ui.board import Board
from durable.runner.ui.guard import Keys

Until = Callable[[Callable[[], Any], str], Any]
PROGRAM = """\
import time
from pathlib import Path

HOSTILE = "<script>alert(1)</script>"

def main():
    Path("out.txt").write_text(HOSTILE)
    print(HOSTILE)
    print("hello", input(HOSTILE + "? "))
    try:
        time.sleep(3000)
    finally:
        print("cleaned up")

main()
"""


def _client(address: str) -> TestClient:
    keys = Keys(8321)
    client = TestClient(application(Board(Cluster(address)), keys), base_url="http://127.0.0.1:8321")
    client.get(keys.address)
    client.headers["origin"] = "http://127.0.0.1:8321"
    return client


def test_a_run_is_watched_answered_and_cancelled(place: Any, until: Until) -> None:
    place.write("p.py", PROGRAM)
    run = place.id()
    process = place.begin("run", "--id", run, "p.py")
    client = _client(place.address)

    def page() -> str:
        return client.get(f"/run?id={run}").text

    until(lambda: 'class="prompt"' in page(), "the prompt")
    listed = client.get("/").text
    assert run in listed
    assert "stands on its own page" in listed
    text = page() + client.get(f"/run/strands?id={run}").text
    assert "<script>alert" not in text
    assert "HOSTILE = &#39;&lt;script&gt;alert(1)" in text
    assert "pathlib.Path.write_text" in text
    graph = client.get(f"/run/graph?id={run}").text
    assert ('class="done"' in graph, 'class="now"' in graph) == (True, True)
    prompt = page().partition('name="prompt" value="')[2].partition('"')[0]
    refused = client.post("/run/answer", data={"id": run, "prompt": "999", "text": "x"})
    assert (refused.status_code, "refused" in refused.text) == (400, True)
    assert client.post("/run/answer", data={"id": run, "prompt": prompt, "text": "Ada"}).status_code == 200
    until(lambda: "hello Ada" in page() and "timer until" in page(), "the answer")
    printed = client.get(f"/run/output?id={run}").text
    assert "hello Ada\n" in printed
    assert printed == place.durable("logs", "--stream", "stdout", run).stdout
    cancelled = client.post("/run/cancel", data={"id": run}, follow_redirects=False)
    assert (cancelled.status_code, cancelled.headers["location"]) == (303, f"/run?id={run}&sent=cancel")
    assert process.wait(60) == 130
    row = f'id="run {run}"'
    until(lambda: "cancelled" in client.get("/").text.partition(row)[2].partition("</tr>")[0], "the end")
    assert client.post("/run/signal", data={"id": run, "name": "SIGUSR1"}).status_code == 400
    assert client.get("/run?id=nothing").status_code == 404


def test_without_a_worker_the_page_says_what_is_missing(place: Any, until: Until) -> None:
    place.write("p.py", PROGRAM)
    run = place.id()
    process = place.begin("run", "--id", run, "p.py")
    client = _client(place.address)
    until(lambda: 'class="prompt"' in client.get(f"/run?id={run}").text, "the prompt")
    process.kill()
    process.communicate()
    page = client.get(f"/run?id={run}").text
    assert "prompts and output are told by a worker" in page
    assert "the output could not be had" in page
    assert "pathlib.Path.write_text" in page


@pytest.mark.parametrize("path", ["/", "/run?id=june"])
def test_a_server_that_is_away_is_said(path: str) -> None:
    answer = _client("127.0.0.1:1").get(path)
    assert (answer.status_code, "127.0.0.1:1" in answer.text) == (503, True)
