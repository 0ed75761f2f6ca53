"""What tests of plain programs use besides the fixture `durable_program` (docs/testing.md)."""

from __future__ import annotations

from durable.runner.testing.errors import CrashDiffers, RecordingMismatch, Stuck, UnstubbedEffect
from durable.runner.testing.programs import Programs
from durable.runner.testing.result import Result, StepSeen
from durable.runner.testing.script import Answer
from durable.runner.testing.stubs import StubCall, each, slow

__all__ = [
    "Answer",
    "CrashDiffers",
    "Programs",
    "RecordingMismatch",
    "Result",
    "StepSeen",
    "StubCall",
    "Stuck",
    "UnstubbedEffect",
    "each",
    "slow",
]
