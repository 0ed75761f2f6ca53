"""`workflow.py` of a bundle: the class a Temporal worker registers for the program."""

from __future__ import annotations

import re

from durable.transpiler.ir.bundle import Manifest

_TEMPLATE = '''"""{program} as a Temporal workflow. Its code is in modules/, its steps are in manifest.json.

Steps:
{steps}
"""

from pathlib import Path

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from durable.runner.temporal import ProgramWorkflow

BUNDLE = Path(__file__).parent


@workflow.defn(name={name!r})
class {class_name}(ProgramWorkflow):
    """One run of {program}."""

    bundle = BUNDLE

    @workflow.run
    async def run(self, arguments: list[str]) -> int:
        """The program's exit code, run with these arguments."""
        return await self.run_program(arguments)
'''


def emit_workflow(manifest: Manifest) -> str:
    """The text of workflow.py for a program."""
    program = manifest["program"]
    stem = re.sub(r"\W+", "_", program.removesuffix(".py"))
    steps = [f"    {step['name']}: {step['effect']}" for step in manifest["steps"]]
    return _TEMPLATE.format(
        program=program,
        name=stem,
        class_name="".join(part.capitalize() for part in stem.split("_")) or "Program",
        steps="\n".join(steps) or "    none",
    )
