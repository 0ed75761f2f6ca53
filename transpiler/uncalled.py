"""Which functions of a program its own text never calls: what they do happens only if a library finds them by name."""

from __future__ import annotations

import re
from collections.abc import Iterator

from durable.transpiler.ir.resolved import FunctionHeader, ResolvedModule, ResolvedProgram

_DUNDER = re.compile(r"__\w+__$")


def uncalled(program: ResolvedProgram) -> dict[str, frozenset[str]]:
    """The qualified names of the functions, by module, whose names no code that may run mentions."""
    waiting = {(module.source.name, header.qualname) for module in program.modules for header in _candidates(module)}
    running = [
        names
        for module in program.modules
        for function, names in module.mentions.items()
        if (module.source.name, function) not in waiting
    ]
    mentions = {module.source.name: module.mentions for module in program.modules}
    while running:
        names = running.pop()
        reached = {one for one in waiting if one[1].rpartition(".")[2] in names}
        waiting -= reached
        running += [mentions[module][function] for module, function in reached]
    return {name: frozenset(function for module, function in waiting if module == name) for name in mentions}


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
