"""What tests of programs under test need: their texts written down, and plain Python to compare with."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from durable.testing import Result


class Script:
    """A program in a directory of its own."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, text: str) -> str:
        self.path.write_text(textwrap.dedent(text))
        return str(self.path)

    def is_as_plain(self, result: Result, *args: str, stdin: str = "") -> bool:
        """Say whether the result is what plain Python gives with the same arguments and input."""
        command, env = [sys.executable, str(self.path), *args], {**os.environ}
        env.pop("PYTEST_CURRENT_TEST", None)
        done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False, env=env)
        assert (result.stdout, result.stderr, result.exit_code) == (done.stdout, done.stderr, done.returncode)
        return True


@pytest.fixture
def script(tmp_path: Path) -> Script:
    folder = tmp_path / "project"
    folder.mkdir()
    return Script(folder / "program.py")
