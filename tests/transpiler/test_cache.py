"""Compiled bundles are kept: found while nothing that they depend on has changed, and compiled anew when it has."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from durable.transpiler import pipeline
from durable.transpiler.ir.bundle import Bundle
from durable.transpiler.ir.site import Site
from durable.transpiler.pipeline import CompileOptions, compile_program

WARM = """
import sys
from pathlib import Path
from durable.transpiler.pipeline import CompileOptions, compile_program
bundle = compile_program(Path(sys.argv[1]), CompileOptions(cache_dir=Path(sys.argv[2])))
heavy = {"libcst", "tomllib", "ast", "subprocess", "durable.transpiler.load"} & set(sys.modules)
print(bundle.hash, sorted(heavy))
"""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    folder = tmp_path / "program"
    folder.mkdir()
    (folder / "pyproject.toml").touch()
    (folder / "helper.py").write_text("import requests\n\n\ndef f():\n    requests.get('x')\n")
    (folder / "main.py").write_text("import json\nimport helper\nhelper.f()\n")
    return folder


def compiled(program: Path, **options: object) -> tuple[Bundle, bool]:
    """The bundle, and whether it came from the cache."""
    found: list[str] = []
    plan = pipeline.plan_program

    def counted(script: Path, options: CompileOptions) -> object:
        found.append("planned")
        return plan(script, options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pipeline, "plan_program", counted)
        given = CompileOptions(cache_dir=program.parent / "cache", resolver="static", **options)  # type: ignore[arg-type]
        return compile_program(program / "main.py", given), not found


def age(folder: Path) -> None:
    """Makes files older than the cache's doubt."""
    for path in folder.rglob("*"):
        os.utime(path, ns=(10**18, 10**18))


def test_same_program_is_found(program: Path) -> None:
    first, was_found = compiled(program)
    assert not was_found
    assert compiled(program) == (first, True)
    age(program)
    assert compiled(program) == (first, True)


@pytest.mark.parametrize("name", ["main.py", "helper.py", "pyproject.toml"])
def test_changed_file(program: Path, name: str) -> None:
    age(program)
    compiled(program)
    with (program / name).open("a") as file:
        file.write("\n# changed\n")
    assert not compiled(program)[1]
    assert compiled(program)[1]


def test_change_that_keeps_size_and_time(program: Path) -> None:
    compiled(program)
    path = program / "main.py"
    times = path.stat().st_mtime_ns
    path.write_text(path.read_text().replace("json", "math"))
    os.utime(path, ns=(times, times))
    bundle, was_found = compiled(program)
    assert not was_found
    assert "math" in bundle.module("__main__").source


@pytest.mark.parametrize("name", ["json.py", "helper/__init__.py", "requests.py"])
def test_new_file_that_shadows_an_import(program: Path, name: str) -> None:
    compiled(program)
    (program / name).parent.mkdir(exist_ok=True)
    (program / name).write_text("def f(): pass\n")
    assert not compiled(program)[1]


def test_removed_file(program: Path) -> None:
    compiled(program)
    (program / "main.py").write_text("x = 1\n")
    (program / "helper.py").unlink()
    assert not compiled(program)[1]


def test_other_ways_of_compiling_are_kept_apart(program: Path) -> None:
    compiled(program)
    bundle, was_found = compiled(program, learned=frozenset({Site("main.py", 3, 1)}))
    assert not was_found
    assert [step["callee"] for step in bundle.manifest["steps"]] == ["helper.f", "requests.get"]


def test_moved_program_has_the_same_hash(program: Path) -> None:
    first, _ = compiled(program)
    moved = program.rename(program.with_name("moved"))
    second, was_found = compiled(moved)
    assert not was_found
    assert second.hash == first.hash
    assert second.module("helper").path == moved / "helper.py"


def test_project_copied_with_its_cache_keeps_it(program: Path, tmp_path: Path) -> None:
    age(program)
    first, _ = compiled(program)
    copy = shutil.copytree(program, tmp_path.with_name(f"{tmp_path.name}-copy") / program.name)
    shutil.copytree(tmp_path / "cache", copy.parent / "cache")
    second, was_found = compiled(copy)
    assert was_found
    assert second.hash == first.hash
    assert second.module("helper").path == copy / "helper.py"
    times = (copy / "main.py").stat().st_mtime_ns
    (copy / "main.py").write_text((copy / "main.py").read_text().replace("json", "math"))
    os.utime(copy / "main.py", ns=(times, times))
    assert not compiled(copy)[1]


def test_broken_cache_is_compiled_over(program: Path) -> None:
    compiled(program)
    for path in (program.parent / "cache").rglob("*.json"):
        path.write_text("{")
    assert not compiled(program)[1]
    assert compiled(program)[1]


def test_nobody_else_can_read_it(program: Path) -> None:
    compiled(program)
    for path in (program.parent / "cache").rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600)


def test_written_bundle_reads_back(program: Path, tmp_path: Path) -> None:
    bundle, _ = compiled(program)
    bundle.write(tmp_path / "out")
    assert Bundle.load(tmp_path / "out") == bundle
    names = sorted(path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*.py"))
    assert names == [
        *("modules/__main__.py", "modules/helper.py"),
        *("sources/__main__.py", "sources/helper.py"),
        "workflow.py",
    ]


def test_warm_start_imports_no_parser(program: Path) -> None:
    command = [sys.executable, "-c", WARM, str(program / "main.py"), str(program.parent / "cache")]
    cold, warm = (subprocess.run(command, capture_output=True, text=True, check=True).stdout for _ in range(2))
    assert "libcst" in cold
    assert warm == f"{cold.split()[0]} []\n" or warm.split()[1:] == ["['ast']"]
