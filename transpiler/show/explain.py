"""Everything the compiler knows of the references on one line: verdict, reason, policy, and what it does with each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

from durable.transpiler.ir.effects import Fact, PolicyItems
from durable.transpiler.ir.plan import (
    Decision,
    Leave,
    ModulePlan,
    OpenResource,
    OutlineBlock,
    OutlineRegion,
    Plan,
    UseShim,
    WrapStep,
)
from durable.transpiler.ir.resolved import Reference, Role


@dataclass(frozen=True)
class Explained:
    """One reference: where, what it is, what it does, why, what the compiler does with it, and the policy."""

    file: str
    line: int
    column: int
    text: str
    callee: str
    effect: str
    does: str
    reason: tuple[str, ...]
    policy: PolicyItems
    policy_from: tuple[str, ...]


def explain(plan: Plan, file: str, line: int) -> list[Explained]:
    """The explanations for a line of a module (its path relative to the import root); none if nothing is there."""
    found: list[Explained] = []
    for resolved, planned, (_, facts) in zip(plan.resolved.modules, plan.modules, plan.facts.facts, strict=True):
        if resolved.source.relative != file:
            continue
        known = {fact.reference: fact for fact in facts}
        decisions = {decision.span: decision for decision in _on_references(planned)}
        for reference in resolved.references:
            if reference.site.span.line <= line <= reference.site.span.end_line:
                fact = known.get(reference)
                decision = decisions.get(reference.site.span)
                one = _of_fact(fact, file, decision) if fact is not None else _of_open(reference, file)
                found += [one] if one is not None else []
        found += _of_statements(planned, file, line)
    return sorted(found, key=lambda one: (one.line, one.column))


def _on_references(planned: ModulePlan) -> Iterator[Leave | UseShim | WrapStep | OpenResource]:
    for decision in planned.decisions:
        if not isinstance(decision, (OutlineRegion, OutlineBlock)):
            yield decision


def _of_fact(fact: Fact, file: str, decision: Decision | None) -> Explained:
    span = fact.reference.site.span
    return Explained(
        file,
        span.line,
        span.column,
        fact.reference.site.text,
        fact.callee,
        fact.effect.value,
        _does(decision),
        fact.reason,
        fact.policy,
        fact.policy_from,
    )


def _does(decision: Decision | None) -> str:
    match decision:
        case WrapStep():
            return f"{decision.wrapper}(…): each call is a step"
        case OpenResource():
            return "resource(…): each call opens a resource by a step"
        case UseShim():
            return "a shim does it durably"
        case _:
            return "stands as it is"


def _of_open(reference: Reference, file: str) -> Explained | None:
    """A call that nobody could resolve; mentions of the program's own things are not worth a word."""
    site = reference.site
    if site.role is not Role.CALL:
        return None
    if reference.target.is_local:
        effect, reason = "-", "the program's own: the effects inside it are its own steps"
    else:
        effect, reason = (
            "?",
            "nobody could resolve it: if its object touches the world, its methods are steps by themselves",
        )
    text = site.text.lstrip("….")
    return Explained(
        file, site.span.line, site.span.column, site.text, text, effect, _does(None), (text, reason), (), ()
    )


def _of_statements(planned: ModulePlan, file: str, line: int) -> Iterator[Explained]:
    """Functions and blocks that are one step."""
    heads = {
        (decision.span if isinstance(decision, OutlineRegion) else decision.block.span).begin
        for decision in planned.decisions
        if isinstance(decision, (OutlineRegion, OutlineBlock))
    }
    for step in planned.steps:
        if step.span in heads and step.span.line == line:
            yield Explained(
                file,
                line,
                step.span.column,
                step.callee,
                step.callee,
                step.effect.value,
                "the whole of it is one step",
                step.reason,
                step.policy,
                ("comment",) if step.policy else (),
            )


def as_text(found: Sequence[Explained]) -> str:
    """A paragraph for each reference."""
    return "\n\n".join("\n".join(_paragraph(one)) for one in found)


def _paragraph(one: Explained) -> Iterator[str]:
    yield f"{one.file}:{one.line}:{one.column}: {one.text}"
    yield f"  effect: {one.effect}"
    yield f"  does:   {one.does}"
    for index, reason in enumerate(one.reason):
        yield f"  {'why:   ' if index == 0 else '     → '} {reason}"
    for key, value in one.policy:
        yield f"  policy: {key} = {value}"
    for place in one.policy_from:
        yield f"  from:   {place}"


def as_records(found: Sequence[Explained]) -> list[dict[str, object]]:
    """The explanations for JSON."""
    return [{**asdict(one), "policy": dict(one.policy)} for one in found]
