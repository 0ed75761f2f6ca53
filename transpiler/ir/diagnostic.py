"""A diagnostic is a value; printing it is the command line's business."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Diagnostic:
    """What the compiler has to say about a place of the program; line and column count from 1, characters."""

    code: str
    name: str
    severity: str
    file: str
    line: int
    column: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.severity}[{self.name}] {self.message}"
