"""Which functions of a program its own text never calls: what they do happens only if a library finds them by name."""

from __future__ import annotations

import re
from collections.abc import Iterator

from durable.transpiler.ir.resolved import FunctionHeader, ResolvedModule, ResolvedProgram

_DUNDER = re.compile(r"__\w+__$")


def uncalled(program: ResolvedProgram, module: ResolvedModule) -> frozenset[str]:
    """The qualified names of the functions of `module` that no module of the program mentions."""
    mentioned = frozenset[str]().union(*(each.mentioned for each in program.modules))
    return frozenset(header.qualname for header in _candidates(module) if _name(header) not in mentioned)


def _candidates(module: ResolvedModule) -> Iterator[FunctionHeader]:
    """Not special methods, which Python calls, nor functions with a decorator, which may call or register them."""
    for header in module.functions:
        is_decorated = header.first < header.span.line
        is_method = "." in header.qualname and not header.qualname.rpartition(".")[0].endswith("<locals>")
        if not _DUNDER.match(_name(header)) and (is_method or not is_decorated):
            yield header


def _name(header: FunctionHeader) -> str:
    return header.qualname.rpartition(".")[2]


def is_within(function: str, functions: frozenset[str]) -> bool:
    """Whether the code of `function` (a qualified name) runs only if one of `functions` does."""
    return any(function == outer or function.startswith(f"{outer}.<locals>.") for outer in functions)
