"""Generated code claims to be the original: tracebacks and instruction positions are the plain program's."""

from __future__ import annotations

import dis
import linecache
import traceback
from collections import Counter
from pathlib import Path
from types import CodeType

import pytest

from durable.transpiler.codegen import code_object
from durable.transpiler.ir.bundle import BundleModule
from durable.transpiler.pipeline import CompileOptions, compile_program

CASES = sorted((Path(__file__).parent.parent / "cases").glob("*.md"))

PROGRAMS = {
    "call": "import os\n\ndef f(x):\n    return os.remove(x)\n\nf('/no/such')\n",
    "chain": "import os\nx = (os\n    .stat(\n        '/no/such')\n    .st_size)\n",
    "chain-of-objects": "import os\np = os.path\nx = (p\n    .getsize(\n        '/no/such')\n    .real)\n",
    "chain-of-paths": "from pathlib import Path\nx = (Path('/no')\n    .joinpath('b')\n    .read_text())\n",
    "spread": "import os\nargs = ['/no/such']\nx = (os\n    .stat(*args)\n    .st_size)\n",
    "utf-8": "import os\nä = 'ö'; os.stat('/no/süch'); ü = 1\n",
    "f-string": "import os\nprint(f'{1} ä {os.stat(\"/no/such\").st_size} b')\n",
    "lambda": "import os\nlist(map(lambda n: os.stat(n), ['/no/such']))\n",
    "after": "import os, json\nos.getcwd()\njson.loads('{')\n",
    "method": "from pathlib import Path\np = Path('/no/such')\np.read_text().upper()\n",
    "operator": "import os\nx = os.getcwd() + 1 + os.getpid()\n",
    "attribute": "import os\nos.getcwd().no_such\n",
    "nested": "import os\nos.stat(os.path.join(os.getcwd(), 1))\n",
    "decorated": "# durable\nimport os\n\ndef f():  # durable: step\n    os.stat('/no/such')\n\nf()\n",
    "comprehension": "import os\n[os.stat(n)\n for n in ['/no/such']]\n",
    "missing": "import os\nos.no_such('x')\n",
}
STAND_INS = "\n".join(f"def {name}(f): return f" for name in ("read", "write", "resource", "step"))


def compiled(text: str, folder: Path) -> BundleModule:
    script = folder / "main.py"
    script.write_text(text, encoding="utf-8")
    linecache.checkcache()
    return compile_program(script, CompileOptions(resolver="static")).module("__main__")


def outcome(code: CodeType, file: str, scope: dict[str, object]) -> str:
    """The traceback that the program ends with, its own frames only."""
    try:
        exec(code, {"__name__": "__main__", **scope})
    except Exception as error:
        frames = traceback.TracebackException.from_exception(error)
        own = [frame for frame in frames.stack if frame.filename == file]
        return "".join(traceback.StackSummary.from_list(own).format()) + "".join(frames.format_exception_only())
    return "no error"


@pytest.mark.parametrize("name", PROGRAMS)
def test_traceback_is_plain_pythons(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = compiled(PROGRAMS[name], tmp_path)
    plain = compile(module.source, str(module.path), "exec")
    stand_in_for_runtime(monkeypatch)
    expected = outcome(plain, str(module.path), {})
    assert expected != "no error"
    assert outcome(code_object(module), str(module.path), {}) == expected


def stand_in_for_runtime(monkeypatch: pytest.MonkeyPatch) -> None:
    """`durable.runtime` and the shims as modules that do nothing: only positions are tested here."""
    import sys
    from importlib import import_module
    from types import ModuleType

    runtime = ModuleType("durable.runtime")
    exec(STAND_INS, runtime.__dict__)
    shims = ModuleType("durable.stdlib_shims")
    shims.__path__ = []
    monkeypatch.setitem(sys.modules, "durable.runtime", runtime)
    monkeypatch.setitem(sys.modules, "durable.stdlib_shims", shims)
    for name in ("os", "pathlib", "builtins"):
        real = import_module(name)
        setattr(shims, name, real)
        monkeypatch.setitem(sys.modules, f"durable.stdlib_shims.{name}", real)


def places(code: CodeType) -> Counter[tuple[object, ...]]:
    """Every instruction that can raise, with its place, of a code object and those in it."""
    found: Counter[tuple[object, ...]] = Counter()
    for instruction in dis.get_instructions(code):
        if instruction.opname in ("CALL", "CALL_FUNCTION_EX", "BINARY_OP", "BINARY_SUBSCR", "STORE_ATTR", "FOR_ITER"):
            assert instruction.positions is not None
            found[code.co_name, instruction.opname, *instruction.positions] += 1
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            found += places(constant)
    return found


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_every_instruction_of_the_original_keeps_its_place(case: Path, tmp_path: Path) -> None:
    text = case.read_text(encoding="utf-8").partition("```python\n")[2].partition("```")[0]
    module = compiled_alone(text, tmp_path)
    if module is not None:
        assert not places(compile(module.source, str(module.path), "exec")) - places(code_object(module))


def compiled_alone(text: str, folder: Path) -> BundleModule | None:
    """The case's first file compiled alone; None if it imports others, or has a block that becomes a function."""
    if "helper" in text:
        return None
    module = compiled(text, folder)
    return None if "_block(" in module.generated else module


def test_first_lines_and_names_are_the_originals(tmp_path: Path) -> None:
    module = compiled("import os\n\n\n@staticmethod\ndef f():  # durable: step\n    os.remove('x')\n", tmp_path)
    function = next(one for one in code_object(module).co_consts if isinstance(one, CodeType))
    assert (function.co_firstlineno, function.co_name, function.co_filename) == (4, "f", str(module.path))
