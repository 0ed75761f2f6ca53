"""What `resolve` makes: every reference of the program and the thing that it refers to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeAlias

from durable.transpiler.ir.diagnostic import Diagnostic
from durable.transpiler.ir.program import Program, SourceModule


@dataclass(frozen=True, order=True)
class Span:
    """A range of one module's text: character offsets, and lines and columns from 1; the end is exclusive."""

    start: int
    end: int
    line: int
    column: int
    end_line: int
    end_column: int

    @property
    def begin(self) -> Span:
        """The empty span at its start, where what is inserted before it is said to stand."""
        return Span(self.start, self.start, self.line, self.column, self.line, self.column)


class Role(Enum):
    """In which position a reference stands; only CALL and VALUE can be wrapped."""

    CALL = "call"
    VALUE = "value"
    TYPE = "type"
    DECORATOR = "decorator"
    RAISED = "raised"
    BASE = "base"


class Unknown(Enum):
    """An argument whose value the compiler cannot see."""

    UNKNOWN = "?"


Literal: TypeAlias = str | Unknown


@dataclass(frozen=True)
class CallShape:
    """What can be seen of a call: its span and the arguments that are literal text."""

    span: Span
    args: tuple[Literal, ...] = ()
    kwargs: tuple[tuple[str, Literal], ...] = ()
    is_statement: bool = False


@dataclass(frozen=True)
class Site:
    """One mention of a name or attribute: where, in which role, in which function of which module."""

    module: str
    span: Span
    name_span: Span
    text: str
    role: Role
    function: str
    call: CallShape | None = None


@dataclass(frozen=True)
class Target:
    """What a site refers to: library names (canonical), whether a program-local thing is among them, and who says so.

    `is_method`: the name hangs on an instance of a library class. `is_alias`: a variable of the program stands between.
    `is_partial`: other values, which nobody knows, can stand there too.
    """

    names: tuple[str, ...]
    is_local: bool = False
    is_method: bool = False
    is_alias: bool = False
    is_partial: bool = False
    by: str = "static"


OPEN = Target((), is_partial=True)


@dataclass(frozen=True)
class Reference:
    """A site with its target."""

    site: Site
    target: Target

    def __str__(self) -> str:
        names = " | ".join(self.target.names) or ("local" if self.target.is_local else "?")
        return f"{self.site.span.line}:{self.site.span.column} {self.site.role.value} {self.site.text} -> {names}"


@dataclass(frozen=True)
class ImportedName:
    """One `name [as alias]` of an import statement and its place."""

    name: str
    asname: str | None
    start: int
    end: int


@dataclass(frozen=True)
class ImportStatement:
    """`import a, b` (module is None) or `from module import a, b` (module absolute).

    `indent` is what stands before it on its line, None if other code shares the line.
    """

    start: int
    end: int
    module: str | None
    module_start: int
    names: tuple[ImportedName, ...]
    is_star: bool
    indent: str | None


@dataclass(frozen=True)
class FunctionHeader:
    """A `def`: where the keyword stands, the name, the indent a decorator would need, and where its head lies.

    `first` is the line of its first decorator, `last` the line before its body.
    """

    qualname: str
    span: Span
    indent: str
    is_async: bool
    first: int
    last: int


@dataclass(frozen=True)
class Comment:
    """The text of a comment after `# durable:`, its place, and the line it speaks of: its own, or the next below it."""

    text: str
    line: int
    column: int
    target: int


@dataclass(frozen=True)
class Leaving:
    """A `return`, `break` or `continue` that leads out of a block: its text's range, and that of what it returns."""

    kind: str
    start: int
    end: int
    value: tuple[int, int] | None = None


@dataclass(frozen=True)
class Block:
    """A compound statement that can become a function, and what that function needs.

    `given` are passed to it (what it may change in place), `shared` are declared in it (`nonlocal`, `global`), `outs`
    are what it returns, `lines` the offsets where its lines begin behind `indent`; `fault`: why it cannot be done.
    """

    kind: str
    span: Span
    target: int
    end: int
    indent: str
    unit: str
    function: str
    given: tuple[str, ...] = ()
    shared: tuple[tuple[str, str], ...] = ()
    outs: tuple[str, ...] = ()
    leavings: tuple[Leaving, ...] = ()
    lines: tuple[int, ...] = ()
    fault: str = ""


@dataclass(frozen=True)
class Shown:
    """An f-string's `{expression=}`: the offsets of its brace, of `=` (with the space around it) and of what follows.

    `has_format`: a conversion or a format follows, so that the value is not shown by `repr`.
    """

    start: int
    equal: int
    end: int
    has_format: bool


@dataclass(frozen=True)
class ResolvedModule:
    """One module with everything that later passes need to know of its text; no syntax tree left.

    `names` are all names in it, attributes left out; `mentions` those in each function, attributes too.
    """

    source: SourceModule
    references: tuple[Reference, ...]
    imports: tuple[ImportStatement, ...]
    functions: tuple[FunctionHeader, ...]
    comments: tuple[Comment, ...]
    blocks: tuple[Block, ...]
    shown: tuple[Shown, ...]
    names: frozenset[str] = field(repr=False)
    mentions: Mapping[str, frozenset[str]] = field(repr=False)
    header: int
    header_follows: bool
    has_star: bool


@dataclass(frozen=True)
class ResolvedProgram:
    """The program's modules resolved, in the program's order."""

    program: Program
    modules: tuple[ResolvedModule, ...]
    star_imported: frozenset[str]
    diagnostics: tuple[Diagnostic, ...]

    def __str__(self) -> str:
        lines: list[str] = []
        for module in self.modules:
            lines += [f"{module.source.name}:", *(f"  {reference}" for reference in module.references)]
        return "\n".join(lines)
