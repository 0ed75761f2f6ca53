"""The resolver that needs no tool: import tracking, scopes and simple type facts. Sound alone, silent when in doubt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import libcst as cst

from durable.transpiler.ir.diagnostic import Diagnostic
from durable.transpiler.ir.resolved import Role, Site, Target
from durable.transpiler.resolve.facts import Anything, Facts, Instance, Library, Local, LocalModule, Nothing
from durable.transpiler.resolve.infer import Inference, called_instance
from durable.transpiler.resolve.scopes import Scope


class StaticResolver:
    """Answers from the program's own text and the catalogue."""

    def __init__(self, inference: Inference, nodes: Mapping[Site, tuple[cst.BaseExpression, Scope]]) -> None:
        self._inference = inference
        self._nodes = nodes

    def resolve(self, sites: Sequence[Site]) -> Mapping[Site, Target]:
        """The targets of the sites whose values are known."""
        targets: dict[Site, Target] = {}
        for site in sites:
            facts = self._inference.infer(*self._nodes[site])
            if site.role is Role.CALL:
                facts = frozenset(map(called_instance, facts))
            target = _target(facts)
            if target is not None:
                targets[site] = target
        return targets

    def notes(self) -> Sequence[Diagnostic]:
        """Nothing: what it does not know, it leaves open."""
        return ()


def _target(facts: Facts) -> Target | None:
    libraries = [fact for fact in facts if isinstance(fact, Library)]
    is_local = any(isinstance(fact, (Local, LocalModule)) for fact in facts)
    others = any(isinstance(fact, Anything) for fact in facts)
    if not libraries:
        known = is_local or any(isinstance(fact, (Instance, Nothing)) for fact in facts)
        return Target((), is_local=True) if known and not others else None
    return Target(
        names=tuple(sorted({fact.name for fact in libraries})),
        is_local=is_local,
        is_method=any(fact.is_method for fact in libraries),
        is_alias=any(fact.is_alias for fact in libraries),
        is_partial=others or any(isinstance(fact, Instance) for fact in facts),
    )
