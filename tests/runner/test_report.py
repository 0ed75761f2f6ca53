"""`durable report`: one document that says all of a run, whatever the program has printed."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import pytest

PROGRAM = """\
from pathlib import Path

def load(name):
    return Path(name).read_text()

def main():
    title = "<script>alert('title')</script> ``` | *x* |"
    api_token = "abc123"
    print(title)
    for n in range(3):
        Path(f"out{n}.txt").touch()
    load("missing.txt")

main()
"""


class _Page(HTMLParser):
    """The elements of a page, what they refer to, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.references: list[str | None] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.references += [value for name, value in attrs if name in ("src", "href") or name.startswith("on")]

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture
def failed(project: Any) -> Any:
    project.write("p.py", PROGRAM)
    assert project.durable("run", "--id", "june", "p.py").returncode == 1
    return project


def test_a_page_shows_hostile_text_as_text_and_loads_nothing(failed: Any) -> None:
    done = failed.durable("report", "june")
    assert done.stdout == "june.html\n"
    page = _Page((failed.folder / "june.html").read_text())
    assert "script" not in page.tags
    assert page.references == []
    assert {"table", "svg", "pre"} <= page.tags
    for text in (
        "failed, exit code 1",
        "<script>alert('title')</script>",
        "p.py:11",
        "name = 'missing.txt'",
        "3 times",
    ):
        assert text in page.text
    assert "abc123" not in page.text.partition("Timeline")[0]


def test_markdown_tells_the_same(failed: Any) -> None:
    text = failed.durable("report", "--format", "markdown", "-o", "-", "june").stdout
    assert text.startswith("# p.py\n")
    assert "````text\n<script>alert('title')</script> ``` | *x* |\n" in text
    assert "| load/pathlib.Path.read\\_text | read | p.py:4 | raised |" in text
    assert failed.durable("report", "-o", "june.md", "june").stdout == "june.md\n"
    assert (failed.folder / "june.md").read_text() == text


def test_a_run_is_left_as_it_was_and_what_cannot_be_had_is_said(failed: Any) -> None:
    before = failed.durable("export", "june").stdout
    (failed.folder / "p.py").unlink()
    text = failed.durable("report", "--format", "html", "-o", "-", "june").stdout
    assert "the graph could not be had" in text
    assert failed.durable("export", "june").stdout == before
    assert failed.durable("report", "nothing").returncode == 4
    assert failed.durable("report", "--format", "pdf", "june").returncode == 2
    refused = failed.durable("report", "-o", "no/such/folder.html", "june")
    assert (refused.returncode, "cannot write" in refused.stderr) == (2, True)
