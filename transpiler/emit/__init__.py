"""Pass 6: a plan → the bundle: generated modules, source maps, manifest and workflow module."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict
from typing import Literal

from durable.transpiler.emit.blocks import outlined
from durable.transpiler.emit.header import header_lines
from durable.transpiler.emit.splices import Splice, applied
from durable.transpiler.emit.workflow import emit_workflow
from durable.transpiler.ir.bundle import (
    FORMAT,
    Bundle,
    BundleModule,
    Manifest,
    ModuleRecord,
    StepRecord,
    content_hash,
)
from durable.transpiler.ir.plan import ModulePlan, OpenResource, OutlineBlock, OutlineRegion, Plan, Step, WrapStep
from durable.transpiler.ir.resolved import ResolvedModule


def emit(plan: Plan, created_with: Mapping[str, str]) -> Bundle:
    """The bundle of a plan; its hash is of what it does, not of where or with what it was made."""
    modules = tuple(
        _emit_module(module, decided) for module, decided in zip(plan.resolved.modules, plan.modules, strict=True)
    )
    manifest = _manifest(plan, modules, created_with)
    manifest["hash"] = content_hash(manifest, modules)
    return Bundle(manifest, modules, emit_workflow(manifest))


def _emit_module(module: ResolvedModule, plan: ModulePlan) -> BundleModule:
    source = module.source
    generated, segments = applied(source.text, _splices(module, plan))
    return BundleModule(source.name, source.path, source.relative, source.is_package, source.text, generated, segments)


def _splices(module: ResolvedModule, plan: ModulePlan) -> list[Splice]:
    names = dict(plan.runtime)
    splices = [Splice(start, end, text) for redirected in plan.redirects for start, end, text in redirected.splices]
    for decision in plan.decisions:
        match decision:
            case WrapStep() | OpenResource():
                wrapper = names[decision.wrapper if isinstance(decision, WrapStep) else "resource"]
                splices += Splice.around(decision.span.start, decision.span.end, f"{wrapper}(", ")")
            case OutlineRegion():
                start = decision.span.start
                splices.append(Splice(start, start, f"@{names['step']}\n{decision.indent}"))
            case OutlineBlock():
                splices += outlined(decision, names["step"], module.source.text)
            case _:
                pass
    splices += _shown_as_before(module, splices)
    header = header_lines(plan)
    if header:
        splices.append(Splice.before(module.header, _set_off(module, header)))
    return splices


def _shown_as_before(module: ResolvedModule, splices: list[Splice]) -> list[Splice]:
    """For each f-string `{expression=}` that is changed inside: the original's text, then the value without `=`."""
    found: list[Splice] = []
    for shown in module.shown:
        if any(shown.start < splice.start <= shown.equal for splice in splices):
            text = module.source.text[shown.start + 1 : shown.end].replace("{", "{{").replace("}", "}}")
            found.append(Splice.before(shown.start, text))
            found.append(Splice(shown.equal, shown.end, "" if shown.has_format else "!r"))
    return found


def _set_off(module: ResolvedModule, lines: list[str]) -> str:
    """The header as text, with blank lines where the text around it has none."""
    text = module.source.text
    block = "\n".join(lines) + "\n"
    if module.header_follows:
        before = "" if text[: module.header].endswith("\n") else "\n"
        return f"{before}\n{block}"
    line = text[module.header :].partition("\n")[0]
    is_import = line.startswith(("import ", "from "))
    return block if is_import else f"{block}\n"


def _manifest(plan: Plan, modules: tuple[BundleModule, ...], created_with: Mapping[str, str]) -> Manifest:
    program = plan.resolved.program
    mode: Literal["script", "module"] = "module" if program.mode == "module" else "script"
    steps = [_step(step) for module in plan.modules for step in module.steps]
    return Manifest(
        format=FORMAT,
        program=program.script,
        root=str(program.root),
        entry="__main__",
        mode=mode,
        package=program.package,
        hash="",
        created_with=dict(created_with),
        modules=[_module(module) for module in modules],
        steps=steps,
        diagnostics=[{**asdict(diagnostic)} for diagnostic in plan.diagnostics],  # type: ignore[typeddict-item]
        libraries=list(program.libraries),
        shims=list(plan.shims),
        policies=[(pattern, dict(options)) for pattern, options in plan.facts.policies],
    )


def _step(step: Step) -> StepRecord:
    return StepRecord(
        name=step.name,
        callee=step.callee,
        effect=step.effect.value,
        module=step.module,
        file=step.file,
        line=step.span.line,
        column=step.span.column,
        end_line=step.span.end_line,
        end_column=step.span.end_column,
        function=step.function,
        reason=list(step.reason),
        policy=dict(step.policy),
        said=step.is_said,
    )


def _module(module: BundleModule) -> ModuleRecord:
    return ModuleRecord(
        name=module.name,
        path=module.relative,
        is_package=module.is_package,
        sha256=hashlib.sha256(module.source.encode()).hexdigest(),
        segments=[list(segment) for segment in module.segments],
    )
