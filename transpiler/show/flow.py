"""The control flow of a program's steps: a graph for every function that has some, calls between them included."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from durable.transpiler.ir.effects import Effect
from durable.transpiler.ir.plan import ModulePlan, OutlineBlock, Plan
from durable.transpiler.ir.resolved import ResolvedModule
from durable.transpiler.trees import Text

SHOWN = frozenset({Effect.READ, Effect.WRITE, Effect.OPEN, Effect.WAIT, Effect.SPAWN})
_LONGEST = 40


@dataclass(frozen=True)
class Node:
    """A point of a function; `kind`: start, end, step, call, branch or loop; `depth`: how deep it is nested."""

    name: str
    kind: str
    label: str
    line: int = 0
    effect: str = ""
    depth: int = 0


@dataclass(frozen=True)
class Edge:
    """Control goes from one node to another, when `label` holds."""

    source: str
    target: str
    label: str = ""


@dataclass(frozen=True)
class FunctionFlow:
    """One function's graph; nodes in the order of the text; `module` is the one that the function stands in."""

    name: str
    title: str
    module: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


@dataclass(frozen=True)
class Flow:
    """The graphs of a program, the entry first, and the calls from node to function."""

    functions: tuple[FunctionFlow, ...]
    calls: tuple[Edge, ...]


@dataclass(frozen=True)
class _Mark:
    """A step or call of a program's function: where its text starts, where its call ends."""

    start: int
    end: int
    kind: str
    label: str
    line: int
    effect: str = ""
    covers: int = 0


_Frontier = list[tuple[str, str]]


def flow_of(plan: Plan) -> Flow:
    """The graph of a plan's steps."""
    found: list[FunctionFlow] = []
    calls: list[Edge] = []
    bodies = [body for module in plan.resolved.modules for body in _bodies(module)]
    marks = {
        module.name: _steps(module, resolved)
        for module, resolved in zip(plan.modules, plan.resolved.modules, strict=True)
    }
    names = _with_steps(bodies, marks)
    for body in bodies:
        if body.title not in names and body.qualname:
            continue
        tracer = _Tracer(body, [*marks[body.module], *_calls(body, names)], f"f{len(found)}")
        graph = tracer.flow()
        if len(graph.nodes) > 2:
            found.append(graph)
    known = {graph.title.rpartition(".")[2]: graph for graph in found}
    for graph in found:
        for node in graph.nodes:
            target = known.get(node.label.removesuffix("()").rpartition(".")[2]) if node.kind == "call" else None
            if target is not None:
                calls.append(Edge(node.name, target.nodes[0].name))
    return Flow(tuple(found), tuple(calls))


@dataclass(frozen=True)
class _Body:
    """A function's or module's statements."""

    module: str
    qualname: str
    title: str
    statements: list[ast.stmt] = field(repr=False)
    text: Text = field(repr=False)


def _bodies(module: ResolvedModule) -> Iterator[_Body]:
    text = Text(module.source.text)
    name = module.source.name
    prefix = "" if name == "__main__" else f"{name}."
    tree = ast.parse(module.source.text)
    yield _Body(name, "", f"{prefix}<module>", tree.body, text)
    todo: list[tuple[ast.AST, str]] = [(tree, "")]
    while todo:
        node, inside = todo.pop(0)
        for child in ast.iter_child_nodes(node):
            if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                qualname = f"{inside}{child.name}"
                if not isinstance(child, ast.ClassDef):
                    yield _Body(name, qualname, prefix + qualname, child.body, text)
                todo.append((child, f"{qualname}."))
            else:
                todo.append((child, inside))


def _steps(planned: ModulePlan, resolved: ResolvedModule) -> list[_Mark]:
    ends = {
        reference.site.span: reference.site.call.span.end for reference in resolved.references if reference.site.call
    }
    blocks = {one.block.span.begin: one.block.end for one in planned.decisions if isinstance(one, OutlineBlock)}
    marks: list[_Mark] = []
    for step in planned.steps:
        if step.effect in SHOWN:
            end = ends.get(step.span, step.span.end)
            covers = blocks.get(step.span, 0)
            marks.append(_Mark(step.span.start, end, "step", step.callee, step.span.line, step.effect.value, covers))
    return marks


def _with_steps(bodies: Sequence[_Body], marks: dict[str, list[_Mark]]) -> set[str]:
    """The titles of functions that have steps or call such functions."""
    names: set[str] = set()
    while True:
        more = {
            body.title
            for body in bodies
            if any(
                _is_in(mark.start, statement, body.text) for mark in marks[body.module] for statement in body.statements
            )
            or any(_calls(body, names))
        }
        if more <= names:
            return names
        names |= more


def _calls(body: _Body, names: set[str]) -> Iterator[_Mark]:
    last = {name.rpartition(".")[2] for name in names if not name.endswith("<module>")}
    for statement in body.statements:
        for node in ast.walk(statement):
            if isinstance(node, ast.Call) and isinstance(node.func, (ast.Name, ast.Attribute)):
                name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
                if name in last:
                    start, end = _range(node, body.text)
                    yield _Mark(start, end, "call", f"{name}()", node.lineno)


def _range(node: ast.AST, text: Text) -> tuple[int, int]:
    assert isinstance(node, (ast.expr, ast.stmt))
    start = text.starts[node.lineno - 1] + len(text.line(node.lineno).encode()[: node.col_offset].decode())
    last = node.end_lineno or node.lineno
    return start, text.starts[last - 1] + len(text.line(last).encode()[: node.end_col_offset].decode())


def _is_in(offset: int, node: ast.AST, text: Text) -> bool:
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return False
    start, end = _range(node, text)
    return start <= offset < end


class _Tracer:
    """Builds one function's graph; a frontier is the nodes that control comes from, with the labels of their edges."""

    def __init__(self, body: _Body, marks: Sequence[_Mark], prefix: str) -> None:
        self._body = body
        self._marks = marks
        self._prefix = prefix
        self._nodes: list[Node] = []
        self._edges: dict[Edge, None] = {}
        self._depth = 0
        self._loops: list[tuple[str, _Frontier]] = []
        self._ends: _Frontier = []

    def flow(self) -> FunctionFlow:
        """The graph."""
        start = self._add("start", self._body.title, 0, [])
        frontier = self._block(self._body.statements, [(start, "")])
        self._add("end", "end", 0, [*frontier, *self._ends])
        return FunctionFlow(self._prefix, self._body.title, self._body.module, tuple(self._nodes), tuple(self._edges))

    def _add(self, kind: str, label: str, line: int, frontier: _Frontier, effect: str = "") -> str:
        name = f"{self._prefix}_{len(self._nodes)}"
        self._nodes.append(Node(name, kind, label, line, effect, self._depth))
        self._connect(frontier, name)
        return name

    def _connect(self, frontier: _Frontier, target: str) -> None:
        for source, label in frontier:
            self._edges[Edge(source, target, label)] = None

    def _block(self, statements: Sequence[ast.stmt], frontier: _Frontier) -> _Frontier:
        for statement in statements:
            frontier = self._statement(statement, frontier)
        return frontier

    def _statement(self, node: ast.stmt, frontier: _Frontier) -> _Frontier:
        start, _ = _range(node, self._body.text)
        whole = next((mark for mark in self._marks if mark.covers and mark.start == start), None)
        if whole is not None:
            return [(self._add("step", whole.label, whole.line, frontier, whole.effect), "")]
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                return frontier
            case ast.ClassDef():
                return self._block(node.body, frontier)
            case ast.If():
                return self._if(node, frontier)
            case ast.For() | ast.AsyncFor() | ast.While():
                return self._loop(node, frontier)
            case ast.Try() | ast.TryStar():
                return self._try(node, frontier)
            case ast.With() | ast.AsyncWith():
                for item in node.items:
                    frontier = self._expression(item.context_expr, frontier)
                return self._block(node.body, frontier)
            case ast.Match():
                return self._match(node, frontier)
            case _:
                return self._simple(node, frontier)

    def _simple(self, node: ast.stmt, frontier: _Frontier) -> _Frontier:
        frontier = self._expression(node, frontier)
        match node:
            case ast.Return():
                self._ends += [(source, label or "return") for source, label in frontier]
                return []
            case ast.Raise():
                self._ends += [(source, label or "raise") for source, label in frontier]
                return []
            case ast.Break() if self._loops:
                self._loops[-1][1].extend((source, label or "break") for source, label in frontier)
                return []
            case ast.Continue() if self._loops:
                self._connect(frontier, self._loops[-1][0])
                return []
            case _:
                return frontier

    def _expression(self, node: ast.AST, frontier: _Frontier) -> _Frontier:
        """The steps of an expression in the order of their calls: what is inside of a call's arguments goes first."""
        start, end = _range(node, self._body.text)
        for mark in sorted((one for one in self._marks if start <= one.start < end), key=lambda one: one.end):
            frontier = [(self._add(mark.kind, mark.label, mark.line, frontier, mark.effect), "")]
        return frontier

    def _has_steps(self, *blocks: Sequence[ast.stmt]) -> bool:
        ranges = [_range(statement, self._body.text) for block in blocks for statement in block]
        return any(start <= mark.start < end for mark in self._marks for start, end in ranges)

    def _if(self, node: ast.If, frontier: _Frontier) -> _Frontier:
        frontier = self._expression(node.test, frontier)
        leaves = any(isinstance(one, (ast.Return, ast.Break, ast.Continue, ast.Raise)) for one in ast.walk(node))
        if not self._has_steps(node.body, node.orelse) and not leaves:
            return frontier
        branch = self._add("branch", f"if {_short(node.test)}", node.lineno, frontier)
        self._depth += 1
        yes = self._block(node.body, [(branch, "yes")])
        no = self._block(node.orelse, [(branch, "no")])
        self._depth -= 1
        return [*yes, *no]

    def _loop(self, node: ast.For | ast.AsyncFor | ast.While, frontier: _Frontier) -> _Frontier:
        test = node.test if isinstance(node, ast.While) else None
        if not isinstance(node, ast.While):
            frontier = self._expression(node.iter, frontier)
        if not self._has_steps(node.body, node.orelse) and not (test is not None and self._has_steps_in(test)):
            return frontier
        loop = self._add("loop", _title(node), node.lineno, frontier)
        inside: _Frontier = [(loop, "")]
        if test is not None:
            inside = self._expression(test, inside)
        breaks: _Frontier = []
        self._loops.append((loop, breaks))
        self._depth += 1
        self._connect(self._block(node.body, [(source, "each") for source, _ in inside]), loop)
        self._depth -= 1
        self._loops.pop()
        done = [] if _is_endless(test) else [(source, "done") for source, _ in inside]
        return [*self._block(node.orelse, done), *breaks]

    def _has_steps_in(self, node: ast.expr) -> bool:
        start, end = _range(node, self._body.text)
        return any(start <= mark.start < end for mark in self._marks)

    def _try(self, node: ast.Try | ast.TryStar, frontier: _Frontier) -> _Frontier:
        before = len(self._nodes)
        frontier = self._block(node.orelse, self._block(node.body, frontier))
        inside = [one.name for one in self._nodes[before:] if one.kind in ("step", "call")]
        self._depth += 1
        for handler in node.handlers:
            label = _short(handler.type) if handler.type is not None else "except"
            caught = [(name, label) for name in inside]
            end = self._block(handler.body, caught)
            frontier = [*frontier, *end]
        self._depth -= 1
        return self._block(node.finalbody, frontier)

    def _match(self, node: ast.Match, frontier: _Frontier) -> _Frontier:
        frontier = self._expression(node.subject, frontier)
        if not self._has_steps(*(case.body for case in node.cases)):
            return frontier
        branch = self._add("branch", f"match {_short(node.subject)}", node.lineno, frontier)
        self._depth += 1
        ends: _Frontier = []
        for case in node.cases:
            ends += self._block(case.body, [(branch, _short(case.pattern))])
        self._depth -= 1
        return [*ends, (branch, "")]


def _short(node: ast.AST) -> str:
    text = " ".join(ast.unparse(node).split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _title(node: ast.For | ast.AsyncFor | ast.While) -> str:
    if isinstance(node, ast.While):
        return f"while {_short(node.test)}"
    return f"for {_short(node.target)} in {_short(node.iter)}"


def _is_endless(test: ast.expr | None) -> bool:
    return isinstance(test, ast.Constant) and bool(test.value)
