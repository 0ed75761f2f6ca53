"""The emitted workflow in somebody else's worker, and deployed versions."""

import asyncio
import importlib.util
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from temporalio.client import Client, WorkflowFailureError
from temporalio.worker import Worker

from durable.runner.temporal.server import Server
from durable.transpiler.pipeline import compile_program

GREETS = """
import os, sys, time

os.mkdir(sys.argv[1])
time.sleep(0.1)
print("made", os.path.basename(sys.argv[1]))
sys.exit(len(sys.argv))
"""


def emitted(bundle: Path) -> Any:
    """The module that a bundle's workflow.py is."""
    spec = importlib.util.spec_from_file_location("emitted_workflow", bundle / "workflow.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_emitted_workflow_runs_in_a_plain_worker(tmp_path: Path, server: Server) -> None:
    script = tmp_path / "greets.py"
    script.write_text(GREETS)
    compile_program(script).write(tmp_path / "package")
    module = emitted(tmp_path / "package")

    async def main() -> tuple[Any, str]:
        client = await Client.connect(server.address)
        async with Worker(client, task_queue="plain", workflows=[module.Greets], activities=module.activities):
            start: dict[str, Any] = {"task_queue": "plain"}
            arguments = [str(tmp_path / "made")]
            result = await client.execute_workflow("greets", arguments, id=f"plain-{tmp_path.name}", **start)
            try:
                await client.execute_workflow("greets", arguments, id=f"again-{tmp_path.name}", **start)
            except WorkflowFailureError as failure:
                return result, str(failure.cause)
            raise AssertionError("the directory was made twice")

    output, modules = sys.stdout, dict(sys.modules)
    result, failure = asyncio.run(main())
    assert sys.stdout is output
    assert sys.modules["__main__"] is modules["__main__"]
    assert (result["status"], result["exit_code"], result["steps"]) == ("completed", 2, 1)
    assert (tmp_path / "made").is_dir()
    assert "FileExistsError" in failure


def test_a_run_keeps_its_version(place: Any, until: Any) -> None:
    script = place.write("asks.py", "print('old', input('? '))\n")
    old = place.durable("deploy", "--start", script).stdout.strip()
    place.write("asks.py", "print('new', input('? '))\n")
    new = place.durable("deploy", "--start", "--id", place.id(), script).stdout.strip()
    place.begin("worker", script)
    for run in (old, new):
        until(lambda run=run: place.json("show", run)["waits"], "the prompt")
        assert place.durable("answer", run, "x").returncode == 0
    for run, said in ((old, "? old x\n"), (new, "? new x\n")):
        until(lambda run=run: place.json("show", run)["status"] == "completed", "the end")
        assert place.durable("logs", run).stdout == said


def test_a_unit_keeps_a_worker_of_a_cluster_running(place: Any) -> None:
    script = place.write("greets.py", GREETS)
    unit = place.durable("worker", "--systemd", script).stdout
    command = f"worker --address {place.address} --namespace default {place.folder / script}\n"
    assert next(line for line in unit.splitlines(True) if line.startswith("ExecStart=")).endswith(command)
    assert f"WorkingDirectory={place.folder}\n" in unit
    assert place.durable("worker", "--systemd").returncode == 2


def test_dev_is_a_server_that_goes_on_from_its_file(tmp_path: Path, place: Any) -> None:
    script = place.write("hello.py", "print('hello')\n")
    run = place.id()
    for _ in range(2):
        command = [sys.executable, "-m", "durable", "dev", "--port", "0", "--db", str(tmp_path / "dev.db")]
        dev = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        place.children.append(dev)
        assert dev.stdout is not None
        place.address = dev.stdout.readline().strip()
        done = place.durable("run", "--id", run, script)
        assert (done.stdout, done.returncode) == ("hello\n", 0), done.stderr
        assert [row["id"] for row in place.json("ps")] == [run]
        dev.send_signal(signal.SIGTERM)
        dev.communicate()
        assert dev.returncode == 0
