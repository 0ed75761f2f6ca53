"""Errors of the compiler that are the user's to mend; each names the place and what to do."""

from __future__ import annotations


class ProgramError(Exception):
    """The program cannot be compiled: `file:line:column`, the cause, and the fix. Lines and columns count from 1."""

    def __init__(self, file: str, line: int, column: int, message: str, fix: str = "") -> None:
        super().__init__(file, line, column, message, fix)
        self.file = file
        self.line = line
        self.column = column
        self.message = message
        self.fix = fix

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}: {self.message}"
        return f"{place}\n  {self.fix}" if self.fix else place
