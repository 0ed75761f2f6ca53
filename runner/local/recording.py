"""`durable record`: a run with all its effects, told afterwards as a fixture for tests."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from durable.runner.core.messages import Request, Withdraw
from durable.runner.journal.lock import RunLock
from durable.runner.journal.rows import RunRow, StepRow
from durable.runner.journal.store import Journal
from durable.runner.local.driver import (
    Launch,
    build,
    drive_session,
    enter_hash_seed,
    find_asked,
    make_spec,
    say,
)
from durable.runner.local.engine import LocalEngine
from durable.runner.local.removing import remove
from durable.runner.local.session import Session
from durable.runner.testing.fixtures import FORMAT, Line, Texts, write


class _Engine(LocalEngine):
    """Describes each request as the run makes it, before the call can change its arguments."""

    def _take(self, requests: list[Request]) -> None:
        for request in requests:
            if not isinstance(request, Withdraw):
                described = _TEXTS[0].of(request)
                self.asked[request.seq] = described
                self.order[request.seq] = [seq for seq in self._open if self.asked.get(seq) == described]
        super()._take(requests)

    asked: dict[int, Line]
    order: dict[int, list[int]]

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.asked, self.order = {}, {}


_TEXTS: list[Texts] = []


class _Session(Session):
    engine_class = _Engine
    is_inline = True

    @property
    def engine(self) -> _Engine:
        assert isinstance(self._engine, _Engine)
        return self._engine


def record(launch: Launch, target: Path) -> int:
    """Run the program durably, write what it was given to `target`, and return its exit code."""
    launch = replace(launch, id=launch.id or f"record-{secrets.token_hex(4)}")
    journal, row = find_asked(launch)
    if row is None:
        spec = make_spec(launch, build(launch, journal.home), stored_in=journal.home)
        enter_hash_seed(journal, spec)
        journal.create(spec)
        row = journal.get(spec.id)
    target = target.absolute()
    lock = RunLock(journal.home.lock_file(row.spec.id), row.spec.id)
    lock.take()
    _TEXTS[:] = [Texts(str(Path(row.spec.path).parent))]
    outcome, session = drive_session(_Session, journal, row)
    row = journal.get(row.spec.id)
    lines = _Lines(journal, row, session.engine)
    told = [*lines.all()]
    write(target, told, lines.secrets)
    lock.release()
    remove(journal, row)
    journal.close()
    say(f"{len(told) - 1} lines recorded in {target}")
    return outcome.exit_code


class _Lines:
    """The lines of a fixture, from a journal and what the run asked for."""

    def __init__(self, journal: Journal, row: RunRow, engine: _Engine) -> None:
        self._journal = journal
        self._row = row
        self._asked = engine.asked
        self._order = engine.order
        self._answered: set[int] = set()
        self.secrets: list[str] = []

    def all(self) -> Iterator[Line]:
        spec = self._row.spec
        folder = Path(spec.path).parent
        learned = [[Path(file).relative_to(folder).as_posix(), *rest] for file, *rest in spec.learned]
        yield {
            "durable": FORMAT,
            "program": Path(spec.path).name,
            "args": list(spec.argv[1:]),
            "seed": spec.seed,
            "hash_seed": spec.hash_seed,
            "start": self._row.started_at,
            "stdin": spec.stdin,
            **({"learned": learned} if learned else {}),
        }
        for step in self._journal.steps(self._row.n):
            yield self._line(step)

    def _line(self, step: StepRow) -> Line:
        entry = step.entry
        if entry.kind == "ambient":
            return {"moment": entry.name, "value": json.loads(entry.payload)}
        if entry.kind in ("signal", "cancel"):
            return {"signal": entry.name or "cancel"}
        line = dict(self._asked[entry.seq])
        among = [seq for seq in self._order[entry.seq] if seq not in self._answered]
        self._answered.add(entry.seq)
        if among:
            line["among"] = len(among)
        if entry.kind == "fired":
            return line
        if entry.kind == "answered":
            return self._answer(line, json.loads(entry.payload))
        return {**line, entry.kind: json.loads(entry.payload)}

    def _answer(self, line: Line, answer: Any) -> Line:
        if line["kind"] != "secret":
            return {**line, "answered": answer}
        if isinstance(answer, str):
            self.secrets.append(answer.rstrip("\n"))
        return line


def default_target(launch: Launch) -> Path:
    """Return where a fixture goes if nobody says: beside the working directory's other files, named as the program."""
    return Path(f"{Path(launch.script).stem}.recorded.jsonl")


__all__ = ["default_target", "record"]
