"""Pass 2: every mention of a name → the thing that it refers to, by the program's own text and then by `ty`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import libcst as cst

from durable.transpiler.ir.diagnostic import Diagnostic
from durable.transpiler.ir.program import Program, SourceModule
from durable.transpiler.ir.resolved import OPEN, Reference, ResolvedModule, ResolvedProgram, Role, Site, Target
from durable.transpiler.resolve.blocks import blocks_of
from durable.transpiler.resolve.infer import Inference
from durable.transpiler.resolve.protocol import Resolver
from durable.transpiler.resolve.scopes import Imported, Scope, ScopeBuilder
from durable.transpiler.resolve.sites import SiteCollector
from durable.transpiler.resolve.static import StaticResolver
from durable.transpiler.resolve.text import comments_of, functions_of, header_of, imports_of, mentions_of, names_of
from durable.transpiler.trees import Text, positions

SecondOpinion = Callable[[Program], Resolver]


def resolve(program: Program, second_opinion: SecondOpinion | None) -> ResolvedProgram:
    """The program with the targets of its references; `second_opinion` is made only if calls are left open."""
    builders = {module.name: ScopeBuilder(module) for module in program.modules}
    scopes: dict[cst.CSTNode, Scope] = {}
    for builder in builders.values():
        scopes |= builder.scopes
    inference = Inference(program, {name: builder.module for name, builder in builders.items()}, scopes)
    modules: list[_Module] = [_Module(source, builders[source.name]) for source in program.modules]
    nodes = {site: node for module in modules for site, node in module.collector.nodes.items()}
    static = StaticResolver(inference, nodes)
    targets = dict(static.resolve(list(nodes)))
    notes: Sequence[Diagnostic] = ()
    left = [site for site in nodes if site not in targets and _is_open_call(site)]
    if left and second_opinion is not None:
        other = second_opinion(program)
        targets |= other.resolve(left)
        notes = other.notes()
    stars = frozenset(name for builder in builders.values() for name in _stars(builder))
    return ResolvedProgram(program, tuple(module.resolved(targets) for module in modules), stars, tuple(notes))


def _is_open_call(site: Site) -> bool:
    return site.role is Role.CALL and site.name_span != site.span


def _stars(builder: ScopeBuilder) -> list[str]:
    return [star.name for star in builder.module.bindings.get("*", ()) if isinstance(star, Imported)]


class _Module:
    """One module on its way through the pass: its tree's positions, scopes and sites."""

    def __init__(self, source: SourceModule, builder: ScopeBuilder) -> None:
        where = positions(source.tree)
        self._source = source
        self._where = where
        self._builder = builder
        self._text = Text(source.text, source.parsed)
        self.collector = SiteCollector(source, builder.scopes, where, self._text)

    def resolved(self, targets: dict[Site, Target]) -> ResolvedModule:
        sites = sorted(self.collector.nodes, key=lambda site: (site.span.start, -site.span.end))
        comments = tuple(comments_of(self._source.text))
        header, follows = header_of(self._source.tree, self._where, self._text)
        return ResolvedModule(
            source=self._source,
            references=tuple(Reference(site, targets.get(site, OPEN)) for site in sites),
            imports=tuple(imports_of(self._source, self._where, self._text)),
            functions=tuple(functions_of(self._builder.scopes, self._where, self._text)),
            comments=comments,
            blocks=tuple(blocks_of(self._source.text, [comment.target for comment in comments])),
            shown=tuple(self.collector.shown),
            names=names_of(self._source.tree),
            mentions=mentions_of(self._source.tree, self._builder.scopes),
            header=header,
            header_follows=follows,
            has_star=self._builder.module.has_star,
        )
