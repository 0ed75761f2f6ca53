"""A call that the guard caught outside a step becomes one when the program is compiled again."""

from __future__ import annotations

from pathlib import Path

import pytest

from durable.transpiler.ir.site import Site
from durable.transpiler.pipeline import CompileOptions, compile_program

PROGRAM = """\
def made():
    return object()


def use(thing):
    thing.send(1); made().close()
    return (thing
            .flush()
            .done)


for item in map(use, [made()]):
    pass
"""


@pytest.mark.parametrize(
    ("site", "callees"),
    [
        (Site("main.py", 6, 5), ["thing.send"]),
        (Site("main.py", 6, 20), ["close"]),
        (Site("main.py", 8, 14), ["thing.flush"]),
        (Site("main.py", 7, 13), ["thing.flush"]),
        (Site("main.py", 2, 0), ["builtins.object"]),
        (Site("other.py", 6, 5), []),
        (Site("main.py", 13, 5), []),
    ],
)
def test_learned(tmp_path: Path, site: Site, callees: list[str]) -> None:
    (tmp_path / "main.py").write_text(PROGRAM)
    options = CompileOptions(resolver="static", learned=frozenset({site}))
    steps = compile_program(tmp_path / "main.py", options).manifest["steps"]
    assert [(step["callee"], step["effect"]) for step in steps] == [(callee, "write") for callee in callees]


def test_what_is_learned_is_a_step_whatever_a_comment_promises(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text("import posix\nposix.mkdir('a')  # durable: pure\n")
    options = CompileOptions(resolver="static", learned=frozenset({Site("main.py", 2, 0)}))
    steps = compile_program(tmp_path / "main.py", options).manifest["steps"]
    assert [(step["callee"], step["effect"]) for step in steps] == [("os.mkdir", "write")]
