"""Pass 5: a plan → the plan with warnings of what runs durably but not well, less those that the user silences."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from durable.transpiler.catalogue import is_shim
from durable.transpiler.ir.diagnostic import (
    ADDRESS_SHOWN,
    EFFECT_AT_DEFINITION,
    ENDLESS_LOOP,
    LIBRARY_STATE,
    LINTS,
    LISTING_ORDER,
    POLICY_UNUSED,
    SECRET_SHOWN,
    SET_ORDER,
    WAIT_WITH_RESOURCE,
    Diagnostic,
    Kind,
    Place,
)
from durable.transpiler.ir.effects import Effect, Fact
from durable.transpiler.ir.plan import Plan
from durable.transpiler.ir.resolved import ResolvedModule, Span
from durable.transpiler.options import suggestion
from durable.transpiler.policy import read_directive
from durable.transpiler.trees import lines_of

_STEPS = frozenset({Effect.READ, Effect.WRITE, Effect.OPEN, Effect.WAIT, Effect.SPAWN})
_WORDS = r"(passw(or)?d|passphrase|secrets?|tokens?|api_?key|private_?key|credentials?)"
_SECRET = re.compile(rf"(?<![a-z]){_WORDS}(?![a-z])", re.IGNORECASE)
_LOGGED = frozenset({"debug", "info", "warning", "error", "exception", "critical", "log"})
_TRANSPARENT = frozenset({"str", "repr", "format", "join", "getenv", "get", "encode", "decode", "strip"})
_LISTINGS = frozenset(
    {
        *("os.listdir", "os.scandir", "glob.glob", "glob.iglob"),
        *("pathlib.Path.glob", "pathlib.Path.rglob", "pathlib.Path.iterdir"),
    }
)
_SETS = frozenset({"builtins.set", "builtins.frozenset"})
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
_Finding = tuple[Kind, ast.AST, str]


def lint(plan: Plan) -> Plan:
    """The plan with lints in its diagnostics; `# durable: ignore[name]` takes those of its line away."""
    found: list[Diagnostic] = []
    for module, planned, (_, facts) in zip(plan.resolved.modules, plan.modules, plan.facts.facts, strict=True):
        findings = _Linter(module, facts, frozenset(step.span for step in planned.steps)).findings()
        found += sorted(findings, key=lambda one: (one.line, one.column))
    ignored = _ignored(plan)
    kept = [one for one in (*plan.diagnostics, *found) if not _is_ignored(one, ignored)]
    return replace(plan, diagnostics=(*kept, *(one.fault() for one in ignored if not one.used)))


@dataclass
class _Ignored:
    """One name of an `ignore[…]`; `used`: it took a diagnostic away."""

    place: Place
    target: int
    name: str
    used: bool = False

    def fault(self) -> Diagnostic:
        known = sorted(kind.name for kind in LINTS)
        hint = "" if self.name in known else suggestion(self.name, known)
        return Diagnostic.of(POLICY_UNUSED, self.place, f"there is no `{self.name}` here to ignore{hint}")


def _ignored(plan: Plan) -> list[_Ignored]:
    return [
        _Ignored(Place(module.source.relative, comment.line, comment.column), comment.target, name)
        for module in plan.resolved.modules
        for comment in module.comments
        for name in read_directive(comment.text).ignores
    ]


def _is_ignored(one: Diagnostic, ignored: list[_Ignored]) -> bool:
    if one.severity == "error":
        return False
    fitting = [
        item
        for item in ignored
        if item.name == one.name and item.place.file == one.file and one.line in (item.target, item.place.line)
    ]
    for item in fitting:
        item.used = True
    return bool(fitting)


class _Linter:
    """Looks at one module."""

    def __init__(self, module: ResolvedModule, facts: tuple[Fact, ...], steps: frozenset[Span]) -> None:
        self._module = module
        self._steps = steps
        self._lines = lines_of(module.source.text)
        spans = ((fact, fact.reference.site.span) for fact in facts)
        self._facts = {_ends(span): fact for fact, span in spans}
        self._targets = {_ends(one.site.span): one.target for one in module.references}
        self._once: dict[str, ast.expr] = {}

    def findings(self) -> Iterator[Diagnostic]:
        """The lints of the module."""
        tree = ast.parse(self._module.source.text)
        self._once = _assigned_once(tree)
        for node in ast.walk(tree):
            for kind, where, message in self._of(node):
                line, column = self._position(where)
                yield Diagnostic.of(kind, Place(self._module.source.relative, line, column), message)

    def _of(self, node: ast.AST) -> Iterator[_Finding]:
        match node:
            case ast.While():
                yield from self._endless(node)
            case ast.For() | ast.AsyncFor():
                yield from self._unordered(node)
            case ast.With() | ast.AsyncWith():
                yield from self._waits_open(node)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda():
                yield from self._at_definition([*node.args.defaults, *node.args.kw_defaults], "the default")
            case ast.ClassDef():
                yield from self._at_definition(node.body, "the class")
            case ast.Assign():
                yield from self._library_state(node.targets)
            case ast.AugAssign():
                yield from self._library_state([node.target])
            case ast.Call():
                yield from self._address(node)
                yield from self._secret(node)
            case _:
                pass

    def _endless(self, node: ast.While) -> Iterator[_Finding]:
        """`while True` around steps without a way out: the journal grows for ever."""
        is_endless = isinstance(node.test, ast.Constant) and bool(node.test.value)
        if is_endless and not _has_way_out(node) and any(self._effects(node, _STEPS)):
            message = "this loop of steps never ends, so the run's journal grows for ever; end the run now and then"
            yield ENDLESS_LOOP, node, message

    def _unordered(self, node: ast.For | ast.AsyncFor) -> Iterator[_Finding]:
        """A loop whose steps are done in an order that nobody chose."""
        iterated = self._once.get(node.iter.id, node.iter) if isinstance(node.iter, ast.Name) else node.iter
        fact = self._fact(iterated.func) if isinstance(iterated, ast.Call) else None
        is_set = isinstance(iterated, (ast.Set, ast.SetComp)) or (fact is not None and fact.callee in _SETS)
        is_listing = fact is not None and fact.callee in _LISTINGS
        if not (is_set or is_listing) or not any(self._effects(one, _STEPS) for one in node.body):
            return
        if is_set:
            message = "the steps of this loop are done in the order of a set, another one in every run: sort it"
            yield SET_ORDER, node.iter, message
        elif fact is not None:
            message = f"the steps of this loop are done in the file system's order, which {fact.callee} gives: sort it"
            yield LISTING_ORDER, node.iter, message

    def _at_definition(self, nodes: Sequence[ast.AST | None], what: str) -> Iterator[_Finding]:
        """An effect in a default argument or a class body: it happens once, and not where it seems to."""
        for node in nodes:
            if node is None or isinstance(node, _FUNCTIONS):
                continue
            for fact, where in self._found(node, _STEPS | {Effect.AMBIENT}):
                if not fact.callee.startswith(("os.environ", "os.getenv")):
                    message = f"{fact.callee} is called once, when {what} is defined, and never again"
                    yield EFFECT_AT_DEFINITION, where, message

    def _library_state(self, targets: Sequence[ast.expr]) -> Iterator[_Finding]:
        """An attribute of a library's module that is assigned to."""
        for target in targets:
            inner = target.value if isinstance(target, ast.Subscript) else target
            if not isinstance(inner, ast.Attribute) or not isinstance(inner.value, ast.Name):
                continue
            ends = self._position(inner.value), self._position(inner.value, "end_")
            found = self._targets.get(ends) or self._targets.get((ends[0], self._position(inner, "end_")))
            names = found.names if found is not None and not found.is_local and not found.is_alias else ()
            modules = {name.removesuffix(f".{inner.attr}") for name in names} & self._imported
            if any(not is_shim(module) for module in modules):
                message = f"{ast.unparse(inner)} belongs to the process: all runs in it share what is assigned here"
                yield LIBRARY_STATE, target, message

    @cached_property
    def _imported(self) -> frozenset[str]:
        """The modules that `import` statements bind."""
        plain = [statement for statement in self._module.imports if statement.module is None]
        names = [(name.name, name.asname) for statement in plain for name in statement.names]
        return frozenset(name if bound else name.partition(".")[0] for name, bound in names)

    def _waits_open(self, node: ast.With | ast.AsyncWith) -> Iterator[_Finding]:
        found = [fact for item in node.items for fact in self._effects(item.context_expr, {Effect.OPEN})]
        opened = [fact for fact in found if not fact.is_shim]  # a shim's file or database goes on where it was
        if not opened:
            return
        for statement in node.body:
            for fact, where in self._found(statement, {Effect.WAIT}):
                message = (
                    f"{fact.callee} waits while what {opened[0].callee} opened is open; after a crash it is opened "
                    "again, and who is at the other end may not wait as long: close it before"
                )
                yield WAIT_WITH_RESOURCE, where, message

    def _address(self, node: ast.Call) -> Iterator[_Finding]:
        fact = self._fact(node.func)
        if fact is not None and fact.callee in ("builtins.id", "builtins.object.__repr__", "builtins.object.__hash__"):
            message = f"{fact.callee.removeprefix('builtins.')} gives an address, which is another one on replay"
            yield ADDRESS_SHOWN, node, message

    def _secret(self, node: ast.Call) -> Iterator[_Finding]:
        """A secret that is printed or logged: output is kept in the journal."""
        if not self._shows(node):
            return
        for argument in (*node.args, *(keyword.value for keyword in node.keywords)):
            name = _secret_in(argument)
            if name is not None:
                yield SECRET_SHOWN, node, f"`{name}` looks like a secret; what is shown is kept in the run's journal"
                return

    def _shows(self, node: ast.Call) -> bool:
        fact = self._fact(node.func)
        if fact is not None:
            return fact.callee in ("builtins.print", "sys.stdout.write", "sys.stderr.write") or (
                fact.callee.startswith("logging.") and fact.callee.rpartition(".")[2] in _LOGGED
            )
        function = node.func
        if not isinstance(function, ast.Attribute) or function.attr not in _LOGGED:
            return False
        return "log" in ast.unparse(function.value).lower()

    def _effects(self, node: ast.AST, effects: frozenset[Effect] | set[Effect]) -> list[Fact]:
        return [fact for fact, _ in self._found(node, effects)]

    def _found(self, node: ast.AST, effects: frozenset[Effect] | set[Effect]) -> list[tuple[Fact, ast.AST]]:
        """The calls with such effects in a node, functions inside left out."""
        found: list[tuple[Fact, ast.AST]] = []
        todo = [node]
        while todo:
            one = todo.pop()
            if isinstance(one, ast.Call):
                fact = self._fact(one.func)
                if fact is not None and fact.effect in effects and fact.reference.site.span in self._steps:
                    found.append((fact, one))
            todo += [child for child in ast.iter_child_nodes(one) if not isinstance(child, _FUNCTIONS)]
        return sorted(found, key=lambda item: self._position(item[1]))

    def _fact(self, node: ast.AST) -> Fact | None:
        return self._facts.get((self._position(node), self._position(node, "end_")))

    def _position(self, node: ast.AST, which: str = "") -> tuple[int, int]:
        """Line and column where a node starts or ends, both from 1, the column in characters."""
        line, column = getattr(node, f"{which}lineno", 1), getattr(node, f"{which}col_offset", 0)
        text = self._lines[line - 1] if line <= len(self._lines) else ""
        return line, len(text.encode()[:column].decode(errors="ignore")) + 1


def _ends(span: Span) -> tuple[tuple[int, int], tuple[int, int]]:
    return (span.line, span.column), (span.end_line, span.end_column)


def _assigned_once(tree: ast.Module) -> dict[str, ast.expr]:
    """The values of the names that a module binds in one place only, by a plain assignment."""
    stored = Counter(
        node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    )
    bound = {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    return {
        node.targets[0].id: node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name)
        if stored[node.targets[0].id] == 1 and node.targets[0].id not in bound
    }


def _has_way_out(loop: ast.While) -> bool:
    """Whether a `break`, `return`, `raise` or an exit leads out of a loop."""
    todo: list[tuple[ast.AST, bool]] = [(child, True) for child in loop.body]
    while todo:
        node, is_own = todo.pop()
        if isinstance(node, (ast.Return, ast.Raise)) or (is_own and isinstance(node, ast.Break)):
            return True
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in ("exit", "quit", "_exit"):
            return True
        inner = is_own and not isinstance(node, (ast.For, ast.While, ast.AsyncFor))
        todo += [(child, inner) for child in ast.iter_child_nodes(node) if not isinstance(child, _FUNCTIONS)]
    return False


def _secret_in(node: ast.expr) -> str | None:
    """The name of a secret whose value is in an expression's text; results of most calls are something else."""
    match node:
        case ast.Name():
            return _secret_named(node.id)
        case ast.Attribute():
            return _secret_named(node.attr)
        case ast.Subscript(slice=ast.Constant(value=str() as key)):
            return _secret_named(key)
        case ast.Call():
            return _secret_in_call(node)
        case ast.JoinedStr() | ast.FormattedValue() | ast.BinOp() | ast.Tuple() | ast.List() | ast.BoolOp():
            parts = [child for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)]
            return _first(parts)
        case _:
            return None


def _secret_named(name: str) -> str | None:
    return name if _SECRET.search(name) or _SECRET.search(name.replace("_", " ")) else None


def _first(nodes: list[ast.expr]) -> str | None:
    return next((name for node in nodes if (name := _secret_in(node)) is not None), None)


def _secret_in_call(node: ast.Call) -> str | None:
    called = ast.unparse(node.func).rpartition(".")[2]
    if called not in _TRANSPARENT:
        return None
    texts = [one.value for one in node.args[:1] if isinstance(one, ast.Constant) and isinstance(one.value, str)]
    if called in ("getenv", "get"):
        return next((text for text in texts if _secret_named(text)), None)
    inner = [*node.args, *([node.func.value] if isinstance(node.func, ast.Attribute) else [])]
    return _first(inner)
