"""What the user says about effects and steps: pyproject tables and `# durable: …` comments, as values."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import cast

from durable.transpiler.errors import ProgramError
from durable.transpiler.ir.effects import Effect, PolicyItems

OPTIONS = frozenset({"retries", "timeout", "in_doubt", "idempotency_header", "backoff", "heartbeat"})
KINDS = frozenset(effect.value for effect in Effect) - {"refused"}


@dataclass(frozen=True)
class Policy:
    """The tables of `[tool.durable]`: pattern → effect, pattern → step options; `path` is the file, if there is one."""

    path: Path | None = None
    text: str = ""
    effects: tuple[tuple[str, Effect], ...] = ()
    steps: tuple[tuple[str, PolicyItems], ...] = ()

    def effect_of(self, callee: str) -> tuple[str, Effect] | None:
        """The most specific pattern that fits a callee, with its effect."""
        fitting = [(pattern, effect) for pattern, effect in self.effects if fnmatchcase(callee, pattern)]
        return max(fitting, key=lambda item: len(item[0].replace("*", "")), default=None)

    def options_of(self, callee: str) -> PolicyItems:
        """The step options for a callee, more specific patterns over less specific ones."""
        fitting = [(pattern, options) for pattern, options in self.steps if fnmatchcase(callee, pattern)]
        merged: dict[str, int | str] = {}
        for _, options in sorted(fitting, key=lambda item: len(item[0].replace("*", ""))):
            merged |= dict(options)
        return tuple(merged.items())


@dataclass(frozen=True)
class Directive:
    """A comment's meaning: `kind` is `step`, an effect's name, or empty; `fault` says what is wrong with it."""

    kind: str
    options: PolicyItems
    fault: str = ""


def find_pyproject(root: Path) -> Path | None:
    """The nearest pyproject.toml at or above a folder."""
    return next((path for folder in (root, *root.parents) if (path := folder / "pyproject.toml").is_file()), None)


def read_policy(root: Path) -> Policy:
    """The policy that holds for programs below `root`; ProgramError if the file says what we do not know."""
    path = find_pyproject(root)
    if path is None:
        return Policy()
    text = path.read_text(encoding="utf-8")
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ProgramError(str(path), 1, 1, f"not valid TOML: {error}", "mend pyproject.toml") from error
    table = _table(_table(document, "tool"), "durable")
    effects = tuple((pattern, _effect(path, pattern, value)) for pattern, value in _table(table, "effects").items())
    steps = tuple(
        (
            pattern,
            tuple((key, _option(path, key, value)) for key, value in cast("Mapping[str, object]", options).items()),
        )
        for pattern, options in _table(table, "steps").items()
    )
    relevant = repr((effects, steps))
    return Policy(path, relevant, effects, steps)


def _table(document: Mapping[str, object], key: str) -> Mapping[str, object]:
    value = document.get(key, {})
    return cast("Mapping[str, object]", value) if isinstance(value, dict) else {}


def _effect(path: Path, pattern: str, value: object) -> Effect:
    if not isinstance(value, str) or value not in KINDS:
        message = f"[tool.durable.effects] {pattern!r}: {value!r} is no effect"
        raise ProgramError(str(path), 1, 1, message, f"use one of {', '.join(sorted(KINDS))}")
    return Effect(value)


def _option(path: Path, key: str, value: object) -> int | str:
    if key not in OPTIONS or not isinstance(value, (int, str)):
        message = f"[tool.durable.steps] {key} = {value!r} is no step option"
        raise ProgramError(str(path), 1, 1, message, f"use {', '.join(sorted(OPTIONS))}")
    return value


def read_directive(text: str) -> Directive:
    """The meaning of a comment's text after `# durable:`; what stands in parentheses is for human readers."""
    kind, options = "", dict[str, int | str]()
    for word in re.sub(r"\(.*", "", text).split():
        key, equals, value = word.partition("=")
        if not equals and not kind and (key == "step" or key in KINDS):
            kind = key
        elif equals and key in OPTIONS:
            options[key] = int(value) if value.isdecimal() else value
        else:
            known = f"step, {', '.join(sorted(KINDS))}; options {', '.join(sorted(OPTIONS))}"
            return Directive("", (), f"`{word}` means nothing here; known: {known}")
    return Directive(kind, tuple(options.items()))
