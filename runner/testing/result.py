"""What a run under test did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from durable.runner.testing.stubs import StubCall


@dataclass(frozen=True)
class StepSeen:
    """One step: `outcome` is "returned" or "raised", `attempts` counts its performances, `started` is (virtual) seconds
    after the start of the run.
    """

    seq: int
    callee: str
    effect: str
    file: str
    line: int
    function: str
    outcome: str
    attempts: int
    started: float

    def __str__(self) -> str:
        return f"{self.callee} at {self.file}:{self.line} in {self.function}"


@dataclass(frozen=True)
class Result:
    """What came of a run: as of plain Python `stdout`, `stderr`, `exit_code` and `exception` (what nobody caught).

    `elapsed` is the virtual time that it took; `prompts` are the texts of the prompts in the order in which they were
    asked; `points` are the names of the moments at which it could have crashed; `lives` says how often it was begun.
    """

    stdout: str
    stderr: str
    exit_code: int
    exception: BaseException | None
    steps: list[StepSeen]
    stub_calls: list[StubCall]
    prompts: list[str]
    elapsed: timedelta
    points: list[str] = field(repr=False, default_factory=list)
    lives: int = 1
    attempts: Mapping[int, int] = field(repr=False, default_factory=dict)

    def calls(self, name: str) -> list[StubCall]:
        """Return the calls of the stub called `name`, in order."""
        return [call for call in self.stub_calls if call.name == name]

    def ok(self) -> Result:
        """Return self; raise AssertionError with what the program said if it failed."""
        if self.exit_code != 0:
            raise AssertionError(
                f"the program ended with exit code {self.exit_code}\n{self.stderr}"
            ) from self.exception
        return self
