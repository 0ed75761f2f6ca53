"""What goes wrong in a test because the test does not say enough; an exception of the program is never one of these."""

from __future__ import annotations

from durable.runner.errors import DurableError


class Stuck(DurableError):
    """The program waits for something that the test does not provide."""


class UnstubbedEffect(DurableError):
    """The program asked for an effect that is neither stubbed nor allowed."""


class RecordingMismatch(DurableError):
    """The program asked for something else than was recorded."""


class CrashDiffers(AssertionError):
    """A crash at some point gave another answer."""
