"""Finds every mention of a name or attribute that loads a value: where it stands, and in which role."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import libcst as cst
from libcst.metadata import CodeRange

from durable.transpiler.ir.program import SourceModule
from durable.transpiler.ir.resolved import CallShape, Literal, Role, Shown, Site, Unknown
from durable.transpiler.resolve.scopes import Scope
from durable.transpiler.trees import LEAVES, Text, children, dotted

_TRANSPARENT: frozenset[type[cst.CSTNode]] = frozenset(
    {
        *(cst.IndentedBlock, cst.SimpleStatementLine, cst.If, cst.Else, cst.Return, cst.Try, cst.Finally, cst.Dict),
        *(cst.DictElement, cst.Element, cst.List, cst.BinaryOperation, cst.BooleanOperation, cst.UnaryOperation),
        *(cst.FormattedString, cst.SubscriptElement, cst.Index, cst.Slice, cst.IfExp, cst.Await),
    }
)
"""The common kinds of nodes of which nothing is to be said but of what is inside them."""
_TYPE_TESTS = frozenset({"isinstance", "issubclass"})


class SiteCollector:
    """Collects the sites of one module, with the node and scope of each."""

    def __init__(
        self,
        source: SourceModule,
        scopes: Mapping[cst.CSTNode, Scope],
        where: Mapping[cst.CSTNode, CodeRange],
        text: Text,
    ) -> None:
        self._source = source
        self._scopes = scopes
        self._where = where
        self._text = text
        self.nodes: dict[Site, tuple[cst.BaseExpression, Scope]] = {}
        self.shown: list[Shown] = []
        for statement in source.tree.body:
            self._visit(statement, Role.VALUE, scopes[source.tree])

    def _visit(self, node: cst.CSTNode, role: Role, scope: Scope) -> None:
        if type(node) in LEAVES:
            return
        if type(node) in _TRANSPARENT:
            self._all(children(node), Role.VALUE, scope)
            return
        match node:
            case cst.Name() | cst.Attribute():
                self._mention(node, role, scope)
            case cst.Call():
                self._call(node, role, scope)
            case cst.FunctionDef() | cst.Lambda():
                self._function(node, scope)
            case cst.ClassDef():
                self._class(node, scope)
            case cst.Subscript():
                self._visit(node.value, Role.BASE, scope)
                self._all(node.slice, Role.VALUE, scope)
            case cst.Comparison():
                self._visit(node.left, Role.BASE, scope)
                self._all([target.comparator for target in node.comparisons], Role.BASE, scope)
            case cst.Import() | cst.ImportFrom() | cst.Global() | cst.Nonlocal() | cst.Annotation():
                pass
            case _:
                self._statement(node, scope)

    def _statement(self, node: cst.CSTNode, scope: Scope) -> None:
        match node:
            case cst.Expr(value=cst.Call() as call):
                self._call(call, Role.VALUE, scope, is_statement=True)
            case cst.Assign():
                for assigned in node.targets:
                    self._target(assigned.target, scope)
                self._visit(node.value, Role.VALUE, scope)
            case cst.AnnAssign() | cst.AugAssign():
                self._target(node.target, scope)
                if node.value is not None:
                    self._visit(node.value, Role.VALUE, scope)
            case cst.Del():
                self._target(node.target, scope)
            case cst.NamedExpr():
                self._visit(node.value, Role.VALUE, scope)
            case cst.For() | cst.CompFor():
                self._target(node.target, scope)
                self._all([child for child in children(node) if child is not node.target], Role.VALUE, scope)
            case cst.With():
                self._with(node, scope)
            case cst.Raise():
                self._all([part for part in (node.exc, node.cause) if part is not None], Role.RAISED, scope)
            case cst.ExceptHandler() | cst.ExceptStarHandler():
                if node.type is not None:
                    self._visit(node.type, Role.TYPE, scope)
                self._visit(node.body, Role.VALUE, scope)
            case _:
                self._other(node, scope)

    def _other(self, node: cst.CSTNode, scope: Scope) -> None:
        match node:
            case cst.MatchClass():
                self._visit(node.cls, Role.TYPE, scope)
                self._all([*node.patterns, *node.kwds], Role.VALUE, scope)
            case cst.MatchKeywordElement():
                self._visit(node.pattern, Role.VALUE, scope)
            case cst.MatchAs() | cst.MatchValue() | cst.MatchStar() | cst.MatchMapping():
                parts = [child for child in children(node) if not isinstance(child, cst.Name)]
                self._all(parts, Role.TYPE, scope)
            case cst.From():
                self._visit(node.item, Role.RAISED, scope)
            case cst.Arg():
                self._visit(node.value, Role.VALUE, scope)
            case cst.Tuple():
                self._all([element.value for element in node.elements], Role.VALUE, scope)
            case cst.FormattedStringExpression(equal=cst.AssignEqual() as equal):
                span, at = self._text.span(self._where[node]), self._text.span(self._where[equal])
                self.shown.append(Shown(span.start, at.start, at.end, bool(node.conversion or node.format_spec)))
                self._all(list(children(node)), Role.VALUE, scope)
            case _:
                inner = self._scopes.get(node, scope)
                self._all(list(children(node)), Role.VALUE, inner)

    def _all(self, nodes: Sequence[cst.CSTNode], role: Role, scope: Scope) -> None:
        for node in nodes:
            self._visit(node, role, scope)

    def _target(self, target: cst.CSTNode, scope: Scope) -> None:
        """Of an assignment's target only what is evaluated: objects of attributes and subscripts, and indices."""
        match target:
            case cst.Name():
                pass
            case cst.Attribute():
                self._visit(target.value, Role.BASE, scope)
            case cst.Subscript():
                self._visit(target, Role.VALUE, scope)
            case _:
                for child in children(target):
                    self._target(child, scope)

    def _with(self, node: cst.With, scope: Scope) -> None:
        for item in node.items:
            self._visit(item.item, Role.VALUE, scope)
            if item.asname is not None:
                self._target(item.asname.name, scope)
        self._visit(node.body, Role.VALUE, scope)

    def _function(self, node: cst.FunctionDef | cst.Lambda, scope: Scope) -> None:
        if isinstance(node, cst.FunctionDef):
            for decorator in node.decorators:
                self._decorator(decorator, scope)
        for param in children(node.params):
            if isinstance(param, cst.Param) and param.default is not None:
                self._visit(param.default, Role.VALUE, scope)
        self._visit(node.body, Role.VALUE, self._scopes[node])

    def _decorator(self, decorator: cst.Decorator, scope: Scope) -> None:
        expression = decorator.decorator
        if isinstance(expression, cst.Call):
            self._visit(expression.func, Role.DECORATOR, scope)
            self._all(expression.args, Role.VALUE, scope)
        else:
            self._visit(expression, Role.DECORATOR, scope)

    def _class(self, node: cst.ClassDef, scope: Scope) -> None:
        for decorator in node.decorators:
            self._decorator(decorator, scope)
        for argument in (*node.bases, *node.keywords):
            self._visit(argument.value, Role.TYPE, scope)
        self._visit(node.body, Role.VALUE, self._scopes[node])

    def _call(self, node: cst.Call, role: Role, scope: Scope, *, is_statement: bool = False) -> None:
        shape = self._shape(node, is_statement)
        callee_role = role if role in (Role.RAISED, Role.DECORATOR) else Role.CALL
        if isinstance(node.func, (cst.Name, cst.Attribute)):
            self._mention(node.func, callee_role, scope, shape)
        else:
            self._visit(node.func, Role.VALUE, scope)
        for index, argument in enumerate(node.args):
            is_class = index == 1 and dotted(node.func) in _TYPE_TESTS
            self._visit(argument.value, Role.TYPE if is_class else Role.VALUE, scope)

    def _shape(self, node: cst.Call, is_statement: bool) -> CallShape:
        args: list[Literal] = []
        kwargs: list[tuple[str, Literal]] = []
        for argument in node.args:
            value = _literal(argument.value)
            if argument.star:
                break
            if argument.keyword is not None:
                kwargs.append((argument.keyword.value, value))
            else:
                args.append(value)
        return CallShape(self._text.span(self._where[node]), tuple(args), tuple(kwargs), is_statement)

    def _mention(self, node: cst.Name | cst.Attribute, role: Role, scope: Scope, call: CallShape | None = None) -> None:
        name = node if isinstance(node, cst.Name) else node.attr
        span = self._text.span(self._where[node])
        text = dotted(node) or f"….{name.value}"
        name_span = self._text.span(self._where[name])
        function = scope.function
        site = Site(self._source.name, span, name_span, text, role, function, call)
        self.nodes[site] = (node, scope)
        inner: cst.BaseExpression = node
        while isinstance(inner, cst.Attribute):
            inner = inner.value
        if inner is not node and not isinstance(inner, cst.Name):
            self._visit(inner, Role.BASE, scope)


def _literal(node: cst.BaseExpression) -> Literal:
    if isinstance(node, cst.SimpleString) and not node.prefix and "\\" not in node.value:
        return node.raw_value
    if isinstance(node, (cst.SimpleString, cst.ConcatenatedString)):
        value = node.evaluated_value
        return value if isinstance(value, str) else Unknown.UNKNOWN
    return Unknown.UNKNOWN
