"""What the user says about effects and steps: pyproject tables and `# durable: …` comments, as values."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import cast

from durable.transpiler.errors import ProgramError
from durable.transpiler.ir.diagnostic import POLICY_SYNTAX, Diagnostic, Place
from durable.transpiler.ir.effects import Effect, Option, PolicyItems
from durable.transpiler.options import KINDS, OPTIONS, BadOption, read_option, suggestion, useless_option

_TABLES = ("effects", "steps", "verify")


@dataclass(frozen=True)
class Policy:
    """The tables of `[tool.durable]`: pattern → effect, pattern → step options; `path` is the file, if there is one.

    `faults` are what the file says that means nothing.
    """

    path: Path | None = None
    effects: tuple[tuple[str, Effect], ...] = ()
    steps: tuple[tuple[str, PolicyItems], ...] = ()
    faults: tuple[Diagnostic, ...] = ()

    def effect_of(self, callee: str) -> tuple[str, Effect] | None:
        """The most specific pattern that fits a callee, with its effect."""
        fitting = [(pattern, effect) for pattern, effect in self.effects if fnmatchcase(callee, pattern)]
        return max(fitting, key=lambda item: len(item[0].replace("*", "")), default=None)

    def options_of(self, callee: str) -> PolicyItems:
        """The step options for a callee, more specific patterns over less specific ones."""
        fitting = [(pattern, options) for pattern, options in self.steps if fnmatchcase(callee, pattern)]
        merged: dict[str, Option] = {}
        for _, options in sorted(fitting, key=lambda item: len(item[0].replace("*", ""))):
            merged |= dict(options)
        return tuple(merged.items())

    def places_of(self, callee: str) -> tuple[str, ...]:
        """The tables that say something of how a callee's steps are performed."""
        return tuple(
            f'pyproject [tool.durable.steps."{pattern}"]' for pattern, _ in self.steps if fnmatchcase(callee, pattern)
        )


@dataclass(frozen=True)
class Directive:
    """A comment's meaning: `kind` is `step`, an effect's name, or empty; `fault` says what is wrong with it.

    `ignores` are the names of diagnostics that shall not be given for its line.
    """

    kind: str
    options: PolicyItems = ()
    fault: str = ""
    ignores: tuple[str, ...] = ()


def find_pyproject(root: Path) -> Path | None:
    """The nearest pyproject.toml at or above a folder."""
    return next((path for folder in (root, *root.parents) if (path := folder / "pyproject.toml").is_file()), None)


def read_policy(root: Path) -> Policy:
    """The policy that holds for programs below `root`; ProgramError if the file is no TOML."""
    path = find_pyproject(root)
    if path is None:
        return Policy()
    text = path.read_text(encoding="utf-8")
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ProgramError(str(path), 1, 1, f"no valid TOML: {error}", "mend pyproject.toml") from error
    table = _table(_table(document, "tool"), "durable")
    return _Reader(path, Path(os.path.relpath(path, root)).as_posix(), text).policy(table)


class _Reader:
    """Reads `[tool.durable]` and keeps what it does not understand as diagnostics."""

    def __init__(self, path: Path, shown: str, text: str) -> None:
        self._path = path
        self._shown = shown
        self._lines = text.splitlines()
        self._faults: list[Diagnostic] = []

    def policy(self, table: Mapping[str, object]) -> Policy:
        for key in table:
            if key not in _TABLES:
                self._fault(key, f"[tool.durable] has no `{key}`{suggestion(key, _TABLES)}")
        effects = [
            (pattern, effect)
            for pattern, value in _table(table, "effects").items()
            if (effect := self._effect(pattern, value)) is not None
        ]
        steps = [(pattern, self._options(pattern, value)) for pattern, value in _table(table, "steps").items()]
        policy = Policy(self._path, tuple(effects), tuple(steps))
        for pattern, options in steps:
            around = _all_options(pattern, steps) | dict(policy.options_of(pattern))
            useless = useless_option(dict(options), around)
            if useless:
                self._fault(useless.split("`")[1], f'[tool.durable.steps."{pattern}"] {useless}', after=pattern)
        return replace(policy, faults=tuple(self._faults))

    def _effect(self, pattern: str, value: object) -> Effect | None:
        if isinstance(value, str) and value in KINDS:
            return Effect(value)
        self._fault(
            pattern, f'[tool.durable.effects] "{pattern}": {value!r} is no effect{suggestion(str(value), KINDS)}'
        )
        return None

    def _options(self, pattern: str, value: object) -> PolicyItems:
        if not isinstance(value, dict):
            self._fault(pattern, f'[tool.durable.steps] "{pattern}" is no table of options')
            return ()
        found: list[tuple[str, Option]] = []
        for key, option in cast("Mapping[str, object]", value).items():
            try:
                found.append((key, read_option(key, option)))
            except BadOption as error:
                self._fault(key, f'[tool.durable.steps."{pattern}"] {error}', after=pattern)
        return tuple(found)

    def _fault(self, word: str, message: str, after: str = "") -> None:
        """A diagnostic at the first line that has `word` (behind the one that has `after`)."""
        start = next((index for index, line in enumerate(self._lines) if after and after in line), 0)
        found = (index for index, line in enumerate(self._lines) if index >= start and word in line)
        line = next(found, 0)
        column = self._lines[line].find(word) + 1 if self._lines else 1
        self._faults.append(Diagnostic.of(POLICY_SYNTAX, Place(self._shown, line + 1, max(column, 1)), message))


def _all_options(pattern: str, steps: list[tuple[str, PolicyItems]]) -> dict[str, Option]:
    """What is said anywhere of callees that `pattern` may be for."""
    return {key: value for name, options in steps if fnmatchcase(name, pattern) for key, value in options}


def _table(document: Mapping[str, object], key: str) -> Mapping[str, object]:
    value = document.get(key, {})
    return cast("Mapping[str, object]", value) if isinstance(value, dict) else {}


def read_directive(text: str) -> Directive:
    """The meaning of a comment's text after `# durable:`; what stands in parentheses is for human readers."""
    kind, options, ignores = "", dict[str, Option](), list[str]()
    for word in re.sub(r"\(.*", "", text).split():
        key, equals, value = word.partition("=")
        ignored = re.fullmatch(r"ignore\[([\w,-]+)\]", word)
        if ignored is not None:
            ignores += ignored[1].split(",")
        elif not equals and not kind and (key == "step" or key in KINDS):
            kind = key
        elif equals:
            try:
                options[key] = read_option(key, value)
            except BadOption as error:
                return Directive("", fault=str(error))
        else:
            known = {"step", "ignore[…]", *KINDS, *(f"{option}=…" for option in OPTIONS)}
            return Directive("", fault=f"`{word}` means nothing here{suggestion(word, known)}")
    if not (kind or options or ignores):
        return Directive("", fault="the comment says nothing")
    return Directive(kind, tuple(options.items()), ignores=tuple(ignores))
