"""Many runs of the main example on a cluster whose workers and server are killed, against the plain program's answer.

    python benchmarks/cluster.py [--runs N] [--workers N] [--seconds S] [--servers N] [--write docs/reliability.md]

For S seconds a worker, drawn by chance, gets SIGKILL every few seconds and is started again; the server, which keeps a
database file, is killed N times. Then all runs are waited for. Each must have printed what plain Python prints, left
the same report, and asked the world for the same shipments; whatever the world was asked for twice must be an
attempt of a step that the run's history shows as in doubt.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import dataclasses
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from temporalio.client import (
    Client,
    WorkflowExecutionStatus,
    WorkflowFailureError,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.service import RPCError

from durable.runner.journal.home import home_of_script
from durable.runner.local.driver import Launch, build, make_spec
from durable.runner.temporal.commands import whole_history
from durable.runner.temporal.deploying import register
from durable.runner.temporal.following import start
from durable.runner.temporal.looking import chunks_of
from durable.runner.temporal.server import Server, ServerOptions
from durable.runner.temporal.service import Served

EXAMPLE = Path(__file__).resolve().parents[1] / "examples" / "orders"
POLICY = '[tool.durable.steps."requests.Session.post"]\nidempotency_header = "Idempotency-Key"\n'
ANSWERS = ("yes\n", "no\n")
_PATIENCE = 600.0


@dataclass(frozen=True)
class Size:
    """How much: runs, worker processes, seconds of kills, kills of the server."""

    runs: int = 100
    workers: int = 3
    seconds: float = 120.0
    servers: int = 2
    between: tuple[float, float] = (2.0, 5.0)


@dataclass
class Found:
    """What came of it."""

    worker_kills: int = 0
    server_kills: int = 0
    steps: int = 0
    seconds: float = 0.0
    doubts: list[tuple[str, dict[str, Any], int]] = field(default_factory=list)
    """Run, step as `durable show` has it, and how often the world was asked for it (0: the world is not the log's)."""
    wrong: list[str] = field(default_factory=list)


class Cluster:
    """A world, a server with a database file and workers, all children of this process."""

    def __init__(self, folder: Path, size: Size) -> None:
        self.folder, self.size, self.found = folder, size, Found()
        shutil.copy(EXAMPLE / "orders.py", folder)
        (folder / "pyproject.toml").write_text(POLICY)
        self.log = folder / "world.log"
        command = [sys.executable, str(EXAMPLE / "world.py"), "--http-port", "0", "--smtp-port", "0"]
        self.world = subprocess.Popen(
            [*command, "--log", str(self.log), "--until-stdin-closes"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.world.stdout is not None
        addresses = dict(pair.split("=", 1) for pair in self.world.stdout.readline().split())
        self.environment = {**os.environ, **addresses, "PAUSE": "0.2", "XDG_STATE_HOME": str(folder / "state")}
        self.server = Server(ServerOptions(folder / "temporal.db"))
        self.server.wait_until_ready()
        self.workers: list[subprocess.Popen[bytes]] = []

    def plain(self) -> str:
        """Run the example in plain Python in `plain/`; return what it printed."""
        (self.folder / "plain").mkdir()
        done = subprocess.run(
            [sys.executable, str(self.folder / "orders.py")],
            cwd=self.folder / "plain",
            env=self.environment,
            input="".join(ANSWERS),
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    def asked(self) -> list[dict[str, Any]]:
        """Return the shipments and mails that the world was asked for, without those of plain Python."""
        entries = [json.loads(line) for line in self.log.read_text().splitlines()]
        return [entry for entry in entries if entry.get("method") != "GET"]

    def begin_worker(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "durable", "worker", "--address", self.server.address, "orders.py"]
        with open(self.folder / "workers.log", "ab") as log:
            return subprocess.Popen(
                command, cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    def kill_worker(self, index: int) -> None:
        self.workers[index].send_signal(signal.SIGKILL)
        self.workers[index].wait()
        self.workers[index] = self.begin_worker()
        self.found.worker_kills += 1

    def kill_server(self) -> None:
        self.server.kill()
        self.server = Server(ServerOptions(self.folder / "temporal.db", port=self.server.port))
        self.server.wait_until_ready()
        self.found.server_kills += 1

    def stop(self) -> None:
        for worker in self.workers:
            worker.kill()
            worker.wait()
        self.server.stop()
        assert self.world.stdin is not None
        self.world.stdin.close()
        self.world.wait()
        assert self.world.stdout is not None
        self.world.stdout.close()


def campaign(folder: Path, size: Size, seed: int = 7) -> Found:
    """Do it all in a folder; return what was found."""
    cluster = Cluster(folder, size)
    try:
        expected = cluster.plain()
        before = len(cluster.asked())
        cluster.workers = [cluster.begin_worker() for _ in range(size.workers)]
        asyncio.run(_Campaign(cluster, expected, before, random.Random(seed)).run())
        return cluster.found
    finally:
        cluster.stop()


@dataclass
class _Campaign:
    cluster: Cluster
    expected: str
    before: int
    chance: random.Random

    async def run(self) -> None:
        cluster, size = self.cluster, self.cluster.size
        client = await Client.connect(cluster.server.address)
        prompts = re.findall(r"Ship it\? \[yes/no\] ", self.expected)
        assert len(prompts) == len(ANSWERS)
        runs = await self._start(client)
        began = time.monotonic()
        killing = asyncio.create_task(self._kill(began))
        ended: dict[str, Any] = {}
        asked: Counter[str] = Counter()
        while len(ended) < len(runs):
            if time.monotonic() - began > size.seconds + _PATIENCE:
                cluster.found.wrong += [f"{run} has not ended" for run in runs if run not in ended]
                break
            open_runs = [run for run in runs if run not in ended]
            await asyncio.gather(*(self._look(client, run, ended, asked) for run in open_runs))
            await asyncio.sleep(1)
        cluster.found.seconds = time.monotonic() - began
        killing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await killing
        for run in ended:
            await self._compare(client, run, ended[run])
        self._compare_world(list(ended))

    async def _start(self, client: Client) -> list[str]:
        script = str(self.cluster.folder / "orders.py")
        home = home_of_script(Path(script)).make()
        bundle = build(Launch(script, ()), home)
        served = Served(bundle, home.bundles / bundle.hash)
        spec = make_spec(Launch(script, ()), bundle, stored_in=home)
        await register(client, served)
        runs = []
        for number in range(self.cluster.size.runs):
            run = f"orders{number}"
            (self.cluster.folder / run).mkdir()
            own = dataclasses.replace(
                spec, id=run, cwd=str(self.cluster.folder / run), seed=f"{number:032x}", tty=(False,) * 3, stdin="none"
            )
            await start(client, own, served, is_deployed=True)
            runs.append(run)
        return runs

    async def _kill(self, began: float) -> None:
        cluster, size = self.cluster, self.cluster.size
        moments = [size.seconds * (number + 1) / (size.servers + 1) for number in range(size.servers)]
        while time.monotonic() - began < size.seconds:
            await asyncio.sleep(self.chance.uniform(*size.between))
            await asyncio.to_thread(cluster.kill_worker, self.chance.randrange(size.workers))
            if moments and time.monotonic() - began > moments[0]:
                moments.pop(0)
                await asyncio.to_thread(cluster.kill_server)

    async def _look(self, client: Client, run: str, ended: dict[str, Any], asked: Counter[str]) -> None:
        """Take the outcome of a run that has ended, else answer its prompt if it has one open."""
        handle = client.get_workflow_handle(run)
        with contextlib.suppress(RPCError, asyncio.TimeoutError, WorkflowUpdateRPCTimeoutOrCancelledError):
            found = await handle.describe()
            if found.status is not WorkflowExecutionStatus.RUNNING:
                try:
                    ended[run] = await handle.result()
                except WorkflowFailureError as failure:
                    ended[run] = {"error": str(failure.cause)}
                return
            number = asked[run]
            if number < len(ANSWERS):
                update = handle.execute_update("answer", args=[ANSWERS[number], "", str(number)], id=f"answer-{number}")
                try:
                    await asyncio.wait_for(update, 5)
                    asked[run] += 1
                except WorkflowUpdateFailedError as error:
                    if "already" in str(error.cause):
                        asked[run] += 1

    async def _compare(self, client: Client, run: str, outcome: dict[str, Any]) -> None:
        """Compare what a run printed and left with the plain program's, and note its steps in doubt."""
        cluster = self.cluster
        said = b"".join(data for fd, data in chunks_of(outcome.get("output") or []) if fd == 1).decode()
        if said != self.expected:
            cluster.found.wrong.append(f"{run} printed {said!r:.300}, error {outcome.get('error')!r}")
        for name in ("report.csv",):
            one, other = (cluster.folder / place / name for place in (run, "plain"))
            if not one.exists() or one.read_bytes() != other.read_bytes():
                cluster.found.wrong.append(f"{run} left another {name}")
        found = await client.get_workflow_handle(run).describe()
        history = await whole_history(client, found, await found.memo())
        cluster.found.steps += len(history.steps)
        for step in history.listed():
            if step["in_doubt"] or step["attempts"] > 1:
                cluster.found.doubts.append((run, step, 0))

    def _compare_world(self, runs: list[str]) -> None:
        """Account for what the world was asked more than once."""
        found = self.cluster.found
        asked = self.cluster.asked()
        shipments = [entry for entry in asked[self.before :] if entry["kind"] == "http"]
        mails = sum(entry["kind"] == "smtp" for entry in asked[self.before :])
        keys = Counter(entry["idempotency_key"] for entry in shipments)
        plain = sorted(json.dumps(entry["body"]) for entry in asked[: self.before] if entry["kind"] == "http")
        for run in runs:
            own = {entry["idempotency_key"]: entry for entry in shipments if _run_of(entry) == run}
            if sorted(json.dumps(entry["body"]) for entry in own.values()) != plain:
                found.wrong.append(f"{run} asked for other shipments")
        doubts = {(run, step["seq"]): step for run, step, _ in found.doubts}
        for key, times in keys.items():
            run, seq, _ = str(key).rsplit("-", 2)
            step = doubts.get((run, int(seq)))
            if times > 1 and (step is None or times > step["attempts"]):
                found.wrong.append(f"{key} was asked for {times} times, and is not in doubt")
        found.doubts = [
            (run, step, sum(times for key, times in keys.items() if str(key).startswith(f"{run}-{step['seq']}-")))
            for run, step, _ in found.doubts
        ]
        sent_again = sum(step["attempts"] - 1 for _, step, _ in found.doubts if "send" in step["callee"])
        if not len(runs) <= mails <= len(runs) + sent_again:
            found.wrong.append(f"{mails} mails of {len(runs)} runs, {sent_again} attempts in doubt")


def _run_of(entry: dict[str, Any]) -> str:
    return str(entry["idempotency_key"]).rsplit("-", 2)[0]


def report(size: Size, found: Found) -> str:
    """Return the figures, and each step in doubt, as Markdown."""
    rows = [
        f"| {run} | {step['seq']} | {step['callee']} | {step['attempts']} | {times or '-'} | {step['status']} |"
        for run, step, times in found.doubts
    ]
    return "\n".join(
        [
            f"{size.runs} runs of the main example, {size.workers} workers: "
            f"{found.steps:,} steps in {found.seconds:.0f} s; "
            f"killed: {found.worker_kills} workers, {found.server_kills} servers; {len(found.doubts)} steps in doubt; "
            f"{len(found.wrong)} things not as they must be.",
            *(f"- {wrong}" for wrong in found.wrong),
            "",
            "| run | step | callee | attempts | the world was asked | in the end |",
            "|---|---|---|---|---|---|",
            *rows,
        ]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--servers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--keep", type=Path, help="an empty directory to work in, which stays")
    options = parser.parse_args()
    size = Size(options.runs, options.workers, options.seconds, options.servers)
    with tempfile.TemporaryDirectory(prefix="durable-cluster-") as name:
        found = campaign(options.keep or Path(name), size, options.seed)
    print(report(size, found))
    raise SystemExit(bool(found.wrong))


if __name__ == "__main__":
    main()
