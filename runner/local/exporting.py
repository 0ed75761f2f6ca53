"""A run as JSON lines: one for the run, one for each entry, open request, piece of output, and large value."""

from __future__ import annotations

import base64
import dataclasses
import json
from collections.abc import Iterator
from typing import Any

from durable.runner.core.call import Site
from durable.runner.journal.blobs import FileBlobs
from durable.runner.journal.rows import RunRow
from durable.runner.journal.store import Journal
from durable.runner.local.driver import status_of


def lines_of(journal: Journal, row: RunRow) -> Iterator[dict[str, Any]]:
    """Yield the lines. Payloads are the codec's records; values of secret variables stand in them by name only."""
    spec = dataclasses.asdict(row.spec)
    del spec["seed"]
    times = {"started_at": row.started_at, "updated_at": row.updated_at}
    status = {"status": status_of(journal.home, row), "exit_code": row.exit_code, "error": row.error}
    yield {"type": "run", "engine": "local", **status, **times, **spec}
    for step in journal.steps(row.n):
        entry = step.entry
        facts = {"at": step.at, "duration": step.duration, "attempts": step.attempts, "in_doubt": step.in_doubt}
        if step.is_given:
            facts["given"] = True
        yield {
            "type": "entry",
            "number": step.idx,
            "kind": entry.kind,
            "seq": entry.seq,
            "name": entry.name,
            **_place(step.site),
            **facts,
            "strand": step.strand,
            "record": _parsed(entry.payload),
        }
    for item in journal.open_rows(row.n):
        facts = {"at": item.at, "until": item.until, "attempts": item.attempts}
        yield {"type": "open", "kind": item.kind, "seq": item.seq, "name": item.name, **_place(item.site), **facts}
    for number, fd, data in journal.output(row.n):
        yield {"type": "output", "number": number, "stream": {1: "stdout", 2: "stderr"}[fd], **_text(data)}
    for name, large in FileBlobs(journal.home.blobs(row.spec.id)).all():
        yield {"type": "blob", "name": name, **_text(large)}


def _place(site: Site | None) -> dict[str, Any]:
    if site is None:
        return {"file": "", "line": 0, "function": "", "effect": ""}
    return {"file": site.file, "line": site.line, "function": site.function, "effect": site.effect}


def _parsed(payload: str) -> Any:
    try:
        return json.loads(payload)
    except ValueError:
        return payload


def _text(data: bytes) -> dict[str, str]:
    try:
        return {"text": data.decode()}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(data).decode()}
