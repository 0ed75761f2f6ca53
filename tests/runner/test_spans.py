"""OpenTelemetry: a span for each step, one trace for a run that was killed and went on."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

if TYPE_CHECKING:
    from tests.conftest import Project  # type: ignore[import-not-found]

PROGRAM = """\
import os

def make(name):
    os.mkdir(name)

for name in ("a", "b", "c"):
    make(name)
try:
    make("a")
except FileExistsError:
    print("there is a")
"""


@pytest.fixture
def collector() -> Iterator[tuple[str, list[Any]]]:
    """A receiver of OTLP over HTTP: its address, and the spans that it got."""
    spans: list[Any] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                for scope in resource.scope_spans:
                    spans.extend(scope.spans)
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", spans
    server.shutdown()
    server.server_close()


def test_one_trace_across_a_crash(project: Project, collector: tuple[str, list[Any]]) -> None:
    address, spans = collector
    project.write("p.py", PROGRAM)
    plain = project.python("p.py")
    for name in "abc":
        (project.folder / name).rmdir()
    killed = project.durable("run", "--id", "r", "p.py", env={"DURABLE_TRACES": "console", "DURABLE_CRASH": "5"})
    before = [json.loads(line) for line in killed.stderr.splitlines() if line.startswith("{")]
    done = project.durable(
        "run", "--id", "r", "p.py", env={"DURABLE_TRACES": "otlp", "OTEL_EXPORTER_OTLP_ENDPOINT": address}
    )
    assert (done.returncode, done.stdout) == (0, plain.stdout), done.stderr
    *steps, run = spans
    assert [span["attributes"]["durable.step.seq"] for span in before] == [0]
    assert [_about(span)["durable.step.seq"].int_value for span in steps] == [1, 2, 3]
    assert {f"0x{span.trace_id.hex()}" for span in spans} == {span["context"]["trace_id"] for span in before}
    assert {span.parent_span_id for span in steps} == {run.span_id}
    assert before[0]["parent_id"] == f"0x{run.span_id.hex()}"
    assert {span.name for span in steps} == {"os.mkdir"}
    assert [span.status.code for span in steps] == [0, 0, 2]
    assert (run.name, _about(run)["durable.status"].string_value) == ("p.py", "completed")
    assert _about(steps[0])["code.line.number"].int_value == 4


def _about(span: Any) -> dict[str, Any]:
    return {each.key: each.value for each in span.attributes}


def test_what_is_not_known_is_refused(project: Project) -> None:
    project.write("p.py", "print(1)\n")
    done = project.durable("run", "p.py", env={"DURABLE_TRACES": "zipkin"})
    assert (done.returncode, done.stdout) == (2, "")
    assert "DURABLE_TRACES is one of otlp, console and none, not 'zipkin'" in done.stderr
