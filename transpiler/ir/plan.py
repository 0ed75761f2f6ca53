"""What `plan` makes: one decision per reference, and the steps that come of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from durable.transpiler.ir.diagnostic import Diagnostic
from durable.transpiler.ir.effects import Effect, EffectFacts, PolicyItems
from durable.transpiler.ir.resolved import Block, ImportStatement, ResolvedProgram, Span


@dataclass(frozen=True)
class Leave:
    """The reference stands as it is."""

    span: Span


@dataclass(frozen=True)
class UseShim:
    """The reference stands as it is, and a shim gives it its durable meaning."""

    span: Span


@dataclass(frozen=True)
class WrapStep:
    """`wrapper(reference)`: calls of it are steps; wrapper is `read`, `write`, `guarded` or `step`."""

    span: Span
    wrapper: str


@dataclass(frozen=True)
class OpenResource:
    """`resource(reference)`: calls of it open a resource."""

    span: Span


@dataclass(frozen=True)
class OutlineRegion:
    """`@step` before the `def` at this span."""

    span: Span
    indent: str


@dataclass(frozen=True)
class OutlineBlock:
    """A block as a function called `name`; `left` and `value` are names for how it is left and what it then returns."""

    block: Block
    name: str
    left: str
    value: str


Decision: TypeAlias = Leave | UseShim | WrapStep | OpenResource | OutlineRegion | OutlineBlock


_NUMBERS = ("jitter", "backoff_factor")


@dataclass(frozen=True)
class Step:
    """One entry of the manifest's steps: a reference that is not left as it is; `is_said` as in `Fact`."""

    name: str
    callee: str
    effect: Effect
    module: str
    file: str
    span: Span
    function: str
    reason: tuple[str, ...]
    policy: PolicyItems
    is_said: bool

    def __str__(self) -> str:
        policy = "".join(
            f", {key}={value:g}{'' if key in _NUMBERS else 's'}" if isinstance(value, float) else f", {key}={value}"
            for key, value in self.policy
        )
        return f"{self.name}: {self.effect.value}{policy}"


@dataclass(frozen=True)
class Redirect:
    """How an import statement reads in the generated module, as (start, end, text) replacements; the shims it needs."""

    statement: ImportStatement
    splices: tuple[tuple[int, int, str], ...]
    shims: tuple[str, ...]


@dataclass(frozen=True)
class ModulePlan:
    """All that changes in one module; `runtime` are the (name, alias) pairs that its header imports.

    `builtins` are those that it mentions and that have a shim.
    """

    name: str
    decisions: tuple[Decision, ...]
    redirects: tuple[Redirect, ...]
    steps: tuple[Step, ...]
    runtime: tuple[tuple[str, str], ...]
    builtins: tuple[str, ...]


@dataclass(frozen=True)
class Plan:
    """The decisions for the whole program and the facts behind; `consulted`: the library files that they depend on."""

    resolved: ResolvedProgram
    modules: tuple[ModulePlan, ...]
    shims: tuple[str, ...]
    diagnostics: tuple[Diagnostic, ...]
    facts: EffectFacts = field(repr=False)
    consulted: tuple[Path, ...] = ()

    def __str__(self) -> str:
        lines: list[str] = []
        for module in self.modules:
            lines += [f"{module.name}:", *(f"  {step}" for step in module.steps)]
        return "\n".join(lines)
