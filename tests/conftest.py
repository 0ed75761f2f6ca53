"""Fixtures: a project directory of its own and the `durable` command run in it as a user would."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from waiting import until

ROOT = Path(__file__).resolve().parent.parent
PROGRAMS = ROOT / "tests" / "programs"

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # tests in the background of a shell, which hands that on
    signal.signal(signal.SIGINT, signal.default_int_handler)


class Project:
    """A directory with programs in it. Commands run there, each in a process of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home = folder / ".durable"

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def environment(self, extra: Mapping[str, str] | None = None) -> dict[str, str]:
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("DURABLE_", "PYTEST_"))}
        return {**kept, "XDG_STATE_HOME": str(self.folder / "state"), "PYTHONDONTWRITEBYTECODE": "1", **(extra or {})}

    def python(self, *args: str, **options: Any) -> subprocess.CompletedProcess[str]:
        """Run plain Python."""
        return self._run([sys.executable, *args], **options)

    def durable(self, *args: str, **options: Any) -> subprocess.CompletedProcess[str]:
        """Run `durable` with `args`; `env` adds variables, `input` is its standard input (default: none)."""
        return self._run([sys.executable, "-m", "durable", *args], **options)

    def start(self, *args: str, env: Mapping[str, str] | None = None, **options: Any) -> subprocess.Popen[str]:
        """Start `durable` with `args` and return at once."""
        return subprocess.Popen(
            [sys.executable, "-m", "durable", *args],
            cwd=self.folder,
            env=self.environment(env),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **{"stdin": subprocess.DEVNULL, **options},
        )

    def _run(self, command: list[str], **options: Any) -> subprocess.CompletedProcess[str]:
        env = self.environment(options.pop("env", None))
        if "input" not in options:
            options.setdefault("stdin", subprocess.DEVNULL)
        return subprocess.run(
            command, cwd=self.folder, env=env, capture_output=True, text=True, timeout=120, check=False, **options
        )


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "pyproject.toml").touch()
    return Project(tmp_path)


@pytest.fixture(name="until")
def until_fixture() -> Callable[[Callable[[], Any], str], Any]:
    """Wait for what another process does."""
    return until


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what tests measured: each `record_property("summary", text)`."""
    for report in terminalreporter.getreports("passed"):
        for name, text in report.user_properties:
            if name == "summary":
                terminalreporter.write_line(str(text))


@pytest.fixture(scope="module")
def shared_project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project for all tests of a file, which only look at it."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "pyproject.toml").touch()
    return Project(folder)
