"""A small sample of `benchmarks/reliability.py`: after kills, power failures, full disks and a clock set back, the
answer is the plain program's, no recorded step is lost, and none but those in doubt is done again."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture
def reliability(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    spec = importlib.util.spec_from_file_location("reliability", BENCHMARKS / "reliability.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "reliability", module)
    spec.loader.exec_module(module)
    return module


def test_a_sample_of_faults(reliability: ModuleType) -> None:
    found = reliability.campaigns({"kills": 1, "power": 3, "full": 1, "clock": 1}, seed=7)
    assert {way: tally.wrong for way, tally in found.items()} == {"kills": [], "power": [], "full": [], "clock": []}
