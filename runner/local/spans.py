"""OpenTelemetry: a span for each step of a local run and one for the run, where `DURABLE_TRACES` asks for them.

Identifiers follow from the run's seed, so what a run does before and after a crash is one trace. Where spans go is said
by the variables of OpenTelemetry's specification (`OTEL_EXPORTER_OTLP_ENDPOINT`, `OTEL_SERVICE_NAME`, …).
"""

from __future__ import annotations

import hashlib
import os
import sys
from typing import TYPE_CHECKING, Any

from durable.runner import context
from durable.runner.errors import UsageError
from durable.runner.spec import Outcome, RunSpec

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import SpanProcessor

    from durable.runner.core.call import Call
    from durable.runner.engines.replay import Entry

VARIABLE = "DURABLE_TRACES"
KINDS = ("otlp", "console")


def spans_of(spec: RunSpec) -> Spans | None:
    """Return what sends the spans of a run, None where none are asked for. Raise UsageError."""
    kind = os.environ.get(VARIABLE, "")
    if kind in ("", "none"):
        return None
    if kind not in KINDS:
        raise UsageError(f"{VARIABLE} is one of {', '.join(KINDS)} and none, not {kind!r}")
    try:
        with context.outside():
            return Spans(spec, _processor(kind))
    except ImportError as error:
        raise UsageError(f"{VARIABLE} needs OpenTelemetry ({error.name}): pip install 'durable[otel]'") from error


def _processor(kind: str) -> SpanProcessor:
    from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter, SimpleSpanProcessor

    if kind == "console":
        err: Any = sys.__stderr__
        return SimpleSpanProcessor(
            ConsoleSpanExporter(out=err, formatter=lambda span: f"{span.to_json(indent=None)}\n")
        )
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    return BatchSpanProcessor(OTLPSpanExporter())


class Spans:
    """Sends the spans of one run. Not for use within the run's own code."""

    def __init__(self, spec: RunSpec, processor: SpanProcessor) -> None:
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider

        self._spec = spec
        self._ids = _identifiers()
        resource = Resource.create({"service.name": os.environ.get("OTEL_SERVICE_NAME") or spec.script})
        self._provider = TracerProvider(resource=resource, id_generator=self._ids, shutdown_on_exit=False)
        self._provider.add_span_processor(processor)
        self._tracer = self._provider.get_tracer("durable")
        self._trace = _number(f"{spec.seed}:trace", 16)
        self._root = _number(f"{spec.seed}:run", 8)

    def step(self, entry: Entry, call: Call, began: float, ended: float, attempts: int) -> None:
        """Send the span of a step whose outcome has been recorded. Times are seconds since the epoch."""
        about = {
            "durable.run.id": self._spec.id,
            "durable.step.seq": entry.seq,
            "durable.step.effect": call.effect,
            "durable.step.attempts": attempts,
            "durable.step.in_doubt": bool(call.extra.get("doubtful")),
            "durable.strand": call.strand,
            "code.function.name": call.site.function,
            "code.file.path": call.site.file,
            "code.line.number": call.site.line,
        }
        failed = f"{call.site.callee} raised an exception" if entry.kind == "raised" else ""
        parent = self._within(self._root)
        self._send(
            call.site.callee, _number(f"{self._spec.seed}:{entry.seq}", 8), parent, about, (began, ended), failed
        )

    def end(self, outcome: Outcome, began: float, ended: float) -> None:
        """Send the span of the whole run."""
        about = {
            "durable.run.id": self._spec.id,
            "durable.status": outcome.status,
            "process.exit.code": outcome.exit_code,
        }
        failed = outcome.error if outcome.status == "failed" else ""
        self._send(self._spec.script, self._root, None, about, (began, ended), failed)

    def close(self) -> None:
        """Have all spans leave; what the receiver does not take is lost, after OpenTelemetry's own time-out."""
        with context.outside():
            self._provider.shutdown()

    def _within(self, number: int) -> Context:
        from opentelemetry import trace

        parent = trace.SpanContext(
            self._trace, number, is_remote=True, trace_flags=trace.TraceFlags(trace.TraceFlags.SAMPLED)
        )
        return trace.set_span_in_context(trace.NonRecordingSpan(parent))

    def _send(
        self,
        name: str,
        number: int,
        parent: Context | None,
        about: dict[str, Any],
        times: tuple[float, float],
        failed: str,
    ) -> None:
        from opentelemetry.context import Context
        from opentelemetry.trace import Status, StatusCode

        with context.outside():
            self._ids.next = (self._trace, number)
            span = self._tracer.start_span(
                name, parent or Context(), attributes=about, start_time=int(times[0] * 1e9), record_exception=False
            )
            if failed:
                span.set_status(Status(StatusCode.ERROR, failed))
            span.end(int(times[1] * 1e9))


def _identifiers() -> Any:
    from opentelemetry.sdk.trace.id_generator import IdGenerator

    class Identifiers(IdGenerator):
        """Gives out what it is told: (trace, span)."""

        next = (0, 0)

        def generate_trace_id(self) -> int:
            return self.next[0]

        def generate_span_id(self) -> int:
            return self.next[1]

    return Identifiers()


def _number(text: str, size: int) -> int:
    """Return an identifier of so many bytes, none of which is zero as a whole."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:size], "big") or 1


__all__ = ["Spans", "spans_of"]
