"""`workflow.py` of a bundle: the class a Temporal worker registers for the program."""

from __future__ import annotations

import re

from durable.transpiler.ir.bundle import Manifest

_TEMPLATE = '''"""{program} as a Temporal workflow. Its code is in modules/, its steps are in manifest.json.

Register `{class_name}` and `activities` in any `temporalio.worker.Worker`.

Steps:
{steps}
"""

from pathlib import Path
from typing import Any

from durable.runner.temporal import ProgramWorkflow, activities
from temporalio import workflow

__all__ = ["{class_name}", "activities"]

Stored = dict[str, Any] | None


@workflow.defn(name={name!r}, sandboxed=False)
class {class_name}(ProgramWorkflow):
    """One run of {program}."""

    bundle = Path(__file__).resolve().parent

    @workflow.run
    async def run(self, arguments: list[str], spec: Stored = None, carried: Stored = None) -> dict[str, Any]:
        """Run the program with these arguments; its outcome has its exit code. (The rest is durable's own.)"""
        return await self.run_program(arguments, spec, carried)
'''


def emit_workflow(manifest: Manifest) -> str:
    """The text of workflow.py for a program."""
    program = manifest["program"]
    stem = re.sub(r"\W+", "_", program.removesuffix(".py")).strip("_") or "program"
    steps = [f"    {step['name']}: {step['effect']}" for step in manifest["steps"]]
    return _TEMPLATE.format(
        program=program,
        name=stem,
        class_name=_class_name(stem),
        steps="\n".join(steps) or "    none",
    )


def _class_name(stem: str) -> str:
    name = "".join(part.capitalize() for part in stem.split("_"))
    return name if name.isidentifier() and name not in ("Path", "Any") else f"Program{name}"
