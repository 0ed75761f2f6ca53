"""The resolver that asks `ty`, a type checker: it finds the definitions that calls of methods lead to."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from durable.transpiler import catalogue
from durable.transpiler.errors import ProgramError
from durable.transpiler.ir.diagnostic import NO_TYPE_CHECKER, Diagnostic, Place
from durable.transpiler.ir.program import Program, SourceModule
from durable.transpiler.ir.resolved import Site, Target
from durable.transpiler.resolve import SecondOpinion
from durable.transpiler.resolve.lsp import LanguageServer, Message, ServerFailed
from durable.transpiler.trees import lines_of

SECONDS = 20.0
_DEFINITION = re.compile(r"(?P<indent>\s*)(?:async\s+)?(?P<kind>def|class)\s+(?P<name>\w+)")


def second_opinion(name: str) -> SecondOpinion | None:
    """The resolver to ask what `static` leaves open: `auto` (ty if it is there), `ty` (or fail), `static` (none)."""
    if name == "static":
        return None
    return lambda program: TyResolver(program, find_ty(), is_required=name == "ty")


def find_ty() -> str | None:
    """The `ty` beside this Python, else the one on the PATH, else None."""
    beside = Path(sys.executable).with_name("ty")
    return str(beside) if beside.is_file() else shutil.which("ty")


class TyResolver:
    """Asks `ty server` where each callee is defined; without an answer a site stays open."""

    def __init__(self, program: Program, executable: str | None, *, is_required: bool) -> None:
        self._program = program
        self._executable = executable
        self._is_required = is_required
        self._notes: list[Diagnostic] = []
        self._folder = program.root if program.root.is_dir() else program.root.parent

    def resolve(self, sites: Sequence[Site]) -> Mapping[Site, Target]:
        """The targets of those sites that ty can name; none, and a note, if ty is missing or fails."""
        if self._executable is None:
            self._fail("ty is not installed")
            return {}
        targets: dict[Site, Target] = {}
        try:
            server = LanguageServer([self._executable, "server"], self._folder, SECONDS)
            try:
                self._ask(server, sites, targets)
            finally:
                server.close()
        except ServerFailed as error:
            self._fail(f"ty failed: {error}")
        return targets

    def notes(self) -> Sequence[Diagnostic]:
        """A note if ty could not be asked."""
        return self._notes

    def _fail(self, what: str) -> None:
        if self._is_required:
            raise ProgramError(self._program.script, 1, 1, what, "install ty, or choose another resolver")
        message = f"{what}: method calls that only a type checker can follow stay unresolved"
        self._notes.append(Diagnostic.of(NO_TYPE_CHECKER, Place(self._program.script, 1, 1), message))

    def _ask(self, server: LanguageServer, sites: Sequence[Site], targets: dict[Site, Target]) -> None:
        encoding = _initialize(server, self._folder)
        for module in self._program.modules:
            asked = [site for site in sites if site.module == module.name]
            if not asked:
                continue
            server.notify("textDocument/didOpen", {"textDocument": _document(module)})
            lines = lines_of(module.text)
            questions = [_question(module, site, lines, encoding) for site in asked]
            for site, result in zip(asked, _definitions(server, questions), strict=True):
                target = self._target(result)
                if target is not None:
                    targets[site] = target

    def _target(self, result: object) -> Target | None:
        places = result if isinstance(result, list) else [result] if isinstance(result, dict) else []
        names: set[str] = set()
        is_local = False
        for place in places:  # pyright: ignore[reportUnknownVariableType]
            path = Path(unquote(urlsplit(place["uri"]).path))
            if any(module.path == path for module in self._program.modules):
                is_local = True
                continue
            name = _qualified_name(path, place["range"]["start"]["line"])
            if name is None:
                return None
            names.add(catalogue.canonical(name))
        if not names and not is_local:
            return None
        return Target(tuple(sorted(names)), is_local=is_local, is_method=True, by="ty")


def _definitions(server: LanguageServer, questions: Sequence[Message]) -> list[Any]:
    """The server's answers, after a second look for those that came out empty.

    ty unpacks a stub of its own when it is first asked for, and answers nothing to whoever else asks in that moment.
    """
    results = server.request_all("textDocument/definition", questions)
    empty = [number for number, result in enumerate(results) if not result]
    again = server.request_all("textDocument/definition", [questions[number] for number in empty])
    for number, result in zip(empty, again, strict=True):
        results[number] = result
    return results


def _initialize(server: LanguageServer, root: Path) -> str:
    """Introduces the program; the encoding in which the server counts columns."""
    folder = {"uri": root.as_uri(), "name": root.name}
    result = server.request(
        "initialize",
        {
            "processId": None,
            "rootUri": root.as_uri(),
            "workspaceFolders": [folder],
            "capabilities": {"general": {"positionEncodings": ["utf-32", "utf-8", "utf-16"]}},
            "initializationOptions": {"configuration": {"environment": {"python": sys.prefix}}},
        },
    )
    server.notify("initialized", {})
    capabilities: Message = (result or {}).get("capabilities", {})
    return str(capabilities.get("positionEncoding", "utf-16"))


def _document(module: SourceModule) -> Message:
    return {"uri": module.path.as_uri(), "languageId": "python", "version": 1, "text": module.text}


def _question(module: SourceModule, site: Site, lines: Sequence[str], encoding: str) -> Message:
    """The last character's place of the callee's name, which no other name can claim."""
    row, column = site.name_span.end_line - 1, site.name_span.end_column - 2
    before = lines[row][:column]
    units = {"utf-8": len(before.encode()), "utf-16": len(before.encode("utf-16-le")) // 2}
    character = units.get(encoding, column)
    return {"textDocument": {"uri": module.path.as_uri()}, "position": {"line": row, "character": character}}


def _qualified_name(path: Path, row: int) -> str | None:
    """The dotted name of what is defined in a file's line (from 0); None for anything but functions and classes."""
    module = _module_name(path)
    lines = _lines(path)
    match = _DEFINITION.match(lines[row]) if row < len(lines) else None
    if module is None or match is None:
        return None
    names = [match["name"]]
    indent = len(match["indent"])
    for line in reversed(lines[:row]):
        outer = _DEFINITION.match(line)
        if indent == 0:
            break
        if outer is not None and len(outer["indent"]) < indent:
            if outer["kind"] == "def":
                return None
            names.append(outer["name"])
            indent = len(outer["indent"])
    return ".".join([module, *reversed(names)])


@cache
def _lines(path: Path) -> list[str]:
    try:
        return lines_of(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        return []


def _module_name(path: Path) -> str | None:
    """The module that a library's file or type stub holds."""
    parts = list(path.with_suffix("").parts)
    starts = [index + 1 for index, part in enumerate(parts) if part in ("site-packages", "dist-packages", "stdlib")]
    starts += [index + 1 for index, part in enumerate(parts) if re.fullmatch(r"python3\.\d+", part)]
    if not starts:
        return None
    names = parts[max(starts) :]
    if names and names[0].endswith("-stubs"):
        names[0] = names[0].removesuffix("-stubs")
    if names and names[-1] == "__init__":
        names.pop()
    return ".".join(names) or None
