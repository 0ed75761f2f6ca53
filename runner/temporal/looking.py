"""What a workflow tells those who look at it: its output, its waits, its strands."""

from __future__ import annotations

import base64
import os
import sys
from typing import Any

from temporalio import workflow
from temporalio.converter import StorageDriverWorkflowInfo

from durable.runner.core.messages import AskPrompt, Perform, Request, StartTimer
from durable.runner.temporal.carrying import Carried, Part, before_failure, packed, weight_of
from durable.runner.temporal.growth import SMALL
from durable.runner.temporal.live import WATCHERS, LiveRun
from durable.runner.temporal.storage import storage

_PAGE = 500_000
_SMALL = 200_000
_SHOWN = 5


class Looking:
    """The open requests of a run, with the queries about them."""

    _live: LiveRun

    def __init__(self) -> None:
        self.open: dict[int, Request] = {}
        self.answering: set[int] = set()
        self.until: dict[int, float] = {}

    def prompt_named(self, name: str) -> int | None:
        """Return the number of the open prompt called `name` ("": the oldest), None if there is none."""
        for seq, request in self.open.items():
            if not isinstance(request, AskPrompt) or seq in self.answering:
                continue
            if not name or name in (str(seq), request.text, request.text.strip()):
                return seq
        return None

    def tell_asked(self, request: AskPrompt) -> None:
        """Tell who shows this run in this process that it asks something now."""
        watcher = WATCHERS.get(workflow.info().workflow_id)
        if watcher is not None and not workflow.unsafe.is_replaying():
            watcher.asked(request)

    def tell_answered(self, seq: int, text: str, source: str) -> None:
        watcher = WATCHERS.get(workflow.info().workflow_id)
        if watcher is not None:
            watcher.answered(seq, text, source)

    def tell_current(self) -> None:
        """Have the cluster's web page show what the run waits for now, in lines of its source."""
        if workflow.unsafe.is_replaying():
            return
        requests = [*self.open.values()]
        lines = [f"- {_what(request)} at {self.place_of(request)}" for request in requests[:_SHOWN]]
        if len(requests) > _SHOWN:
            lines.append(f"- and {len(requests) - _SHOWN} more")
        workflow.set_current_details("\n".join(["waits for", *lines]) if lines else "computes")

    def count_steps(self) -> int:
        return self._live.steps

    def place_of(self, request: Request) -> str:
        """Return "orders.py:12" where the strand that made `request` stands."""
        file, line = self._live.place_of(request)
        return f"{os.path.basename(file)}:{line}" if file else "a wait"

    def small_output(self) -> list[list[Any]] | None:
        """Return all output if it is small enough to be kept with the result, else None."""
        output = self._live.output
        return _stored(output.since(0, output.size)) if output.size <= _SMALL else None

    @workflow.query
    def output(self, start: int = 0) -> dict[str, Any]:
        """Return a page of the output from byte `start` on ([descriptor, base64] pairs), and where the next begins."""
        output = self._live.output
        chunks = output.since(start, _PAGE)
        return {"chunks": _stored(chunks), "next": start + sum(len(data) for _, data in chunks), "all": output.size}

    @workflow.query
    def kept_for_retry(self) -> dict[str, Any]:
        """Return what a retry of this failed run begins with, and which steps of other threads it does again."""
        live = self._live
        count = before_failure(live.log(), live.outcome)
        whole = Carried(live.carried.started, live.carried.parts, live.events(live.carried.kept, sys.maxsize))
        kept = whole.cut(count, storage().get)
        if sum(map(weight_of, kept.tail)) > SMALL:
            info = workflow.info()
            owner = StorageDriverWorkflowInfo(namespace=info.namespace, id=info.workflow_id, type=info.workflow_type)
            part = Part(len(kept.tail), storage().put(packed(kept.tail), owner))
            kept = Carried(kept.started, (*kept.parts, part))
        return {"carried": kept.stored(), "redone": live.redone(count)}

    @workflow.query
    def waits(self) -> list[dict[str, Any]]:
        """Return what the run waits for, as `durable show --json` shows it."""
        return [self._wait(seq, request) for seq, request in self.open.items() if not isinstance(request, Perform)]

    def _wait(self, seq: int, request: Request) -> dict[str, Any]:
        file, line = self._live.place_of(request)
        kind = "timer" if isinstance(request, StartTimer) else "prompt"
        prompt, asks = (request.text, request.kind) if isinstance(request, AskPrompt) else (None, None)
        asked = {"prompt": prompt, "asks": asks, "until": self.until.get(seq), "seq": seq}
        return {"kind": kind, "file": file, "line": line, **asked}


def _what(request: Request) -> str:
    match request:
        case Perform(_, call):
            return f"`{call.site.callee}`"
        case StartTimer(_, seconds):
            return f"a sleep of {seconds:g} s"
        case AskPrompt():
            return f"the prompt `{request.text.strip()}`"
        case _:
            return "nothing"


def _stored(chunks: list[tuple[int, bytes]]) -> list[list[Any]]:
    """Return chunks as JSON; neighbours of one descriptor are joined."""
    joined: list[tuple[int, bytearray]] = []
    for fd, data in chunks:
        if joined and joined[-1][0] == fd:
            joined[-1][1].extend(data)
        else:
            joined.append((fd, bytearray(data)))
    return [[fd, base64.b64encode(data).decode()] for fd, data in joined]


def chunks_of(stored: list[list[Any]]) -> list[tuple[int, bytes]]:
    """Return the chunks that a result or a query gave."""
    return [(fd, base64.b64decode(data)) for fd, data in stored]
