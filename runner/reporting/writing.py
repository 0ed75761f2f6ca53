"""Reports as text: one self-contained page, or Markdown. What a program says is text there, whatever it says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

from durable.runner.reporting.facts import Report

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|#~])")
_XML_ENDS = re.compile(r"^<\?xml[^>]*\?>\s*")


def as_html(report: Report) -> str:
    """Return one HTML document: it loads nothing, runs nothing, and shows hostile text as text."""
    pages = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=True)
    graph = Markup(_XML_ENDS.sub("", report.graph))  # of our own making, its labels are escaped
    return pages.get_template("page.html.jinja").render(report=report, graph=graph)


def as_markdown(report: Report) -> str:
    """Return a Markdown document, without the graph."""
    pages = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=False, keep_trailing_newline=True)
    pages.filters.update(cell=_cell, block=_block, joined=_joined, frames=_frames)
    return pages.get_template("report.md.jinja").render(report=report)


def _cell(text: Any) -> str:
    """Return text for a line or a table's cell, with nothing in it that Markdown or HTML would take for its own."""
    return _SPECIAL.sub(r"\\\1", " ".join(str(text).split()))


def _block(text: str) -> str:
    """Return text as a block of code, between fences longer than any in it."""
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", text)), default=0))
    return f"{fence}text\n{text.rstrip()}\n{fence}"


def _joined(output: tuple[tuple[str, str], ...]) -> str:
    return "".join(text for _, text in output)


def _frames(strand: dict[str, Any]) -> str:
    lines = []
    for frame in strand["frames"]:
        lines.append(f"{frame['file']}:{frame['line']} in {frame['function']}")
        lines += [f"    {frame['source']}"] if frame["source"] else []
        lines += [f"      {name} = {value}" for name, value in frame["locals"].items()]
    return "\n".join(lines)
