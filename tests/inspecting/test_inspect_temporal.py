"""The same on Temporal: the history, replayed, is at lines of plain Python at every event."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from durable.runner.temporal.server import dev_server

WALKER = """\
import asyncio, json, os, sys
from durable.runner.cli.engines import Cluster
from durable.runner.inspecting.picture import Moment
from durable.runner.temporal.connection import connect
from durable.runner.temporal.home import HOME
from durable.runner.temporal.inspecting import past_of, steps
from durable.runner.temporal.service import hosting

address, run, out = sys.argv[1:]
answer = os.open(out, os.O_WRONLY | os.O_CREAT)

async def work():
    pictures, seen = [], -1
    past = await past_of(await connect(Cluster(address)), run)
    async for looked in steps(past):
        last = looked.run.scheduler.next_seq - 1
        if last > seen:
            seen = last
            show = lambda: looked.picture(Moment(run, last)).as_json()
            pictures.append(await asyncio.wrap_future(HOME.submit(show)))
    return pictures

os.write(answer, json.dumps(hosting(work)).encode())
os._exit(0)
"""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with dev_server() as found:
        yield found


@pytest.mark.parametrize(
    ("name", "longest"),
    [("reports.py", "8000"), ("workers.py", "8000"), ("async_queue.py", "8000"), ("folders.py", "60")],
)
def test_every_event_is_at_a_line_of_plain_python(
    name: str, longest: str, walk: Any, address: str, missing: Callable[..., list[Any]]
) -> None:
    """`longest`: events after which the run goes on in a new execution of its workflow, which carries the journal."""
    trace = walk.plain_trace(name)
    run = f"inspect-{name.removesuffix('.py')}"
    done = walk.durable("run", "--address", address, "--id", run, name, env={"DURABLE_TEMPORAL_HISTORY": longest})
    assert done.stdout, done.stderr
    before = walk.durable("show", "--address", address, "--json", run).stdout
    out = walk.folder / "pictures.json"
    walked = walk.call("-c", WALKER, address, run, str(out))
    assert walked.returncode == 0, walked.stderr
    pictures = json.loads(out.read_text())
    assert len(pictures) > 5
    assert missing(pictures, trace) == []
    assert walk.durable("show", "--address", address, "--json", run).stdout == before
