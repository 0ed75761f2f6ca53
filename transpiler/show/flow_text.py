"""A control-flow graph in the languages of Mermaid and Graphviz."""

from __future__ import annotations

from collections.abc import Iterator

from durable.transpiler.show.flow import Flow, Node

_MERMAID = {
    "start": ("([", "])"),
    "end": ("([", "])"),
    "step": ("[", "]"),
    "call": ("[[", "]]"),
    "branch": ("{", "}"),
    "loop": ("{{", "}}"),
}
_DOT = {"start": "oval", "end": "oval", "step": "box", "call": "box", "branch": "diamond", "loop": "hexagon"}
COLOURS = {"write": "#f9d5d0", "read": "#d7e8f7", "open": "#e6dcf3", "wait": "#f7eccb", "spawn": "#d9f0dc"}


def label_of(node: Node) -> str:
    """What stands in a node."""
    return f"{node.effect} {node.label} :{node.line}" if node.kind == "step" else node.label


def as_mermaid(flow: Flow) -> str:
    """A Mermaid flowchart, each function a subgraph."""
    return "\n".join(_mermaid(flow))


def _mermaid(flow: Flow) -> Iterator[str]:
    yield "flowchart TD"
    for function in flow.functions:
        yield f'  subgraph {function.name}["{_quoted(function.title)}"]'
        for node in function.nodes:
            opening, closing = _MERMAID[node.kind]
            style = f":::{node.effect}" if node.effect else ""
            yield f'    {node.name}{opening}"{_quoted(label_of(node))}"{closing}{style}'
        for edge in function.edges:
            arrow = f'-- "{_quoted(edge.label)}" -->' if edge.label else "-->"
            yield f"    {edge.source} {arrow} {edge.target}"
        yield "  end"
    for edge in flow.calls:
        yield f"  {edge.source} -.-> {edge.target}"
    for effect, colour in COLOURS.items():
        yield f"  classDef {effect} fill:{colour},stroke:#555"


def _quoted(text: str) -> str:
    return text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;").replace(">", "&gt;")


def as_dot(flow: Flow) -> str:
    """A Graphviz digraph, each function a cluster."""
    return "\n".join(_dot(flow))


def _dot(flow: Flow) -> Iterator[str]:
    yield "digraph steps {"
    yield '  node [fontname="sans-serif", style=filled, fillcolor=white];'
    for function in flow.functions:
        yield f"  subgraph cluster_{function.name} {{"
        yield f'    label="{_escaped(function.title)}";'
        for node in function.nodes:
            colour = f', fillcolor="{COLOURS[node.effect]}"' if node.effect in COLOURS else ""
            yield f'    {node.name} [label="{_escaped(label_of(node))}", shape={_DOT[node.kind]}{colour}];'
        for edge in function.edges:
            label = f' [label="{_escaped(edge.label)}"]' if edge.label else ""
            yield f"    {edge.source} -> {edge.target}{label};"
        yield "  }"
    for edge in flow.calls:
        yield f"  {edge.source} -> {edge.target} [style=dashed];"
    yield "}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
