"""Random programs of the language's constructs: the same answer plain, durable, and dropped after a random entry.

The environment variable PROPERTY_EXAMPLES is the number of programs (CONTRIBUTING.md has the long run).
"""

from __future__ import annotations

import contextlib
import importlib
import io
import os
import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import CodeType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from properties.grammar import WORLD, program
from sampling import sampled

from durable.runner.engines.memory import Played, play
from durable.runner.engines.replay import Entry
from durable.transpiler.pipeline import CompileOptions, compile_program

EXAMPLES = int(os.environ.get("PROPERTY_EXAMPLES", "40"))


@dataclass(frozen=True)
class Answer:
    """What came of a program: what it printed, the error that ended it, and what it did to the world."""

    output: str
    error: str
    effects: str


class Bench:
    """A directory with the program and another one with the library `world`."""

    def __init__(self, folder: Path) -> None:
        self.script = folder / "program" / "main.py"
        self.script.parent.mkdir()
        (self.script.parent / "pyproject.toml").touch()
        library = folder / "library"
        library.mkdir()
        (library / "world.py").write_text(WORLD)
        sys.path.insert(0, str(library))
        self.world: Any = importlib.import_module("world")
        self.world.LOG = str(folder / "log")

    def plain(self, text: str) -> Answer:
        """Run the source with plain Python."""
        Path(self.world.LOG).write_text("")
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            error = _ended(lambda: exec(compile(text, "main.py", "exec"), {"__name__": "__main__"}))
        return Answer(output.getvalue(), repr(error), Path(self.world.LOG).read_text())

    def compiled(self, text: str) -> CodeType:
        """Compile the program and return its code, in its original lines."""
        self.script.write_text(text)
        module = compile_program(self.script, CompileOptions(resolver="static")).module("__main__")
        return compile(module.generated, str(self.script), "exec")

    def durable(self, code: CodeType, events: list[Entry] | None = None, crash_after: int | None = None) -> Played:
        """Run what was generated; `events` are replayed first."""
        if events is None:
            Path(self.world.LOG).write_text("")
        space: dict[str, Any] = {"code": code}
        exec(compile("def main():\n    exec(code, {'__name__': '__main__'})\n", str(self.script), "exec"), space)
        return play(space["main"], events or [], crash_after)

    def answer(self, played: Played) -> Answer:
        return Answer(played.stdout, repr(played.error), Path(self.world.LOG).read_text())


def _ended(main: Any) -> BaseException | None:
    try:
        main()
    except Exception as error:
        return error
    return None


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    before = list(sys.path)
    yield Bench(tmp_path_factory.mktemp("property"))
    sys.path[:] = before
    sys.modules.pop("world")


@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")  # those of a dropped run
@sampled(EXAMPLES)
@given(seed=st.integers(0, 2**64))
def test_same_answer(bench: Bench, seed: int) -> None:
    rng = random.Random(seed)
    text = program(rng)
    same_everywhere(bench, text, rng.random())


def same_everywhere(bench: Bench, text: str, where: float) -> None:
    """Run a program plain, durable, and dropped after the entry at `where` (0 to 1) of its journal."""
    expected = bench.plain(text)
    code = bench.compiled(text)
    whole = bench.durable(code)
    assert bench.answer(whole) == expected, text
    first = bench.durable(code, crash_after=int(where * len(whole.events)))
    second = bench.durable(code, list(first.events))
    assert bench.answer(second) == expected, text
    assert len(first.performed) + len(second.performed) == len(whole.performed), text
