"""What a run's description (`durable show --json`) says in words, for people: the same in `show` and in a report."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any


def start_of(found: dict[str, Any]) -> float:
    """Return when a run began (seconds since the epoch), 0 if it has not."""
    times = [step["started_at"] for step in found["steps"] if step["started_at"]]
    return float(found.get("started_at") or min(times, default=0.0))


def status_of(step: dict[str, Any]) -> str:
    """Return a step's status, marked where it was in doubt once or its result was given by hand."""
    if step.get("given"):
        return "given by hand"
    return str(step["status"]) + (" (was in doubt)" if step.get("in_doubt") and step["status"] != "in_doubt" else "")


def place_of(item: dict[str, Any]) -> str:
    """Return where a step or a wait stands, as FILE:LINE."""
    return f"{Path(item['file']).name}:{item['line']}"


def wait_of(wait: dict[str, Any], format: str) -> str:
    """Return what a run waits for; `format` is that of a moment (`time.strftime`)."""
    until = f" until {time.strftime(format, time.localtime(wait['until']))}" if wait["until"] else ""
    asked = f" {wait['prompt']!r}" if wait["prompt"] else ""
    return f"{wait['kind']}{asked}{until}"
