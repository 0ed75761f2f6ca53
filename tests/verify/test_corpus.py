"""The command that verifies the corpus: it keeps results, goes on after them, and writes a page."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "corpus.py"


def test_a_campaign_goes_on_where_it_stopped(tmp_path: Path) -> None:
    keep, page = tmp_path / "kept.jsonl", tmp_path / "corpus.md"
    page.write_text("# Ours\n")
    command = [sys.executable, str(SCRIPT), "uncaught.py", "--engine", "local", "--kills", "1", "--keep", str(keep)]
    first = subprocess.run([*command, "--json"], capture_output=True, text=True, check=True)
    again = subprocess.run([*command, "--write", str(page)], capture_output=True, text=True, check=True)
    [outcome] = json.loads(first.stdout)
    assert (outcome["kills"], outcome["differences"]) == (1, [])
    assert (first.stderr, again.stderr) == ("uncaught.py local 1 same\n", "")
    assert len(keep.read_text().splitlines()) == 1
    assert page.read_text().startswith("# Ours\n")
    assert "| uncaught.py | Ends with an exception that nobody catches" in page.read_text()
