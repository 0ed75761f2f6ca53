"""Pass 1: an entry script → the program's modules, found and parsed. Nothing of the program is executed."""

from __future__ import annotations

import hashlib
import io
import tokenize
import warnings
from collections import deque
from dataclasses import dataclass
from pathlib import Path

import libcst as cst

from durable.transpiler.errors import ProgramError
from durable.transpiler.files import Files, files_below, is_there, main_file
from durable.transpiler.finder import Finder
from durable.transpiler.imports import Import, absolute_base, imports_of, touches_search_path
from durable.transpiler.ir.diagnostic import MISSING_MODULE, Diagnostic, Place
from durable.transpiler.ir.program import Program, SourceModule
from durable.transpiler.parsing import parse


@dataclass(frozen=True)
class Entry:
    """Where a program begins: its file, import root, package, and how it was named."""

    script: str
    path: Path
    root: Path
    package: str
    mode: str


def load(script: Path, *, module_mode: bool) -> Program:
    """The program that `python script` (or `python -m script`) would run; ProgramError if it cannot be read."""
    entry = _module_entry(str(script)) if module_mode else _script_entry(script)
    return _Loader(entry).load()


def _script_entry(script: Path) -> Entry:
    path = main_file(script)
    if not is_there(path):
        raise ProgramError(str(script), 1, 1, "no such file", "name an existing Python script")
    return Entry(path.name, path, path.parent, "", "script")


def _module_entry(name: str) -> Entry:
    root = Path.cwd()
    finder = Finder(root, files_below(root))
    found = finder.find(name)
    package = name.rpartition(".")[0]
    if found is not None and (found.is_package or found.path is None):
        found, package = finder.find(f"{name}.__main__"), name
    if found is None and finder.is_library(name.partition(".")[0]):
        fix = f"write a script that imports {name} and calls what it does, and run that"
        raise ProgramError(name, 1, 1, f"{name!r} is a module of a library, which is not compiled", fix)
    if found is None or found.path is None:
        raise ProgramError(name, 1, 1, f"no module named {name!r} below {root}", "run from the folder it is in")
    return Entry(name, found.path, root, package, "module")


class _Loader:
    """Follows imports from the entry until no new program module turns up."""

    def __init__(self, entry: Entry) -> None:
        self._entry = entry
        self._files = files_below(entry.root)
        self._finder = Finder(entry.root, self._files)
        self._modules: dict[str, SourceModule] = {}
        self._namespaces: set[str] = set()
        self._libraries: set[str] = set()
        self._todo: deque[SourceModule] = deque()
        self._missing: list[tuple[SourceModule, Import, str]] = []

    def load(self) -> Program:
        entry = self._entry
        self._add("__main__", entry.path, is_package=False, package=entry.package)
        self._require(entry.package)
        while self._todo:
            module = self._todo.popleft()
            for imported in imports_of(module.tree):
                self._follow(module, imported)
        diagnostics = self._judge_missing()
        main, *rest = self._modules.values()
        return Program(
            script=entry.script,
            root=entry.root,
            mode=entry.mode,
            package=entry.package,
            modules=(main, *sorted(rest, key=lambda module: module.name)),
            namespaces=frozenset(self._namespaces),
            libraries=tuple(sorted(self._libraries)),
            absent=tuple(sorted(self._finder.absent)),
            diagnostics=diagnostics,
        )

    def _add(self, name: str, path: Path, *, is_package: bool, package: str) -> None:
        text, sha256 = _read(path, self._files)
        tree, parsed = _parse(path, text)
        module = SourceModule(name, path, self._relative(path), is_package, package, text, sha256, tree, parsed)
        self._modules[name] = module
        self._todo.append(module)

    def _relative(self, path: Path) -> str:
        return path.relative_to(self._entry.root).as_posix()

    def _follow(self, module: SourceModule, imported: Import) -> None:
        base = absolute_base(imported, module.package)
        if base is None:
            return
        if base and not self._require(base):
            self._missing.append((module, imported, base))
            return
        for name in imported.names:
            if self._is_program(base) or not base:
                self._require(f"{base}.{name}" if base else name)

    def _is_program(self, name: str) -> bool:
        return name in self._modules or name in self._namespaces

    def _require(self, name: str) -> bool:
        """Whether `name` can be imported; a program module is loaded with its parents."""
        if not name:
            return True
        parent = name.rpartition(".")[0]
        if parent and not self._require(parent):
            return False
        if self._is_program(name):
            return True
        top = name.partition(".")[0]
        if top != name and not self._is_program(parent):
            return True
        found = self._finder.find(name)
        if found is None:
            return parent == "" and self._is_library(top)
        if found.path is None:
            self._namespaces.add(name)
        else:
            self._add(name, found.path, is_package=found.is_package, package=name if found.is_package else parent)
        return True

    def _is_library(self, top: str) -> bool:
        if top in self._libraries:
            return True
        if self._finder.is_library(top):
            self._libraries.add(top)
            return True
        return False

    def _judge_missing(self) -> tuple[Diagnostic, ...]:
        """ProgramError for an import that surely fails; a warning for one that may not be reached or not fail."""
        searches = any(touches_search_path(module.text) for module in self._modules.values())
        return tuple(
            _missing_module(module, imported, name, is_sure=imported.is_certain and not searches)
            for module, imported, name in self._missing
            if not imported.is_guarded
        )


def _missing_module(module: SourceModule, imported: Import, name: str, *, is_sure: bool) -> Diagnostic:
    line, column = imported.position(module.tree)
    fix = f"install it, or put {name.partition('.')[0]}.py beside the script"
    if is_sure:
        raise ProgramError(str(module.path), line, column, f"no module named {name!r}", fix)
    message = f"no module named {name!r}: this import fails if it is reached; {fix}"
    return Diagnostic.of(MISSING_MODULE, Place(module.relative, line, column), message)


def _read(path: Path, files: Files) -> tuple[str, str]:
    """A file's text, without byte order mark, and the hash of its bytes."""
    try:
        data = files.read_bytes(path)
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        return data.decode(encoding), hashlib.sha256(data).hexdigest()
    except (SyntaxError, UnicodeDecodeError) as error:
        message = f"the file's bytes are not in its encoding: {error}"
        raise ProgramError(str(path), 1, 1, message, "save it as UTF-8, or declare its encoding in line 1") from error
    except OSError as error:
        raise ProgramError(str(path), 1, 1, f"cannot be read: {error}", "make the file readable") from error


def _parse(path: Path, text: str) -> tuple[cst.Module, str]:
    """The tree of a text that CPython itself accepts, and the text that its positions are of."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(text, str(path), "exec", dont_inherit=True)
    except SyntaxError as error:
        line, column = error.lineno or 1, max(error.offset or 1, 1)
        message = f"{type(error).__name__}: {error.msg}"
        raise ProgramError(str(path), line, column, message, "plain Python refuses this file too") from error
    except ValueError as error:
        raise ProgramError(str(path), 1, 1, str(error), "plain Python refuses this file too") from error
    try:
        return parse(text)
    except cst.ParserSyntaxError as error:
        message = f"the parser (libcst) does not know this syntax: {error.message}"
        raise ProgramError(str(path), error.raw_line, error.raw_column + 1, message, "write it another way") from error
