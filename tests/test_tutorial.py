"""The tutorial's programs and commands, in a folder of their own, in order: what it shows is what one sees."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

TEXT = (Path(__file__).resolve().parent.parent / "docs" / "tutorial.md").read_text()
_BLOCK = re.compile(r"^```(python|console)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def test_the_tutorial(tmp_path: Path) -> None:
    bin_folder = Path(sys.executable).parent
    kept = {key: value for key, value in os.environ.items() if not key.startswith("DURABLE_")}
    env = {**kept, "PATH": f"{bin_folder}:{os.environ['PATH']}", "XDG_STATE_HOME": str(tmp_path / "state")}
    folder = tmp_path / "tutorial"
    folder.mkdir()
    for kind, text in _BLOCK.findall(TEXT):
        if kind == "python":
            folder.joinpath(text.split()[1]).write_text(text)
            continue
        for command, shown in _commands(text):
            if command.startswith("timeout"):
                _killed(command, folder, env)
                continue
            if command.startswith("durable answer"):
                _until_asked(folder, env)
            said = _said(command, folder, env)
            assert said.returncode == 0, said.stdout
            if shown:
                assert _pattern(shown).fullmatch(said.stdout), (command, shown, said.stdout)


def _commands(block: str) -> Iterator[tuple[str, str]]:
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        command, _, shown = part.partition("\n")
        yield command, shown


def _said(command: str, folder: Path, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=150,
    )


def _killed(command: str, folder: Path, env: dict[str, str]) -> None:
    """Kill what `timeout` would, when it has charged two customers, however long that takes here."""
    words = command.split()
    ledger = folder / "ledger.txt"
    with subprocess.Popen(words[words.index("KILL") + 2 :], cwd=folder, env=env, stdout=subprocess.DEVNULL) as process:
        while not (ledger.exists() and "Blaise" in ledger.read_text()):
            time.sleep(0.05)
        process.kill()


def _until_asked(folder: Path, env: dict[str, str]) -> None:
    while '"prompt"' not in _said("durable show --json order", folder, env).stdout:
        time.sleep(0.1)


def _pattern(shown: str) -> re.Pattern[str]:
    """Return what fits `shown`: "…" stands for anything, and in tables and lines of durable's own any number does."""
    lines = []
    for line in shown.splitlines():
        fits = r"\s+".join(map(re.escape, line.split()))
        if line.startswith("may  interrupted"):
            fits = r"may\s+interrupted.*"  # where it was killed
        elif line.startswith(("durable:", "+")):
            fits = re.sub(r"\d+", r"\\d+", fits)
        lines.append(fits.replace("…", "(?s:.*)"))
    return re.compile(r"\s*\n".join(lines) + r"\s*")
