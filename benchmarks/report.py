"""Numbers in, tables out: for people (Markdown) and for programs (JSON)."""

import datetime
import json
import os
import platform
import re
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from measures import MEASURES, Measure, Numbers


@dataclass(frozen=True)
class Report:
    """The numbers of one run of the benchmark, the first contestant being the one that ratios refer to."""

    numbers: dict[str, Numbers]
    skipped: dict[str, str]
    machine: str
    date: str


def this_machine() -> str:
    cpu = platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [line.partition(":")[2].strip() for line in info.read_text().splitlines() if "model name" in line]
        cpu = names[0] if names else cpu
    return (
        f"{os.cpu_count()} cores ({cpu}), {platform.system()} {platform.release()}, Python {platform.python_version()}"
    )


def today() -> str:
    return datetime.date.today().isoformat()


def ratio(measure: Measure, ours: float, theirs: float) -> float | None:
    """How many times better ours is: 2 means twice the rate or half the time."""
    if measure.more_is_better is None or not ours or not theirs:
        return None
    return ours / theirs if measure.more_is_better else theirs / ours


def shown(measure: Measure, value: float | None) -> str:
    if value is None:
        return "-"
    digits = f"{value:,.2f}" if measure.unit == "s" else f"{value:,.0f}"
    return digits + (f" {measure.unit}" if measure.unit == "s" else measure.unit)


def table(report: Report) -> str:
    """Markdown: a row per contestant, a column per measure; in brackets how many times better the first row is."""
    base = next(iter(report.numbers), None)
    rows = [["", *(measure.title for measure in MEASURES)]]
    for name, numbers in report.numbers.items():
        cells = [name]
        for measure in MEASURES:
            cell = shown(measure, numbers.get(measure.key))
            ours = report.numbers[base].get(measure.key, 0) if base else 0
            times = ratio(measure, ours, numbers.get(measure.key, 0))
            cells.append(cell if name == base or times is None else f"{cell} ({times:.3g}x)")
        rows.append(cells)
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in rows
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def notes(report: Report) -> str:
    lines = [f"{report.date}, {report.machine}."]
    if len(report.numbers) > 1:
        lines.append(f"In brackets: how many times better {next(iter(report.numbers))} is in this run.")
    lines += [f"Not measured: {name} ({reason})." for name, reason in report.skipped.items()]
    return "\n".join(lines)


def as_json(report: Report) -> str:
    base = next(iter(report.numbers.values()), {})
    ratios = {
        name: {m.key: ratio(m, base.get(m.key, 0), numbers.get(m.key, 0)) for m in MEASURES if m.key in numbers}
        for name, numbers in report.numbers.items()
    }
    content = {"date": report.date, "machine": report.machine, "numbers": report.numbers}
    return json.dumps(content | {"ratios": ratios, "skipped": report.skipped}, indent=2) + "\n"


class Section(Enum):
    """A section of docs/performance.md: its heading and the line below that says what wrote it."""

    PEERS = (
        "Durable and its peers",
        "Measured by `python benchmarks/run.py --write docs/performance.md`; what each column means is in "
        "`benchmarks/README.md`.",
    )
    COMPILING = (
        "Compiling",
        "Measured by `python benchmarks/compiling.py --write docs/performance.md`: programs of modules of 500 lines, "
        "with `ty`, each compilation in a process of its own, the compiler's import among it, the best of some. CPU is "
        "that of the process and of `ty`: on a machine that does other things as well the seconds are more.",
    )
    JOURNALS = ("Long journals", "Measured by `python benchmarks/journals.py --write docs/performance.md`.")
    ENDLESS = (
        "Runs without end on Temporal",
        "Measured by `python benchmarks/endless.py --write docs/performance.md`: killed at random and started again; "
        "output and ledger are the plain program's, events and bytes are what the server tells of each execution.",
    )
    MEMORY = (
        "Large values",
        "Measured by `python benchmarks/memory.py --write docs/performance.md`: how many times a value is held in "
        "memory at the peak, the value being one. A result is what a step returns, an argument what it is given.",
    )

    @property
    def heading(self) -> str:
        return f"## {self.value[0]}"


def replace_section(page: Path, section: Section, text: str) -> None:
    """Write a section of the page anew, the others kept: in the order of `Section`, those written by hand behind."""
    found = page.read_text(encoding="utf-8") if page.exists() else ""
    parts = {one.heading: _part(found, one.heading) for one in Section}
    for heading in re.findall(r"^## .*$", found, re.MULTILINE):
        parts.setdefault(heading, _part(found, heading))
    parts[section.heading] = f"{section.heading}\n\n{section.value[1]}\n\n{text.strip()}"
    page.write_text("\n\n".join(["# Performance", *filter(None, parts.values())]) + "\n", encoding="utf-8")


def _part(text: str, heading: str) -> str:
    """The text of the section with that heading, empty if it is not there."""
    start = text.find(f"{heading}\n")
    end = text.find("\n## ", start + 1)
    return text[start : end if end >= 0 else None].strip() if start >= 0 else ""
