"""What is generated for all programs of the tests is as good as its source.

It compiles, keeps every comment, is formatted as far as its source is, has no more errors of types, is not much longer.
"""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
import tokenize
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

import pytest

from durable.transpiler.ir.bundle import BundleModule
from durable.transpiler.pipeline import CompileOptions, compile_program

ROOT = Path(__file__).resolve().parent.parent.parent
LINE = 120
KINDS = ("source", "generated")
LIBRARIES = "site-packages"
CORPUS = [
    *sorted((ROOT / "tests" / "programs").glob("*.py")),
    *sorted((ROOT / "tests" / "programs").glob("*/__main__.py")),
    *sorted(path for path in (ROOT / "examples").rglob("*.py") if "import " in path.read_text()),
    *sorted((ROOT / "tests" / "labelled").glob("*.py")),
]
NOT_TYPED = {
    "block_method": "the type of a step in a loop that returns what it was given is circular",
    "programs-barrier_rounds": "it replaces a hook of a shimmed module, which a checker knows by `__getattr__` only",
    "programs-crash_reports": "it replaces a hook of a shimmed module",
    "programs-dynamic_tools": "it replaces a function of a shimmed module",
    "programs-monkeypatching": "it replaces functions of a shimmed module as well",
    "programs-patched_world": "it replaces functions of shimmed modules and of builtins",
    "star_import": "a type checker cannot see what a star import of a shim binds",
}


@dataclass(frozen=True)
class Written:
    """A module in both folders of the tree: below `source` as it is, below `generated` as it is generated."""

    program: str
    relative: Path
    module: BundleModule


@dataclass(frozen=True)
class Tree:
    """The sources of all programs and, in the same places of another folder, what is generated for them."""

    folder: Path
    modules: tuple[Written, ...]


@pytest.fixture(scope="module")
def tree(
    tmp_path_factory: pytest.TempPathFactory,
    stand_ins: Callable[[Sequence[Path]], Path],
    cases: Mapping[Path, dict[str, str]],
) -> Tree:
    folder = tmp_path_factory.mktemp("generated")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(stand_ins(CORPUS)))
        found = [*_programs(folder), *_cases(folder, tmp_path_factory.mktemp("cases"), cases)]
    return Tree(folder, tuple(found))


def _programs(folder: Path) -> Iterator[Written]:
    for script in CORPUS:
        yield from _written(folder, script, f"{script.parent.name}-{script.stem}")


def _cases(folder: Path, work: Path, cases: Mapping[Path, dict[str, str]]) -> Iterator[Written]:
    for case, files in cases.items():
        for name, text in files.items():
            for place in (work / case.stem / name, *_beside(folder, case.stem, name)):
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_text(text, encoding="utf-8")
        script = next(name for name in files if not name.startswith(LIBRARIES))
        with pytest.MonkeyPatch.context() as patch:
            patch.syspath_prepend(str(work / case.stem / LIBRARIES))
            yield from _written(folder, work / case.stem / script, case.stem)


def _beside(folder: Path, program: str, name: str) -> Iterator[Path]:
    """Where a library of a case lies so that a type checker finds it."""
    if name.startswith(LIBRARIES):
        for kind in KINDS:
            yield folder / kind / program / Path(name).relative_to(LIBRARIES)


def _written(folder: Path, script: Path, program: str) -> Iterator[Written]:
    for module in compile_program(script, CompileOptions(resolver="static")).modules:
        relative = Path(program) / module.relative
        for kind, text in (("source", module.source), ("generated", module.generated)):
            path = folder / kind / relative
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        yield Written(program, relative, module)


def test_the_corpus_is_large(tree: Tree) -> None:
    assert len(tree.modules) >= 160


def test_it_compiles(tree: Tree) -> None:
    for written in tree.modules:
        compile(written.module.generated, str(written.relative), "exec")


def test_it_keeps_every_comment(tree: Tree) -> None:
    for written in tree.modules:
        lost = _comments(written.module.source) - _comments(written.module.generated)
        assert not lost, written.relative


def _comments(text: str) -> Counter[str]:
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return Counter(token.string for token in tokens if token.type == tokenize.COMMENT)


def test_it_is_formatted_if_its_source_is(tree: Tree, tmp_path: Path) -> None:
    """But for lines that grew too long: they stay one line, so that an edit stays small and the source map exact."""
    shutil.copytree(tree.folder, tmp_path / "tree")
    ruff = [sys.executable, "-m", "ruff", "format", "--isolated", "--no-cache", f"--line-length={LINE}"]
    subprocess.run([*ruff, str(tmp_path / "tree")], check=True, capture_output=True)
    count = longer = 0
    for written in tree.modules:
        source, generated = ((tmp_path / "tree" / kind / written.relative).read_text() for kind in KINDS)
        if source == written.module.source:
            found = _differing(written.module.generated, generated)
            count += 1
            longer += bool(found)
            assert all(any(len(line) > LINE for line in lines) for lines in found), written.relative
    print(f"{count} formatted modules; in {longer} a line grew beyond {LINE} characters")
    assert count >= 120
    assert longer <= count // 20


def _differing(text: str, formatted: str) -> list[list[str]]:
    """The lines of a text that a formatter changes, in groups."""
    old = text.splitlines()
    matcher = SequenceMatcher(None, old, formatted.splitlines(), autojunk=False)
    return [old[start:end] for tag, start, end, _, _ in matcher.get_opcodes() if tag != "equal"]


def test_it_is_at_most_a_quarter_longer(tree: Tree) -> None:
    """Each program is; of the golden cases, some of which are all block, their sum."""
    for written in tree.modules:
        if written.module.path.is_relative_to(ROOT):
            assert _length(written.module) <= 1.25 * len(written.module.source.splitlines()), written.relative
    source = sum(len(written.module.source.splitlines()) for written in tree.modules)
    assert sum(_length(written.module) for written in tree.modules) <= 1.25 * source


def _length(module: BundleModule) -> int:
    """The lines of a generated module without its header."""
    lines = module.generated.splitlines()
    header = any(line == "# Steps:" for line in lines)
    imports = ("from durable.runtime import",)
    return len(lines) - sum(line.startswith(("#   ", *imports)) for line in lines) - header


def test_it_passes_pyright_as_its_source_does(tree: Tree) -> None:
    errors = _pyright(tree.folder)
    new = {}
    for written in tree.modules:
        source, generated = (errors[str(Path(kind) / written.relative)] for kind in KINDS)
        if written.program not in NOT_TYPED and generated - source:
            new[str(written.relative)] = generated - source
    assert new == {}


def _pyright(folder: Path) -> dict[str, Counter[str]]:
    """How many errors of each rule there are in every file below a folder."""
    configuration = {
        "pythonVersion": "3.11",
        "typeCheckingMode": "basic",
        "executionEnvironments": [{"root": str(path)} for kind in KINDS for path in sorted((folder / kind).iterdir())],
    }
    (folder / "pyrightconfig.json").write_text(json.dumps(configuration))
    command = [sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", sys.executable, "-p", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for one in json.loads(done.stdout)["generalDiagnostics"]:
        if one["severity"] == "error":
            name = str(Path(one["file"]).relative_to(folder))
            found[name][one.get("rule", "syntax")] += 1
    return found
