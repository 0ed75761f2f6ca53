"""The header of a generated module: what its steps are, and the imports that they need."""

from __future__ import annotations

from durable.transpiler.ir.effects import Effect
from durable.transpiler.ir.plan import ModulePlan

_LISTED = frozenset({Effect.READ, Effect.WRITE, Effect.OPEN, Effect.WAIT, Effect.SPAWN})


def header_lines(plan: ModulePlan) -> list[str]:
    """The header's lines, none if the module needs none; no line numbers, so that an edit changes few lines.

    `open` and `input` need none: the run has its own in the place of the builtins, where the program may put another.
    """
    steps = [f"#   {step}" for step in plan.steps if step.effect in _LISTED]
    lines = ["# Steps:", *steps] if steps else []
    if plan.runtime:
        names = ", ".join(name if name == alias else f"{name} as {alias}" for name, alias in plan.runtime)
        lines.append(f"from durable.runtime import {names}")
    return lines
