"""A block that becomes a step: its lines move into a function, which is called where the block stood."""

from __future__ import annotations

from collections.abc import Iterator

from durable.transpiler.emit.splices import Splice
from durable.transpiler.ir.plan import OutlineBlock
from durable.transpiler.ir.resolved import Block, Leaving


def outlined(decision: OutlineBlock, step: str, text: str) -> Iterator[Splice]:
    """The head of the function before the block, one indent more on each line, and after it the call.

    How the block is left (`return`, `break`, `continue`) is returned first and done again outside. Blank lines stand
    around the function as a formatter wants them.
    """
    block = decision.block
    yield _blank_before(block, text)
    inner = block.indent + block.unit
    head = [f"@{step}", f"{block.indent}def {decision.name}({', '.join(block.given)}):", *_declarations(block, inner)]
    yield Splice(
        block.span.start, block.span.start, "\n".join(head) + f"\n{inner}", extent=block.end - block.span.start
    )
    for offset in block.lines:
        yield Splice.before(offset, block.unit)
    for leaving in block.leavings:
        yield from _left(leaving, block)
    before = "" if text[: block.end].endswith("\n") else "\n"
    yield Splice(block.end, block.end, before + "\n".join(_tail(decision, inner)) + "\n", rank=0, extent=-1)


def _blank_before(block: Block, text: str) -> Splice:
    """The blank lines that a `def` in the block's place needs before it and the comments above it."""
    lines = text[: block.span.start].splitlines(keepends=True)
    if lines and not lines[-1].endswith("\n"):
        lines.pop()  # the block's own indent
    while lines and lines[-1].startswith(f"{block.indent}#"):
        lines.pop()
    offset = sum(map(len, lines))
    here = 0
    while lines and not lines[-1].strip():
        lines.pop()
        here += 1
    before = next((line for line in reversed(lines) if not line.lstrip().startswith("#")), "")
    is_first = not before or len(before) - len(before.lstrip(" \t")) < len(block.indent)
    return Splice.before(offset, "\n" * max(0, 0 if is_first else _blanks(block) - here))


def _blanks(block: Block) -> int:
    """How many blank lines stand around a function."""
    return 1 if block.indent else 2


def _declarations(block: Block, inner: str) -> Iterator[str]:
    for keyword in ("global", "nonlocal"):
        names = [name for word, name in block.shared if word == keyword]
        if names:
            yield f"{inner}{keyword} {', '.join(names)}"


def _left(leaving: Leaving, block: Block) -> Iterator[Splice]:
    """`return x` → `return "return", x, …`; a `return` ends the outer function, so what else it returns is unused."""
    outs = [name if leaving.kind != "return" else "None" for name in block.outs]
    rest = "".join(f", {name}" for name in outs)
    if leaving.value is None:
        yield Splice(leaving.start, leaving.end, f'return "{leaving.kind}", None{rest}')
        return
    start, end = leaving.value
    yield Splice(leaving.start, start, 'return "return", (')
    yield Splice(end, leaving.end, f"){rest}")


def _tail(decision: OutlineBlock, inner: str) -> Iterator[str]:
    block = decision.block
    outs = list(block.outs)
    if block.leavings:
        yield f"{inner}return {', '.join(['None', 'None', *outs])}"
        outs = [decision.left, decision.value, *outs]
    elif outs:
        yield f"{inner}return {', '.join(outs)}"
    yield from [""] * _blanks(block)
    call = f"{decision.name}({', '.join(block.given)})"
    yield block.indent + (f"{', '.join(outs)} = {call}" if outs else call)
    for kind in sorted({leaving.kind for leaving in block.leavings}, reverse=True):
        what = f"return {decision.value}" if kind == "return" else kind
        yield f'{block.indent}if {decision.left} == "{kind}":'
        yield f"{inner}{what}"
