"""The examples of docs/testing.md run as a user's tests do."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def run_pytest(folder: Path, *args: str) -> subprocess.CompletedProcess[str]:
    """Run pytest as in a project of a user's own, in `folder`."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:asyncio", "--rootdir", str(folder), *args]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)


def test_the_example_passes(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "testing.md").read_text()
    for name, body in re.findall(r"```python (\S+\.py)\n(.*?)```", text, re.DOTALL):
        (tmp_path / name).write_text(body)
    done = run_pytest(tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert not (tmp_path / ".durable").exists()


def test_a_session_without_it_imports_nothing(tmp_path: Path) -> None:
    (tmp_path / "test_other.py").write_text(
        "import sys\n\n\ndef test_it():\n"
        "    assert 'durable.pytest_plugin' in sys.modules\n"
        "    assert [name for name in sys.modules if name.startswith(('durable.', 'temporalio', 'greenlet'))]"
        " == ['durable.pytest_plugin']\n"
    )
    done = run_pytest(tmp_path, "-p", "no:cacheprovider")
    assert done.returncode == 0, done.stdout + done.stderr
