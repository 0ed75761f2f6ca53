"""The findings of a compilation as text, JSON, SARIF 2.1.0 (code scanning) and GitHub workflow commands."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from durable.transpiler.ir.bundle import DiagnosticRecord, Manifest

_STEP_KEYS = ("name", "callee", "effect", "file", "line", "column", "reason", "policy")
_LEVELS = {"error": "error", "warning": "warning", "note": "note"}
_COMMANDS = {"error": "error", "warning": "warning", "note": "notice"}
_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def as_json(manifest: Manifest) -> str:
    """One object: program, steps, diagnostics."""
    steps = [{key: value for key, value in step.items() if key in _STEP_KEYS} for step in manifest["steps"]]
    found = {"program": manifest["program"], "steps": steps, "diagnostics": manifest["diagnostics"]}
    return json.dumps(found, indent=2, ensure_ascii=False)


def as_text(manifest: Manifest) -> str:
    """Diagnostics one a line, then a table of the steps with the reason of each."""
    lines = [
        f"{one['file']}:{one['line']}:{one['column']}: {one['severity']}: {one['code']} {one['name']}: {one['message']}"
        for one in manifest["diagnostics"]
    ]
    if not manifest["steps"]:
        return "\n".join([*lines, f"{manifest['program']}: no steps"])
    rows = [("PLACE", "EFFECT", "CALLEE", "WHY")]
    for step in manifest["steps"]:
        place = f"{step['file']}:{step['line']}"
        rows.append((place, step["effect"], step["callee"], " → ".join(step["reason"])))
    return "\n".join([*lines, *aligned(rows)])


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows as lines with the columns below each other."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def as_sarif(manifest: Manifest) -> str:
    """A SARIF log with one run."""
    rules = {one["name"]: {"id": one["code"], "name": one["name"]} for one in manifest["diagnostics"]}
    driver = {
        "name": "durable",
        "version": manifest["created_with"].get("durable", "-"),
        "rules": list(rules.values()),
    }
    run = {"tool": {"driver": driver}, "results": [_result(one) for one in manifest["diagnostics"]]}
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False)


def _result(one: DiagnosticRecord) -> dict[str, Any]:
    region = {"startLine": one["line"], "startColumn": one["column"]}
    place = {"artifactLocation": {"uri": one["file"]}, "region": region}
    return {
        "ruleId": one["code"],
        "level": _LEVELS[one["severity"]],
        "message": {"text": one["message"]},
        "locations": [{"physicalLocation": place}],
    }


def as_github(manifest: Manifest) -> str:
    """One workflow command a diagnostic, so that it is shown at its line of a pull request."""
    return "\n".join(
        f"::{_COMMANDS[one['severity']]} file={_escaped(one['file'], is_property=True)},line={one['line']},"
        f"col={one['column']},title={one['code']} {one['name']}::{_escaped(one['message'])}"
        for one in manifest["diagnostics"]
    )


def _escaped(text: str, *, is_property: bool = False) -> str:
    text = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return text.replace(":", "%3A").replace(",", "%2C") if is_property else text


FORMATS: dict[str, Callable[[Manifest], str]] = {
    "text": as_text,
    "json": as_json,
    "sarif": as_sarif,
    "github": as_github,
}
