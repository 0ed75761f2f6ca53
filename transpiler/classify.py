"""Pass 3: every reference → its effect and why: the user's policy, the catalogue, the library's source, else write."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from durable.transpiler import catalogue
from durable.transpiler.catalogue import Entry
from durable.transpiler.inference import Inference
from durable.transpiler.ir.diagnostic import (
    ASYNC_STEP,
    POLICY_SYNTAX,
    POLICY_UNUSED,
    REGION_NOT_OUTLINED,
    Diagnostic,
    Kind,
    Place,
)
from durable.transpiler.ir.effects import Effect, EffectFacts, Fact, PolicyItems, StepBlock, StepFunction, Verdict
from durable.transpiler.ir.resolved import CallShape, Comment, Reference, ResolvedModule, ResolvedProgram, Role
from durable.transpiler.ir.site import Site
from durable.transpiler.options import useless_option
from durable.transpiler.policy import Directive, Policy, read_directive

_WORST_FIRST = (
    Effect.REFUSED,
    Effect.OPEN,
    Effect.WRITE,
    Effect.SPAWN,
    Effect.WAIT,
    Effect.READ,
    Effect.AMBIENT,
    Effect.INLINE,
    Effect.PURE,
)
_HARMLESS = frozenset({Effect.PURE, Effect.INLINE})


@dataclass(frozen=True)
class Knowledge:
    """Where verdicts come from besides the catalogue: the user's policy, the guard's findings, libraries' sources."""

    policy: Policy
    learned: Collection[Site]
    inference: Inference


def classify(resolved: ResolvedProgram, knowledge: Knowledge) -> EffectFacts:
    """The effect facts of the program's references to libraries, and of what comments and the guard say of others."""
    modules = [_Classifier(module, knowledge) for module in resolved.modules]
    return EffectFacts(
        resolved,
        tuple((module.name, tuple(module.facts)) for module in modules),
        tuple(function for module in modules for function in module.step_functions),
        tuple(block for module in modules for block in module.step_blocks),
        (*knowledge.policy.faults, *(diagnostic for module in modules for diagnostic in module.diagnostics)),
        knowledge.inference.files,
        tuple(_strongest(verdict for module in modules for verdict in module.verdicts)),
        knowledge.policy.steps,
    )


def _strongest(verdicts: Iterable[Verdict]) -> Iterator[Verdict]:
    """One verdict a callable: what it is called for, rather than what is made of it where it decorates or is raised."""
    found: dict[str, Verdict] = {}
    for verdict in verdicts:
        known = found.setdefault(verdict.callee, verdict)
        if _WORST_FIRST.index(verdict.effect) < _WORST_FIRST.index(known.effect):
            found[verdict.callee] = replace(verdict, first=known.first)
    yield from (found[name] for name in sorted(found))


@dataclass(frozen=True)
class _Verdict:
    """What is found out about one library name; `whole`: its effect before the arguments of this call are looked at."""

    callee: str
    effect: Effect
    reason: tuple[str, ...]
    is_sure: bool
    is_shim: bool = False
    is_class: bool = False
    whole: Effect | None = None

    def of_callable(self, first: Reference) -> Verdict:
        """The verdict on the callable, whatever this call's arguments."""
        is_less = self.whole not in (None, self.effect)
        reason = self.reason[:-1] if is_less else self.reason
        return Verdict(self.callee, self.whole or self.effect, reason, first)


class _Classifier:
    """Classifies one module's references."""

    def __init__(self, module: ResolvedModule, knowledge: Knowledge) -> None:
        self.name = module.source.name
        self._module = module
        self._policy = knowledge.policy
        self._inference = knowledge.inference
        here = [site for site in knowledge.learned if site.file == module.source.relative]
        self._learned = {reference for site in here for reference in _caught(site, module.references)}
        self.step_functions: list[StepFunction] = []
        self.step_blocks: list[StepBlock] = []
        self.diagnostics: list[Diagnostic] = []
        self.verdicts: list[Verdict] = []
        found = {reference: fact for reference in module.references if (fact := self._fact(reference)) is not None}
        for comment in module.comments:
            self._apply(comment, found)
        self.facts = [found[reference] for reference in module.references if reference in found]

    def _fact(self, reference: Reference) -> Fact | None:
        """The fact of one reference, None if nothing needs to be said of it."""
        if reference in self._learned:
            reason = (reference.site.text, "touched the world outside a step when it ran", "learned")
            return Fact(reference, _callee(reference), Effect.WRITE, reason, is_sure=True, is_said=True)
        verdicts = [self._verdict(name, reference) for name in reference.target.names]
        self.verdicts += [one.of_callable(reference) for one in verdicts]
        if not verdicts:
            return None
        worst = min(verdicts, key=lambda verdict: _WORST_FIRST.index(verdict.effect))
        return Fact(
            reference,
            worst.callee,
            worst.effect,
            worst.reason,
            self._policy.options_of(worst.callee),
            self._policy.places_of(worst.callee),
            is_shim=worst.is_shim,
            is_class=worst.is_class,
            is_sure=worst.is_sure,
            is_said=self._policy.effect_of(worst.callee) is not None,
        )

    def _verdict(self, name: str, reference: Reference) -> _Verdict:
        entry = catalogue.lookup(name)
        said = self._policy.effect_of(name)
        if said is not None:
            pattern, effect = said
            reason = (name, f'pyproject [tool.durable.effects] "{pattern}" = "{effect.value}"')
            return _Verdict(
                name, effect, reason, is_sure="*" not in pattern, is_class=entry is not None and entry.is_class
            )
        if entry is None:
            return _without_entry(name, reference.site.role, self._inference)
        effect, why = _refined(entry, reference.site.call)
        return _Verdict(name, effect, (name, *why), entry.is_sure, entry.shim, entry.is_class, entry.effect)

    def _apply(self, comment: Comment, found: dict[Reference, Fact]) -> None:
        """One policy comment: on the head of a `def` or of a block, or on the line of a call."""
        directive = read_directive(comment.text)
        if directive.fault:
            self._report(POLICY_SYNTAX, comment, directive.fault)
        elif directive.kind == "step" and self._apply_to_statement(comment, directive):
            return
        elif (directive.kind or directive.options) and not self._apply_to_calls(comment, directive, found):
            self._report(POLICY_UNUSED, comment, "no call on its line is one that this comment could be for")

    def _check(self, comment: Comment, directive: Directive, options: PolicyItems) -> None:
        """Say if a comment's options have no meaning among all that holds there."""
        useless = useless_option(dict(directive.options), dict(options))
        if useless:
            self._report(POLICY_SYNTAX, comment, useless)

    def _apply_to_statement(self, comment: Comment, directive: Directive) -> bool:
        """Whether a `step` comment is for a `def` or for a block."""
        header = next((one for one in self._module.functions if one.first <= comment.target <= one.last), None)
        if header is not None:
            if header.is_async:
                self._report(ASYNC_STEP, comment, "an `async def` cannot be one step yet")
            self._check(comment, directive, directive.options)
            self.step_functions.append(StepFunction(self.name, header, directive.options))
            return True
        block = next((one for one in self._module.blocks if one.target == comment.target), None)
        if block is None:
            return False
        outer = [one.block.span for one in self.step_blocks]
        if any(span.start < block.span.start < span.end for span in outer):
            self._report(POLICY_UNUSED, comment, "the block around it is one step already")
        elif block.fault:
            self._report(REGION_NOT_OUTLINED, comment, f"this block cannot be one step: {block.fault}")
        else:
            self._check(comment, directive, directive.options)
            self.step_blocks.append(StepBlock(self.name, block, directive.options))
        return True

    def _apply_to_calls(self, comment: Comment, directive: Directive, found: dict[Reference, Fact]) -> bool:
        meant = list(_meant(self._calls_on(comment.target), directive, found))
        for reference in meant:
            old = found.get(reference)
            fact = old or Fact(reference, _callee(reference), Effect.PURE, (reference.site.text,))
            if directive.kind and not (reference in self._learned and directive.kind in _HARMLESS):
                effect = Effect.WRITE if directive.kind == "step" else Effect(directive.kind)
                reason = (fact.reason[0], f"comment `# durable: {comment.text}` in line {comment.line}")
                is_step = directive.kind == "step"
                fact = replace(
                    fact, effect=effect, reason=reason, is_sure=True, is_step=is_step, is_shim=False, is_said=True
                )
            merged = tuple((dict(fact.policy) | dict(directive.options)).items())
            self._check(comment, directive, merged)
            places = (f"comment in line {comment.line}",) if directive.options else ()
            found[reference] = replace(fact, policy=merged, policy_from=(*fact.policy_from, *places))
        return bool(meant)

    def _calls_on(self, line: int) -> list[Reference]:
        return [
            reference
            for reference in self._module.references
            if (call := reference.site.call) is not None and line in (call.span.line, call.span.end_line)
        ]

    def _report(self, kind: Kind, comment: Comment, message: str) -> None:
        place = Place(self._module.source.relative, comment.line, comment.column)
        self.diagnostics.append(Diagnostic.of(kind, place, message))


def _caught(site: Site, references: Sequence[Reference]) -> list[Reference]:
    """The calls that the guard may have caught at a place; of several, those of the program's own functions are not."""
    calls = [reference for reference in references if _is_at(reference, site)]
    return [reference for reference in calls if reference.target.names or not reference.target.is_local] or calls


def _is_at(reference: Reference, site: Site) -> bool:
    if reference.site.call is None:
        return False
    starts = (reference.site.call.span, reference.site.name_span)
    return any(span.line == site.line and site.column in (0, span.column) for span in starts)


def _meant(calls: list[Reference], directive: Directive, found: dict[Reference, Fact]) -> Iterator[Reference]:
    """The calls of its line that a comment speaks of: those with effects, else the outermost; `step`: the outermost.

    A builtin around it (`print(slow())`) is not meant if there is another call.
    """
    effectful = [call for call in calls if call in found and _touches(found[call])]
    if directive.kind != "step" and effectful:
        yield from effectful
    elif directive.kind and calls:
        yield max(calls, key=lambda call: (not _is_builtin(call), _extent(call)))


def _touches(fact: Fact) -> bool:
    """Whether a call does something of which a policy can speak; what is printed is no step."""
    return fact.effect not in _HARMLESS and not (fact.is_shim and fact.effect is Effect.WRITE)


def _is_builtin(reference: Reference) -> bool:
    return any(name.startswith("builtins.") for name in reference.target.names)


def _extent(reference: Reference) -> int:
    call = reference.site.call
    return call.span.end - call.span.start if call is not None else 0


def _callee(reference: Reference) -> str:
    names = reference.target.names
    return names[0] if names else reference.site.text.lstrip("….")


def _refined(entry: Entry, call: CallShape | None) -> tuple[Effect, tuple[str, ...]]:
    note = entry.reason or ("catalogue" if entry.is_sure else "catalogue, by the rule for its class or module")
    if call is None or entry.refine is None:
        return entry.effect, (note,)
    effect = catalogue.refined_effect(entry, call.args, dict(call.kwargs))
    if effect is entry.effect:
        return effect, (note,)
    return effect, (note, f"its arguments only look ({entry.refine})")


def _without_entry(name: str, role: Role, inference: Inference) -> _Verdict:
    """The verdict on a library callable that the catalogue does not name: by its role, its source, else write."""
    last = name.rpartition(".")[2]
    if role is Role.RAISED:
        return _Verdict(name, Effect.PURE, (name, "raised, so an exception"), is_sure=False, is_class=True)
    if role is Role.DECORATOR:
        return _Verdict(name, Effect.INLINE, (name, "a decorator: it is given the program's own code"), is_sure=False)
    if last.startswith("__") and last.endswith("__"):
        return _Verdict(name, Effect.PURE, (name, "an attribute of Python's own"), is_sure=False)
    inferred = inference.of(name)
    if inferred is not None:
        return _Verdict(name, inferred.effect, inferred.reason, is_sure=True, is_class=inferred.is_class)
    value = _value_that_holds(name)
    if value is not None:
        return _Verdict(name, Effect.PURE, (name, f"a method of the plain value {value}"), is_sure=False)
    is_class = last[:1].isupper() and not last.isupper()
    reason = (name, "not in the catalogue, and no Python source to read", "unknown means write")
    return _Verdict(name, Effect.WRITE, reason, is_sure=False, is_class=is_class)


def _value_that_holds(name: str) -> str | None:
    """The value (`sys.path`) of a standard module, whose callables are all catalogued, that `name` is a method of."""
    if name.partition(".")[0] not in sys.stdlib_module_names:
        return None
    parent = name.rpartition(".")[0]
    while parent:
        entry = catalogue.lookup(parent)
        if entry is not None:
            is_value = entry.effect in (*_HARMLESS, Effect.AMBIENT) and not entry.is_class
            return parent if is_value else None
        parent = parent.rpartition(".")[0]
    return None
