"""Programs that cannot be compiled: the error names the place, the cause and what to do."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from durable.transpiler.errors import ProgramError
from durable.transpiler.pipeline import CompileOptions, compile_program

STATIC = CompileOptions(resolver="static")


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text)
    return folder / "main.py"


def refused(script: Path) -> ProgramError:
    with pytest.raises(ProgramError) as caught:
        compile_program(script, STATIC)
    return caught.value


def test_syntax_error_in_the_script(tmp_path: Path) -> None:
    error = refused(write(tmp_path, main="x = 1\ny = (2,\n  3\nz = 4\n"))
    assert (error.file, error.line, error.column) == (str(tmp_path / "main.py"), 2, 5)
    assert "'(' was never closed" in error.message


def test_syntax_error_in_an_imported_module(tmp_path: Path) -> None:
    error = refused(write(tmp_path, main="def f():\n    import helper\n", helper="return 1\n"))
    assert (error.file, error.line) == (str(tmp_path / "helper.py"), 1)
    assert "'return' outside function" in error.message


def test_missing_module(tmp_path: Path) -> None:
    error = refused(write(tmp_path, main="import json\nimport no_such_module.sub\n"))
    assert (error.line, error.column) == (2, 1)
    assert error.message == "no module named 'no_such_module.sub'"
    assert "no_such_module.py" in error.fix


def test_missing_submodule_of_the_program(tmp_path: Path) -> None:
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg" / "__init__.py").touch()
    error = refused(write(tmp_path, main="import pkg.absent\n"))
    assert error.message == "no module named 'pkg.absent'"


@pytest.mark.parametrize(
    "text",
    [
        "try:\n    import no_such_module\nexcept ImportError:\n    pass\n",
        "try:\n    from no_such_module import x\nexcept (ValueError, ModuleNotFoundError):\n    pass\n",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import no_such_module\n",
        "import typing\nif typing.TYPE_CHECKING:\n    import no_such_module\n",
        "def f():\n    import no_such_module\n",
        "import sys\nsys.path.append('lib')\nimport no_such_module\n",
        "import sys, types\nsys.modules['no_such_module'] = types.ModuleType('made')\nimport no_such_module\n",
        "import importlib\nimportlib.import_module('no_such_module')\n",
    ],
)
def test_imports_that_may_fail_are_no_errors(tmp_path: Path, text: str) -> None:
    compile_program(write(tmp_path, main=text), STATIC)


def test_no_such_script(tmp_path: Path) -> None:
    assert refused(tmp_path / "absent.py").message == "no such file"


def test_bad_encoding(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_bytes(b"x = '\xff'\n")
    assert "encoding" in refused(tmp_path / "main.py").message


def test_declared_encoding_and_byte_order_mark(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_bytes(b"# coding: latin-1\nimport helper\nx = '\xff'\n")
    (tmp_path / "helper.py").write_bytes(b"\xef\xbb\xbfy = 1\n")
    bundle = compile_program(tmp_path / "main.py", STATIC)
    assert bundle.module("__main__").generated.endswith("x = 'ÿ'\n")
    assert bundle.module("helper").generated == "y = 1\n"


def test_policy_that_is_no_toml(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.durable\n")
    error = refused(write(tmp_path, main="x = 1\n"))
    assert error.file.endswith("pyproject.toml")
    assert "no valid TOML" in error.message


def test_module_mode(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "app"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "__main__.py").write_text("from . import names\nfrom .names import x\n")
    (package / "names.py").write_text("x = 1\n")
    monkeypatch.chdir(tmp_path)
    bundle = compile_program(Path("app"), CompileOptions(module_mode=True, resolver="static"))
    assert [module.name for module in bundle.modules] == ["__main__", "app", "app.names"]
    assert (bundle.manifest["mode"], bundle.manifest["package"], bundle.manifest["program"]) == ("module", "app", "app")


def test_namespace_packages(tmp_path: Path) -> None:
    (tmp_path / "space").mkdir()
    (tmp_path / "space" / "inner.py").write_text("x = 1\n")
    bundle = compile_program(write(tmp_path, main="import space.inner\n"), STATIC)
    assert [module.name for module in bundle.modules] == ["__main__", "space.inner"]


def test_built_in_modules_are_never_the_programs(tmp_path: Path) -> None:
    bundle = compile_program(write(tmp_path, main="import time\n", time="syntax error\n"), STATIC)
    assert bundle.manifest["shims"] == ["time"]


def test_deep_imports_and_cycles(tmp_path: Path) -> None:
    chain = {f"m{n}": f"import m{n + 1}\n" for n in range(300)}
    bundle = compile_program(write(tmp_path, main="import m0\n", **chain, m300="import main, m0\n"), STATIC)
    assert len(bundle.modules) == 303


def test_command_line(tmp_path: Path) -> None:
    script = write(tmp_path, main="import os\nos.fork()\n")
    command = [sys.executable, "-m", "durable.transpiler", str(script), "-o", str(tmp_path / "out")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert "main.py:2:1: error[refused-fork]" in done.stderr
    assert (tmp_path / "out" / "modules" / "__main__.py").is_file()
