"""A workflow's history read as a run: its steps as `durable show --json` shows them. Needs no worker."""

from __future__ import annotations

import json
from collections.abc import AsyncIterable, Iterable
from dataclasses import dataclass, field
from typing import Any

from temporalio.api.common.v1 import Payload
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent

from durable.runner.temporal.performing import ENGINES, SETTLE, STEP_IN_DOUBT, STEP_LOST, STEP_RAISED

_LOCAL = "core_local_activity"


@dataclass
class History:
    """What the events read so far tell."""

    steps: dict[int, dict[str, Any]] = field(default_factory=dict)
    timers: dict[str, dict[str, Any]] = field(default_factory=dict)
    updated_at: float = 0.0
    _scheduled: dict[int, int] = field(default_factory=dict)
    _again: set[int] = field(default_factory=set)

    def read(self, event: HistoryEvent) -> None:
        """Take the next event."""
        self.updated_at = event.event_time.ToMicroseconds() / 1e6
        handler = _HANDLERS.get(event.event_type)
        if handler is not None:
            handler(self, event)

    async def read_all(self, events: AsyncIterable[HistoryEvent]) -> None:
        """Take the events of one more execution."""
        self._scheduled.clear()
        self._again.clear()
        self.timers.clear()
        async for event in events:
            self.read(event)

    def listed(self) -> list[dict[str, Any]]:
        """Return the steps, in the order of their numbers."""
        return [self.steps[seq] for seq in sorted(self.steps)]

    def _schedule(self, event: HistoryEvent) -> None:
        attributes = event.activity_task_scheduled_event_attributes
        ticket = _first(attributes.input.payloads)
        if not isinstance(ticket, dict) or "seq" not in ticket:
            return
        seq = ticket["seq"]
        self._scheduled[event.event_id] = seq
        before = self.steps.get(seq)
        self.steps[seq] = {
            "seq": seq,
            "name": ticket["name"],
            "effect": ticket["effect"],
            "file": ticket["file"],
            "line": ticket["line"],
            "status": "running",
            "attempts": before["attempts"] if before else ticket.get("failed", 0),
            "started_at": before["started_at"] if before else self.updated_at,
            "duration": None,
            "in_doubt": bool(before and before["in_doubt"]),
            "callee": attributes.activity_type.name,
            "call": ticket["call"],
        }
        if ticket.get("again"):  # it goes on in its process, or is found to be in doubt
            self.steps[seq]["attempts"] = max(1, self.steps[seq]["attempts"])
            self._again.add(event.event_id)

    def _of(self, scheduled: int) -> dict[str, Any] | None:
        seq = self._scheduled.get(scheduled)
        return None if seq is None else self.steps[seq]

    def _start(self, event: HistoryEvent) -> None:
        scheduled = event.activity_task_started_event_attributes.scheduled_event_id
        step = self._of(scheduled)
        if step is not None and scheduled not in self._again:
            step["attempts"] += 1
            step["started_at"] = self.updated_at

    def _complete(self, event: HistoryEvent) -> None:
        self._end(self._of(event.activity_task_completed_event_attributes.scheduled_event_id), "completed")

    def _fail(self, event: HistoryEvent) -> None:
        attributes = event.activity_task_failed_event_attributes
        kind = attributes.failure.application_failure_info.type
        step = self._of(attributes.scheduled_event_id)
        if kind == STEP_RAISED:
            self._end(step, "raised")
        elif step is not None and kind == STEP_LOST and attributes.scheduled_event_id not in self._again:
            step["attempts"] -= 1
        elif step is not None and kind == STEP_IN_DOUBT:
            step["in_doubt"], step["status"] = True, "in_doubt"

    def _time_out(self, event: HistoryEvent) -> None:
        step = self._of(event.activity_task_timed_out_event_attributes.scheduled_event_id)
        if step is not None and step["attempts"]:
            step["in_doubt"], step["status"] = True, "in_doubt"

    def _end(self, step: dict[str, Any] | None, status: str) -> None:
        if step is not None:
            step["status"] = status
            step["duration"] = self.updated_at - step["started_at"]

    def _mark(self, event: HistoryEvent) -> None:
        """Take a local activity: a read, or something of the engine's own."""
        marker = event.marker_recorded_event_attributes
        if marker.marker_name != _LOCAL:
            return
        data = _first(marker.details["data"].payloads)
        kind = str(data.get("activity_type", ""))
        if kind in ENGINES or kind.endswith(f": {SETTLE}"):
            return
        if marker.failure.HasField("timeout_failure_info"):
            return  # it goes on as an activity
        failure = marker.failure.application_failure_info
        payload = failure.details.payloads[0] if failure.type == STEP_RAISED else marker.details["result"].payloads[0]
        self._read_step(kind, payload, "raised" if failure.type == STEP_RAISED else "completed")

    def _read_step(self, callee: str, payload: Payload, status: str) -> None:
        facts = {key: value.decode() for key, value in payload.metadata.items()}
        if "seq" not in facts:
            return
        ended = int(facts["at"]) / 1e9
        self.steps[int(facts["seq"])] = {
            "seq": int(facts["seq"]),
            "name": facts["name"],
            "effect": facts["effect"],
            "file": facts["file"],
            "line": int(facts["line"]),
            "status": status,
            "attempts": 1,
            "started_at": ended - float(facts.get("took", 0)),
            "duration": float(facts.get("took", 0)),
            "in_doubt": False,
            "callee": callee,
        }

    def _time(self, event: HistoryEvent) -> None:
        attributes = event.timer_started_event_attributes
        place = str(_first([event.user_metadata.summary]) or "")
        file, _, line = place.rpartition(":")
        until = self.updated_at + attributes.start_to_fire_timeout.ToNanoseconds() / 1e9
        self.timers[attributes.timer_id] = {
            "kind": "timer",
            "file": file,
            "line": int(line) if line.isdigit() else 0,
            "prompt": None,
            "until": until,
        }

    def _time_over(self, event: HistoryEvent) -> None:
        self.timers.pop(event.timer_fired_event_attributes.timer_id, None)
        self.timers.pop(event.timer_canceled_event_attributes.timer_id, None)


def _first(payloads: Iterable[Payload]) -> Any:
    """Return the first payload's JSON value, None where it is missing or encoded otherwise."""
    for payload in payloads:
        if payload.metadata.get("encoding", b"").startswith(b"json/"):
            return json.loads(payload.data)
        return None
    return None


_HANDLERS = {
    EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED: History._schedule,
    EventType.EVENT_TYPE_ACTIVITY_TASK_STARTED: History._start,
    EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED: History._complete,
    EventType.EVENT_TYPE_ACTIVITY_TASK_FAILED: History._fail,
    EventType.EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT: History._time_out,
    EventType.EVENT_TYPE_MARKER_RECORDED: History._mark,
    EventType.EVENT_TYPE_TIMER_STARTED: History._time,
    EventType.EVENT_TYPE_TIMER_FIRED: History._time_over,
    EventType.EVENT_TYPE_TIMER_CANCELED: History._time_over,
}
