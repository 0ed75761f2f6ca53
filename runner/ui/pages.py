"""From what the board tells to HTML. What a program says is text there, whatever it says."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader

from durable.runner import reporting
from durable.runner.cli.looking import FINAL
from durable.runner.local.driver import age
from durable.runner.reporting.described import place_of, wait_of
from durable.runner.reporting.facts import Report

_HERE = Path(__file__).parent
_SHARED = Path(reporting.__file__).parent
_MOST = 200
"""Steps on a page."""
_MOMENT = "%Y-%m-%d %H:%M:%S"
SENT = {
    "answer": "The answer is left for the run; it takes it when it next looks.",
    "signal": "The signal is left for the run; it takes it when it next looks.",
    "resume": "A process in the background goes on with the run.",
    "cancel": "The run is told to stop: KeyboardInterrupt is raised in the program.",
}

_pages = Environment(loader=FileSystemLoader([_HERE, _SHARED]), autoescape=True, trim_blocks=True)
_pages.globals.update(age=age, sent=SENT)


@dataclass(frozen=True)
class Wait:
    """What a run waits for; `asks` is "line", "secret" or "read" for a prompt, else empty."""

    seq: int | None
    text: str
    place: str
    prompt: str
    asks: str


@dataclass(frozen=True)
class Slice:
    """The part of the timeline that a page shows; `earlier` and `later` are where others begin (None: none)."""

    steps: tuple[Any, ...]
    earlier: int | None
    later: int | None


def list_page(runs: list[dict[str, Any]], engine: str) -> str:
    return _pages.get_template("list.html.jinja").render(runs=runs, engine=engine)


def run_page(found: dict[str, Any], report: Report, sent: str, until: int | None) -> str:
    """Return the page of a run; its timeline ends with step `until` (None: with the newest)."""
    waits = tuple(_wait(one) for one in found["waits"])
    facts = {
        "report": report,
        "engine": report.engine,
        "waits": waits,
        "is_over": found["status"] in FINAL,
        "slice": _slice(report, until),
        "version": f"{report.status} {len(report.steps)} {[wait.seq for wait in waits]}",
        "doubts": sum("in_doubt" in step.status or "in doubt" in step.status for step in report.steps),
    }
    return _pages.get_template("run.html.jinja").render(facts, said=sent if sent in SENT else "")


def strands_page(run: str, engine: str, strands: list[dict[str, Any]]) -> str:
    return _pages.get_template("strands.html.jinja").render(run=run, engine=engine, strands=strands)


def graph_part(svg: str) -> str:
    """Return the graph, drawn by us with its labels escaped, without the style that the pages have already."""
    head, _, rest = svg.partition("<style>")
    return f"<!doctype html><title>graph</title><body>{head}{rest.partition('</style>')[2]}"


def problem_page(text: str, engine: str) -> str:
    return _pages.get_template("problem.html.jinja").render(text=text, engine=engine)


def style() -> str:
    """Return the style sheet of all pages: that of reports, of graphs, and what only these pages have."""
    from durable.transpiler.show.flow_svg import STYLE

    return f"{_text(_SHARED / 'style.css')}\n{STYLE}\n{_text(_HERE / 'ui.css')}"


def script() -> str:
    return _text(_HERE / "live.js")


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _wait(wait: dict[str, Any]) -> Wait:
    text = wait_of(wait, _MOMENT)
    if wait["until"]:
        text += f" ({max(0.0, wait['until'] - time.time()):,.0f} s left)"
    asks = str(wait.get("asks") or "line") if wait["kind"] == "prompt" else ""
    prompt = "standard input" if asks == "read" else str(wait["prompt"] or "").strip() or "input"
    return Wait(wait.get("seq"), text, place_of(wait) if wait["file"] else "", prompt, asks)


def _slice(report: Report, until: int | None) -> Slice:
    upto = [step for step in report.steps if until is None or step.seq <= until]
    shown = upto[-_MOST:]
    later = report.steps[len(upto) : len(upto) + _MOST]
    return Slice(
        tuple(shown),
        upto[-_MOST - 1].seq if len(upto) > _MOST else None,
        later[-1].seq if later else None,
    )
