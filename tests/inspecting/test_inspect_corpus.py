"""At every event of a program, inspection names the line that plain Python would be executing."""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Callable
from typing import Any

import pytest
from corpus import FOLDER, corpus

GIVEN = tomllib.loads((FOLDER / "pyproject.toml").read_text())["tool"]["durable"]["verify"]
SAMPLE = """async_gather.py async_generators.py async_groups.py commands.py dialogue.py digests.py
dynamic.py folders.py ledger_book.py reports.py uncaught.py workers.py""".split()


def programs() -> list[str]:
    """Return some programs; with INSPECT_CORPUS set all of one file that need neither a world nor arguments."""
    if "INSPECT_CORPUS" not in os.environ:
        return SAMPLE
    return [
        each.name for each in corpus() if each.main.parent == FOLDER and not GIVEN.get(each.name, {}).keys() - {"input"}
    ]


@pytest.mark.parametrize("name", programs())
def test_every_event_is_at_a_line_of_plain_python(name: str, walk: Any, missing: Callable[..., list[Any]]) -> None:
    text = GIVEN.get(name, {}).get("input", "")
    trace = walk.plain_trace(name, text)
    walk.durable("run", "--id", "r", name, text=text)
    before = walk.journal_bytes()
    pictures = walk.pictures("r")
    assert len(pictures) > 2
    assert missing(pictures, trace) == []
    assert walk.journal_bytes() == before


def test_the_command_shows_any_moment_and_changes_nothing(walk: Any) -> None:
    walk.durable("run", "--id", "r", "reports.py")
    before = walk.journal_bytes()
    pictures = {picture["at"]: picture for picture in walk.pictures("r")}
    for at in sorted(pictures)[:: max(1, len(pictures) // 4)]:
        found = json.loads(walk.durable("inspect", "r", "--json", "--at", str(at)).stdout)
        main = found["strands"][0]
        assert walk.stack(main) == walk.stack(pictures[at]["strands"][0])
        assert re.search(rf"\(seq {at}\)", main["waiting_on"])
    assert walk.journal_bytes() == before
