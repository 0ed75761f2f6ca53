"""The README is up to date and its commands run."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
BLOCKS = re.findall(r"^```console\n(.*?)^```", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL)


def test_the_main_example_is_shown_as_it_is_generated() -> None:
    done = subprocess.run([sys.executable, str(ROOT / "scripts" / "readme"), "--check"], check=False)
    assert done.returncode == 0, "run scripts/readme"


def test_a_one_line_edit_changes_few_generated_lines(tmp_path: Path) -> None:
    from difflib import unified_diff

    from durable.transpiler.pipeline import compile_program

    source = (ROOT / "examples" / "orders" / "orders.py").read_text()
    lines = source.splitlines(keepends=True)
    before = compile_program(_written(tmp_path / "a", source)).module("__main__").generated
    edits = 0
    for number, line in enumerate(lines):
        if not line.startswith("    ") or ("session." not in line and "db." not in line):
            continue
        edited = [
            *lines[:number],
            line.replace("timeout=30", "timeout=60").replace("DATABASE", "'x.db'") + "    pass\n",
            *lines[number + 1 :],
        ]
        try:
            after = compile_program(_written(tmp_path / str(number), "".join(edited))).module("__main__").generated
        except Exception:
            continue  # not every line can be followed by another
        changed = [item for item in unified_diff(before.splitlines(), after.splitlines(), n=0) if item[0] in "+-"][2:]
        assert len(changed) <= 5, changed
        edits += 1
    assert edits > 0


def _written(folder: Path, text: str) -> Path:
    folder.mkdir()
    (folder / "orders.py").write_text(text)
    return folder / "orders.py"


@pytest.fixture
def checkout(tmp_path: Path) -> dict[str, str]:
    """A copy of the examples to give the README's commands in; what they leave in the background is stopped."""
    shutil.copytree(ROOT / "examples", tmp_path / "examples", ignore=shutil.ignore_patterns(".durable"))
    bin_folder = str(Path(sys.executable).parent)
    kept = {key: value for key, value in os.environ.items() if not key.startswith("DURABLE_")}
    here = {"XDG_STATE_HOME": str(tmp_path / "state"), "HERE": str(tmp_path)}
    return {**kept, "PATH": f"{bin_folder}:{os.environ['PATH']}", **here}


@pytest.mark.parametrize("block", BLOCKS[:-1])
def test_commands(block: str, checkout: dict[str, str]) -> None:
    first = (
        "durable run --id first examples/backup.py >/dev/null\n" if "first" in block and "run --id" not in block else ""
    )
    _shell("set -e\n" + first + _commands(block), checkout)


def test_temporal_commands(checkout: dict[str, str]) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    script = _commands(BLOCKS[-1]).replace("7233", str(port))
    look = f"durable ps --address 127.0.0.1:{port} | grep -q 'june.*completed'"
    _shell(f"{script}\nfor i in $(seq 200); do {look} && exit 0; sleep 0.3; done; exit 1", checkout)


def test_demo(checkout: dict[str, str]) -> None:
    done = subprocess.run(
        [str(ROOT / "scripts" / "demo"), "--id", f"demo{os.getpid()}"],
        env={**checkout, "DURABLE_HOME": f"{checkout['HERE']}/state", "PAUSE": "0.05"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "shipped" in done.stdout


def _commands(block: str) -> str:
    return "\n".join(line.removeprefix("$ ") for line in block.splitlines() if line.startswith("$ "))


def _shell(script: str, env: dict[str, str]) -> None:
    """Run `script`; what it leaves in the background is stopped when it ends."""
    log = Path(env["HERE"]) / "output.txt"
    with log.open("w") as output:
        process = subprocess.Popen(
            ["bash", "-c", script],
            cwd=env["HERE"],
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            assert process.wait(timeout=150) == 0, log.read_text()
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
