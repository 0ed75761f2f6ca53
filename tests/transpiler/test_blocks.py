"""A program with a block that becomes a function does what it did; compared by running both outside of a run."""

from __future__ import annotations

import io
from contextlib import redirect_stdout
from pathlib import Path

import pytest

from durable.transpiler.codegen import code_object
from durable.transpiler.pipeline import CompileOptions, compile_program

PROGRAMS = {
    "return, break, continue": """
def leave(items):
    seen = []
    for item in items:
        last = None
        if item:  # durable: step
            if item == 2:
                continue
            if item == 4:
                break
            if item == 7:
                return "seven", seen
            last = item
        seen.append(last)
    return "end", seen
print(leave([1, 2, 3]), leave([0, 4, 5]), leave([6, 7]))
""",
    "a loop with breaks of its own and an else": """
def find(items, wanted):
    found = -1
    for at, item in enumerate(items):  # durable: step
        if item == wanted:
            found = at
            break
    else:
        return None
    return found
print(find("abc", "b"), find("abc", "z"))
""",
    "texts over several lines, comments, tabs": '''
def f(x):
\ty = 1
\twhile x:  # durable: step
\t\ty += len("""a
 b""")
# a comment at the left

\t\tx -= 1
\treturn y
print(f(2))
''',
    "super, nonlocal, global": """
TOTAL = 1
class A:
    def name(self): return "a"
class B(A):
    def go(self):
        global TOTAL
        count = 0
        def inner():
            nonlocal count
            if True:  # durable: step
                count += 1
        with open(__file__) as file:  # durable: step
            count += len(super().name())
            TOTAL += count
        inner()
        return count, TOTAL
print(B().go(), TOTAL)
""",
    "try": """
def f(x):
    try:  # durable: step
        y = 1 // x
    except ZeroDivisionError as error:
        y = str(error)
    finally:
        z = 2
    return y, z
print(f(1), f(0))
""",
    "match": """
def f(x):
    match x:  # durable: step
        case [a, *rest]:
            y = a, rest
        case {"k": v, **more}:
            y = v, more
        case _:
            y = None
    return y
print(f([1, 2]), f({"k": 1, "l": 2}), f(3))
""",
    "at the end of the file": "total = 0\nfor n in range(3):  # durable: step\n    total += n; print(total)",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_does_the_same(name: str, tmp_path: Path) -> None:
    script = tmp_path / "main.py"
    script.write_text(PROGRAMS[name])
    bundle = compile_program(script, CompileOptions(resolver="static"))
    assert bundle.manifest["diagnostics"] == []
    module = bundle.module("__main__")
    assert "_block(" in module.generated
    assert output(code_object(module), script) == output(compile(module.source, str(script), "exec"), script)


def output(code: object, script: Path) -> str:
    stdout = io.StringIO()
    with redirect_stdout(stdout):
        exec(code, {"__name__": "__main__", "__file__": str(script)})  # type: ignore[arg-type]
    return stdout.getvalue()
