"""Pass 4: effect facts → one decision per reference, one redirect per import of a shimmed module, and the steps."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

from durable.transpiler.ir.diagnostic import NOT_DURABLE_YET, REFUSED, Diagnostic, Kind, Place
from durable.transpiler.ir.effects import Effect, EffectFacts, Fact, PolicyItems, StepBlock, StepFunction
from durable.transpiler.ir.plan import (
    Decision,
    Leave,
    ModulePlan,
    OpenResource,
    OutlineBlock,
    OutlineRegion,
    Plan,
    Redirect,
    Step,
    UseShim,
    WrapStep,
)
from durable.transpiler.ir.resolved import ResolvedModule, Role, Span
from durable.transpiler.redirects import redirect
from durable.transpiler.uncalled import is_within, uncalled

_BY_SHIM = frozenset({Effect.AMBIENT, Effect.WAIT, Effect.SPAWN, Effect.OPEN})
_WRAPPED = frozenset({Effect.READ, Effect.WRITE, Effect.OPEN, Effect.AMBIENT})
_GUARDING = frozenset({"retries", "timeout", "deadline"})
_HEADER_BUILTINS = ("input", "open")


def make_plan(facts: EffectFacts) -> Plan:
    """The decisions for the whole program; every name the generated modules need is chosen here."""
    never = uncalled(facts.resolved)
    planners = [
        _Planner(module, found, facts, never[module.source.name])
        for module, (_, found) in zip(facts.resolved.modules, facts.facts, strict=True)
    ]
    shims = {shim for planner in planners for redirected in planner.plan.redirects for shim in redirected.shims}
    if any(planner.plan.builtins for planner in planners):
        shims.add("builtins")
    diagnostics = [diagnostic for planner in planners for diagnostic in planner.diagnostics]
    program = facts.resolved.program
    return Plan(
        facts.resolved,
        tuple(planner.plan for planner in planners),
        tuple(sorted(shims)),
        (*program.diagnostics, *facts.resolved.diagnostics, *facts.diagnostics, *diagnostics),
        facts,
        facts.consulted,
    )


@dataclass(frozen=True)
class _What:
    """What a step does, and why it is one."""

    callee: str
    effect: Effect
    reason: tuple[str, ...]
    policy: PolicyItems
    is_said: bool = True


class _Planner:
    """Plans one module."""

    def __init__(
        self, module: ResolvedModule, facts: tuple[Fact, ...], all_facts: EffectFacts, uncalled_here: frozenset[str]
    ) -> None:
        self._module = module
        self._taken: set[str] = set()
        self._uncalled = uncalled_here
        name = module.source.name
        functions = [one for one in all_facts.step_functions if one.module == name]
        blocks = [one for one in all_facts.step_blocks if one.module == name]
        self._counts: Counter[tuple[str, str]] = Counter()
        self._steps: list[Step] = []
        self.diagnostics: list[Diagnostic] = []
        found = [*self._functions(functions), *self._blocks(blocks)]
        decisions = [*found, *(self._decide(fact) for fact in facts)]
        redirects = tuple(self._redirects(all_facts))
        star_imported = module.source.name in all_facts.resolved.star_imported
        self.plan = ModulePlan(
            name=module.source.name,
            decisions=tuple(decisions),
            redirects=redirects,
            steps=tuple(sorted(self._steps, key=lambda step: (step.span.start, -step.span.end))),
            runtime=tuple(self._runtime_names(decisions, hidden=star_imported)),
            builtins=tuple(name for name in _HEADER_BUILTINS if self._mentions_builtin(name)),
        )

    def _functions(self, functions: list[StepFunction]) -> Iterator[Decision]:
        for function in functions:
            header = function.header
            reason = (header.qualname, "comment `# durable: step` on its def line")
            what = _What(header.qualname.rpartition(".")[2], Effect.WRITE, reason, function.policy)
            self._add_step(header.span.begin, header.qualname, what)
            yield OutlineRegion(header.span, header.indent)

    def _blocks(self, blocks: list[StepBlock]) -> Iterator[Decision]:
        for one in blocks:
            block = one.block
            name = self._free(f"{block.kind}_block")
            reason = (name, f"comment `# durable: step` in line {block.target}")
            what = _What(name, Effect.WRITE, reason, one.policy)
            self._add_step(block.span.begin, block.function, what)
            left, value = (self._free("left"), self._free("value")) if block.leavings else ("", "")
            yield OutlineBlock(block, name, left, value)

    def _decide(self, fact: Fact) -> Decision:
        site = fact.reference.site
        decision = self._decision(fact)
        if not isinstance(decision, Leave):
            what = _What(fact.callee, fact.effect, fact.reason, fact.policy, fact.is_said)
            self._add_step(site.span, site.function, what)
        return decision

    def _decision(self, fact: Fact) -> Decision:
        span = fact.reference.site.span
        if fact.effect is Effect.REFUSED:
            self._refuse(fact)
            return Leave(span)
        if fact.is_step:
            return WrapStep(span, "step")
        if fact.is_shim:
            return _by_shim(fact)
        if _is_guarded(fact) and fact.effect is Effect.INLINE:
            return WrapStep(span, "guarded")
        if fact.effect in (Effect.WAIT, Effect.SPAWN):
            self._not_durable_yet(fact)
            return Leave(span)
        if fact.effect not in _WRAPPED or not _is_wrappable(fact):
            return Leave(span)
        if fact.effect is Effect.OPEN:
            return OpenResource(span)
        return WrapStep(span, "write" if fact.effect is Effect.WRITE else "read")

    def _add_step(self, span: Span, function: str, what: _What) -> None:
        source = self._module.source
        place = function or "<module>"
        if source.name != "__main__":
            place = f"{source.name}.{place}"
        self._counts[place, what.callee] += 1
        count = self._counts[place, what.callee]
        name = f"{place}/{what.callee}" if count == 1 else f"{place}/{what.callee}#{count}"
        where = (source.name, source.relative, span, function or "<module>")
        self._steps.append(Step(name, what.callee, what.effect, *where, what.reason, what.policy, what.is_said))

    def _redirects(self, facts: EffectFacts) -> Iterator[Redirect]:
        for statement in self._module.imports:
            redirected = redirect(statement, facts.resolved.program)
            if redirected is not None:
                yield redirected

    def _runtime_names(self, decisions: list[Decision], *, hidden: bool) -> Iterator[tuple[str, str]]:
        for name in sorted({wrapper for decision in decisions if (wrapper := _wrapper(decision)) is not None}):
            is_taken = hidden or self._module.has_star or name in self._module.names
            yield name, self._free(f"_durable_{name}") if is_taken else name

    def _free(self, wanted: str) -> str:
        """A name that the module does not use, like the wanted one."""
        name, count = wanted, 1
        while name in self._module.names or name in self._taken:
            count += 1
            name = f"{wanted}_{count}"
        self._taken.add(name)
        return name

    def _mentions_builtin(self, name: str) -> bool:
        return any(
            reference.site.text == name and reference.target.names == (f"builtins.{name}",)
            for reference in self._module.references
        )

    def _refuse(self, fact: Fact) -> None:
        """An error; a warning where a shim refuses the call, or what it leads to, should it ever be made."""
        what = " ".join(fact.reason[1:])
        kind = replace(REFUSED, name=f"{REFUSED.name}-{_kebab(fact.callee)}")
        is_caught = fact.is_shim or fact.callee.partition(".")[0] in sys.stdlib_module_names
        if is_caught and is_within(fact.reference.site.function, self._uncalled):
            self._report(replace(kind, severity="warning"), fact, f"{fact.callee} is refused when it is called: {what}")
        else:
            self._report(kind, fact, f"{fact.callee} is refused: {what}")

    def _not_durable_yet(self, fact: Fact) -> None:
        message = (
            f"{fact.callee} is not durable yet: a run is stopped where it would touch the world or start a process"
        )
        self._report(NOT_DURABLE_YET, fact, message)

    def _report(self, kind: Kind, fact: Fact, message: str) -> None:
        span = fact.reference.site.span
        place = Place(self._module.source.relative, span.line, span.column)
        self.diagnostics.append(Diagnostic.of(kind, place, message))


def _by_shim(fact: Fact) -> Decision:
    """What a shim does is left to it, but where a policy limits or retries it."""
    span = fact.reference.site.span
    if fact.effect not in _BY_SHIM or not _is_mentioned(fact):
        return Leave(span)
    if _is_guarded(fact) and fact.effect in (Effect.WAIT, Effect.OPEN):
        return WrapStep(span, "guarded")
    return UseShim(span)


def _is_guarded(fact: Fact) -> bool:
    return not _GUARDING.isdisjoint(dict(fact.policy)) and _is_wrappable(fact)


def _is_mentioned(fact: Fact) -> bool:
    return fact.reference.site.role is not Role.TYPE and (not fact.is_class or fact.reference.site.call is not None)


def _is_wrappable(fact: Fact) -> bool:
    """Whether a wrapper may stand at the reference: calls, and values that are surely functions."""
    target = fact.reference.target
    if target.is_method and (target.is_partial or target.is_local) and target.names:
        return False
    match fact.reference.site.role:
        case Role.CALL:
            return not (target.is_alias and _is_function(fact))
        case Role.VALUE:
            return _is_function(fact) and not target.is_alias
        case Role.RAISED:
            return fact.is_sure and fact.reference.site.call is not None
        case _:
            return False


def _is_function(fact: Fact) -> bool:
    return fact.is_sure and not fact.is_class


def _wrapper(decision: Decision) -> str | None:
    match decision:
        case WrapStep():
            return decision.wrapper
        case OpenResource():
            return "resource"
        case OutlineRegion() | OutlineBlock():
            return "step"
        case _:
            return None


def _kebab(name: str) -> str:
    return name.rpartition(".")[2].strip("_").replace("_", "-").lower()
