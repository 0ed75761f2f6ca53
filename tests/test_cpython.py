"""Some of CPython's own test files as durable programs: the same outcome, test by test, as in plain Python."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parent.parent / "benchmarks" / "cpython.py"


@pytest.mark.parametrize("module", ["test_super", "test_with", "test_json.test_decode"])
def test_same_outcome_as_in_plain_python(module: str) -> None:
    done = subprocess.run([sys.executable, str(SCRIPT), "--json", module], capture_output=True, text=True, check=False)
    [result] = json.loads(done.stdout)
    assert result["tests"] > 10
    assert [each for each in result["differences"] if not each["cause"]] == []
