"""An expression evaluated in a frame of a replayed run; one that would touch the world is refused."""

from __future__ import annotations

import ast
import sys
import types
from typing import Any

from durable.runner import context
from durable.runner.codec.frames import is_own
from durable.runner.core.scheduler import Stopped
from durable.runner.errors import EffectOutsideStep, UsageError
from durable.runner.inspecting.picture import Question
from durable.runner.inspecting.stacks import Spot
from durable.runner.inspecting.taking import Looked, looking
from durable.runner.resources import Operation
from durable.runner.sites import name_of
from durable.runner.steps import Step

_TOUCHING = frozenset({"read", "write", "open", "wait", "spawn", "refused"})
_CALL = "\0call"


def evaluate(looked: Looked, question: Question) -> dict[str, Any]:
    """Return file, line and the value's text of an expression. Raise UsageError."""
    stack, spot = _frame_of(looked, question)
    code = _compiled(question.expression)
    scope = {**spot.frame.f_locals, _CALL: _checked}
    with looking(looked.run, stack):
        try:
            value = eval(code, {**spot.frame.f_globals, **scope})
            text = looked.shown.text(value)
        except (Stopped, EffectOutsideStep) as error:
            what = error.effect if isinstance(error, EffectOutsideStep) else str(error)
            raise UsageError(f"{question.expression}: {what} touches the world; inspect only computes") from None
        except UsageError:
            raise
        except BaseException as error:
            with context.outside():
                raise UsageError(f"{question.expression} raised {type(error).__name__}: {error}") from None
    return {"file": spot.frame.f_code.co_filename, "line": spot.line, "value": text}


def _frame_of(looked: Looked, question: Question) -> tuple[Any, Spot]:
    stacks = looked.stacks()
    if question.strand:
        stacks = [stack for stack in stacks if stack.name == question.strand]
        if not stacks:
            raise UsageError(f"there is no strand {question.strand!r} at that moment")
    for stack in stacks:
        spots = stack.shown(looked.run, everything=False)
        if question.up < len(spots):
            return stack, spots[-1 - question.up]
    raise UsageError("no frame of the program is alive at that moment" if not question.up else "there is no such frame")


def _compiled(expression: str) -> types.CodeType:
    try:
        tree = ast.parse(expression.strip(), "<inspect>", "eval")
        return compile(ast.fix_missing_locations(_Checking().visit(tree)), "<inspect>", "eval")
    except SyntaxError as error:
        raise UsageError(f"{expression}: this is no expression: {error.msg}") from None


class _Checking(ast.NodeTransformer):
    """Lets every call of an expression go through `_checked`."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        node.func = ast.Call(ast.Name(_CALL, ast.Load()), [node.func], [])
        return node


def _checked(fn: Any) -> Any:
    """Return `fn` if calling it is known to touch nothing, or is stopped where it does. Raise UsageError.

    Code of the program is compiled: its effects are steps, which are refused. A library's callable that the catalogue
    does not know is left to the guard.
    """
    run = context.current()
    assert run is not None
    code = getattr(getattr(fn, "__func__", fn), "__code__", None)
    if code is not None and (code.co_filename in run.sites.files or is_own(code.co_filename)):
        return fn
    with context.outside():
        effect = _effect_of(fn)
    if effect in _TOUCHING:
        raise UsageError(f"{name_of(fn)} touches the world ({effect}); inspect only computes")
    return fn


def _effect_of(fn: Any) -> str:
    """Return the effect that the catalogue gives to calling `fn`, "" if it does not know it."""
    from durable.transpiler.catalogue import lookup

    if isinstance(fn, Step | Operation):
        return fn.effect if isinstance(fn, Step) else "write"
    for name in _names_of(fn):
        entry = lookup(name)
        if entry is not None:
            return str(entry.effect.value)
    return ""


def _names_of(fn: Any) -> list[str]:
    owner = getattr(fn, "__self__", None)
    name = getattr(fn, "__name__", "")
    if owner is not None and not isinstance(owner, types.ModuleType):
        cls = owner if isinstance(owner, type) else type(owner)
        return [f"{base.__module__}.{base.__qualname__}.{name}" for base in cls.__mro__ if base is not object]
    module = getattr(fn, "__module__", None) or ""
    named = f"{module}.{getattr(fn, '__qualname__', name)}"
    public = f"{module.partition('.')[0]}.{name}"
    top = sys.modules.get(module.partition(".")[0])
    return [named, public] if getattr(top, name, None) is fn else [named]
