"""What a run has begun: on disk before a step's effect begins, and what it means when a process finds it there."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping

from durable.runner.core.call import Call
from durable.runner.core.messages import AskPrompt, Request, StartTimer
from durable.runner.journal.integrity import boot_id
from durable.runner.journal.rows import OpenRow, RunRow
from durable.runner.journal.store import Journal
from durable.runner.local import crash
from durable.runner.local.clock import Clock
from durable.runner.local.recorder import BRIEF, Recorder
from durable.runner.local.timers import brief_ones, due_at, pause_of


class Starts:
    """Writes down what begins through `recorder`, and knows what was begun by a process that has died."""

    def __init__(self, journal: Journal, row: RunRow, recorder: Recorder, clock: Clock) -> None:
        self._journal = journal
        self._row = row
        self._recorder = recorder
        self._clock = clock
        self._kept = recorder.size
        self._found = {open_row.seq: open_row for open_row in journal.open_rows(row.n)}
        self._begun: dict[int, OpenRow] = {}
        self._pause = 0.0
        self._new_boot = row.boot != boot_id() or not boot_id()

    def are_in(self, requests: Container[int]) -> bool:
        """Say whether all that a dead process had begun is among the open requests."""
        return all(seq in requests for seq in self._found)

    def take_up(self, requests: Mapping[int, Request]) -> None:
        """Go on with what was open when the last process died; the rest of it is over."""
        for seq, row in self._found.items():
            if seq in requests:
                self._begun[seq] = row
            else:
                self._recorder.shut(seq)
        self._found = {}
        if self._begun:
            last_sign = self._journal.last_sign(self._row.n)
            self._begun |= brief_ones(requests, self._begun, last_sign)
            self._pause = pause_of(requests, self._begun, last_sign, self._clock.now())

    def answered(self, seq: int) -> None:
        """Forget what was begun under `seq`: it has its answer."""
        self._begun.pop(seq, None)

    def step(self, call: Call) -> None:
        """Write down that a step starts; reads are safe to repeat and need no note of it."""
        begun = self._begun.get(call.seq)
        if begun is None and call.effect == "read":
            return
        doubtful = begun is not None or self._may_have_started()
        attempts = (begun.attempts if begun else 0) + 1
        note = call.probe.note() if call.probe is not None and begun is None else begun.note if begun else None
        row = OpenRow(call.seq, "step", call.site.callee, call.site, self._clock.now(), None, attempts, note)
        self._recorder.open(row)
        call.extra["attempts"] = attempts
        call.extra["doubtful"] = doubtful
        call.extra["begun"] = begun

    def commit(self, calls: Iterable[Call]) -> None:
        """Commit the starts of writes, with every read before them on disk, before their effects begin (promise 3)."""
        calls = [*calls]
        if any("attempts" in call.extra for call in calls):
            self._recorder.commit_start()
        if crash.point is not None:
            for call in calls:
                crash.point(f"started {call.seq} {call.site.callee}")

    def _may_have_started(self) -> bool:
        """Say whether the record of the next step's start may have been lost with the machine's power."""
        return self._new_boot and self._recorder.size == self._kept

    def timer(self, request: StartTimer) -> float:
        """Write down that a timer runs; return the time it is due, in seconds since the epoch."""
        begun = self._begun.get(request.seq)
        until = due_at(request, begun, self._pause, self._clock.now())
        if begun is None and request.seconds > BRIEF:
            self._recorder.open(OpenRow(request.seq, "timer", "sleep", request.site, self._clock.now(), until, 1, None))
        return until

    def prompt(self, request: AskPrompt) -> None:
        """Write down that a prompt is open."""
        self._recorder.open(
            OpenRow(request.seq, "prompt", request.text, request.site, self._clock.now(), None, 1, request.kind)
        )
