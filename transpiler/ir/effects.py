"""What `classify` makes: the effect of every reference, with the reason; also the effect kinds themselves."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from pathlib import Path

    from durable.transpiler.ir.diagnostic import Diagnostic
    from durable.transpiler.ir.resolved import Block, FunctionHeader, Reference, ResolvedProgram

Option: TypeAlias = int | float | str
PolicyItems: TypeAlias = tuple[tuple[str, Option], ...]


class Effect(StrEnum):
    """The kinds of contact with the world."""

    PURE = "pure"
    AMBIENT = "ambient"
    READ = "read"
    WRITE = "write"
    OPEN = "open"
    WAIT = "wait"
    SPAWN = "spawn"
    INLINE = "inline"
    REFUSED = "refused"


@dataclass(frozen=True)
class Fact:
    """One reference's effect, why, and the policy for it.

    `callee` is the name it goes by; `is_shim`: a shim does it, the reference stands; `is_class`: the callee is a class;
    `is_sure`: an entry or a policy names it (no pattern, no guess); `is_step`: the user asked for a step; `is_said`:
    the user or the guard says what it is, and not a library's nature, so it holds for whatever is called there.
    `policy_from`: where the policy is written.
    """

    reference: Reference
    callee: str
    effect: Effect
    reason: tuple[str, ...]
    policy: PolicyItems = ()
    policy_from: tuple[str, ...] = ()
    is_shim: bool = False
    is_class: bool = False
    is_sure: bool = False
    is_step: bool = False
    is_said: bool = False

    def __str__(self) -> str:
        return f"{self.callee}: {self.effect.value} ({' → '.join(self.reason)})"


@dataclass(frozen=True)
class StepFunction:
    """A `def` that the user made one step by a comment."""

    module: str
    header: FunctionHeader
    policy: PolicyItems


@dataclass(frozen=True)
class StepBlock:
    """A block that the user made one step by a comment."""

    module: str
    block: Block
    policy: PolicyItems


@dataclass(frozen=True)
class Verdict:
    """What a library callable does whatever its arguments, why, and where the program mentions it first."""

    callee: str
    effect: Effect
    reason: tuple[str, ...]
    first: Reference


@dataclass(frozen=True)
class EffectFacts:
    """The facts of all modules, in the order of the text; `consulted`: the library files that they were read from.

    `verdicts`: one for every library callable that is mentioned anywhere, as comments on lines do not change it.
    `policies`: the step options by pattern, for steps that only a run finds.
    """

    resolved: ResolvedProgram
    facts: tuple[tuple[str, tuple[Fact, ...]], ...]
    step_functions: tuple[StepFunction, ...]
    step_blocks: tuple[StepBlock, ...]
    diagnostics: tuple[Diagnostic, ...]
    consulted: tuple[Path, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    policies: tuple[tuple[str, PolicyItems], ...] = ()

    def __str__(self) -> str:
        lines: list[str] = []
        for module, facts in self.facts:
            lines += [f"{module}:", *(f"  {fact}" for fact in facts)]
        return "\n".join(lines)
