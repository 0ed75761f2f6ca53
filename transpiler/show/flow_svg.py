"""A control-flow graph as SVG: functions side by side, nodes below each other in the order of the text."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from xml.sax.saxutils import escape

from durable.transpiler.show.flow import Edge, Flow, FunctionFlow, Node
from durable.transpiler.show.flow_text import COLOURS, label_of

_ROW, _HEIGHT, _INDENT, _GAP, _CHARACTER, _MARGIN = 52, 30, 28, 70, 7.2, 20
STYLE = (
    "text{font:12px sans-serif}.title{font-weight:bold}.label{font-size:10px;fill:#555}"
    "path{fill:none;stroke:#555}.call{stroke-dasharray:4 3}rect.frame{fill:#fafafa;stroke:#ccc}"
    "rect.done{stroke:#1a7f37;stroke-width:2.5}.count{font-size:10px;fill:#1a7f37;font-weight:bold}"
    "rect.now{stroke:#d1242f;stroke-width:3}.head{fill:#555;stroke:none}"
)
"""The style sheet of a graph, for a page that shows it without a style of its own."""

Counts = Mapping[tuple[str, int], int]
"""How often a run has performed the steps of a line, by (module, line)."""


@dataclass(frozen=True)
class _Box:
    """Where a node stands."""

    x: float
    y: float
    width: float

    @property
    def middle(self) -> float:
        return self.y + _HEIGHT / 2


@dataclass(frozen=True)
class _Progress:
    """What of a run is drawn over the graph."""

    counts: Counts
    now: Collection[tuple[str, int]]


def as_svg(flow: Flow, counts: Counts | None = None, now: Collection[tuple[str, int]] = ()) -> str:
    """One SVG document; with `counts`, a run's progress is drawn over it; `now` are the lines at which it is."""
    progress = _Progress(counts or {}, now)
    parts: list[str] = []
    boxes: dict[str, _Box] = {}
    x, height = float(_MARGIN), 0.0
    for function in flow.functions:
        width = _width(function)
        placed = _place(function, x)
        boxes |= placed
        parts += _function(function, placed, (x, width), progress)
        x += width + _GAP
        height = max(height, _MARGIN * 2 + 30 + _ROW * len(function.nodes))
    parts += [_call(edge, boxes) for edge in flow.calls]
    size = f'width="{x:.0f}" height="{height:.0f}" viewBox="0 0 {x:.0f} {height:.0f}"'
    marker = (
        '<defs><marker id="arrow" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path class="head" d="M0 0L8 4L0 8z"/></marker></defs>'
    )
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size}><style>{STYLE}</style>{marker}'
    return "\n".join([head, *parts, "</svg>"])


def _width(function: FunctionFlow) -> float:
    widest = max(_INDENT * node.depth + _text_width(node) for node in function.nodes)
    return max(widest, len(function.title) * _CHARACTER) + 4 * _MARGIN


def _text_width(node: Node) -> float:
    return len(label_of(node)) * _CHARACTER + 20


def _place(function: FunctionFlow, x: float) -> dict[str, _Box]:
    return {
        node.name: _Box(x + 2 * _MARGIN + _INDENT * node.depth, _MARGIN + 34 + _ROW * index, _text_width(node))
        for index, node in enumerate(function.nodes)
    }


def _function(
    function: FunctionFlow, boxes: dict[str, _Box], place: tuple[float, float], progress: _Progress
) -> Iterator[str]:
    x, width = place
    height = 36 + _ROW * len(function.nodes)
    yield f'<rect class="frame" x="{x:.0f}" y="{_MARGIN}" width="{width:.0f}" height="{height}" rx="6"/>'
    yield f'<text class="title" x="{x + 10:.0f}" y="{_MARGIN + 20}">{escape(function.title)}</text>'
    order = {node.name: index for index, node in enumerate(function.nodes)}
    for index, edge in enumerate(function.edges):
        first, last = sorted((order[edge.source], order[edge.target]))
        passed = [boxes[node.name] for node in function.nodes[first : last + 1]]
        yield from _edge((edge, index), boxes, order[edge.target] - order[edge.source], passed)
    for node in function.nodes:
        place_in_text = (function.module, node.line)
        count = progress.counts.get(place_in_text, 0) if node.effect else 0
        yield from _node(node, boxes[node.name], count, bool(node.effect) and place_in_text in progress.now)


def _node(node: Node, box: _Box, count: int, is_now: bool) -> Iterator[str]:
    colour = COLOURS.get(node.effect, "#fff")
    radius = {"start": 15, "end": 15, "branch": 0, "loop": 8}.get(node.kind, 3)
    dash = ' stroke-dasharray="4 3"' if node.kind in ("branch", "loop") else ""
    done = ' class="now"' if is_now else ' class="done"' if count else ' stroke="#555"'
    yield (
        f'<rect x="{box.x:.0f}" y="{box.y:.0f}" width="{box.width:.0f}" height="{_HEIGHT}" rx="{radius}" '
        f'fill="{colour}"{done}{dash}/>'
    )
    if count > 1:
        at = f'x="{box.x + box.width + 4:.0f}" y="{box.y + 12:.0f}"'
        yield f'<text class="count" {at}>{count} times</text>'
    yield f'<text x="{box.x + 10:.0f}" y="{box.y + 19:.0f}">{escape(label_of(node))}</text>'


def _edge(one: tuple[Edge, int], boxes: dict[str, _Box], rows: int, passed: list[_Box]) -> Iterator[str]:
    """Straight to the next row, around on the right to a later one, around on the left to an earlier one."""
    edge, index = one
    a, b = boxes[edge.source], boxes[edge.target]
    if rows == 1:
        x = max(a.x, b.x) + 14
        path, at = f"M{x:.0f} {a.y + _HEIGHT:.0f}L{x:.0f} {b.y:.0f}", (x + 5, a.y + _HEIGHT + 14)
    elif rows > 1:
        x = max(box.x + box.width for box in passed) + 12 + 5 * (index % 6)
        right = f"L{x:.0f} {a.middle:.0f}L{x:.0f} {b.middle:.0f}"
        path = f"M{a.x + a.width:.0f} {a.middle:.0f}{right}L{b.x + b.width:.0f} {b.middle:.0f}"
        at = (a.x + a.width + 3, a.middle - 3)
    else:
        x = min(box.x for box in passed) - 10 - 4 * (index % 5)
        path = f"M{a.x:.0f} {a.middle:.0f}L{x:.0f} {a.middle:.0f}L{x:.0f} {b.middle:.0f}L{b.x:.0f} {b.middle:.0f}"
        at = (x + 2, a.middle - 3)
    yield f'<path d="{path}" marker-end="url(#arrow)"/>'
    if edge.label:
        yield f'<text class="label" x="{at[0]:.0f}" y="{at[1]:.0f}">{escape(edge.label)}</text>'


def _call(edge: Edge, boxes: dict[str, _Box]) -> str:
    a, b = boxes[edge.source], boxes[edge.target]
    x = a.x + a.width
    return (
        f'<path class="call" d="M{x:.0f} {a.middle:.0f}C{x + 60:.0f} {a.middle:.0f} {b.x - 60:.0f} {b.middle:.0f} '
        f'{b.x:.0f} {b.middle:.0f}" marker-end="url(#arrow)"/>'
    )
