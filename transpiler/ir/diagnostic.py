"""A diagnostic is a value; printing it is the command line's business. Here are all the kinds that the compiler has."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """A code and a kebab name that stay, and how bad it is: `error` refuses the program, `warning`, `note`."""

    code: str
    name: str
    severity: str


MISSING_MODULE = Kind("D101", "missing-module", "warning")
POLICY_SYNTAX = Kind("D102", "policy-syntax", "error")
ASYNC_STEP = Kind("D103", "async-step", "error")
REGION_NOT_OUTLINED = Kind("D104", "region-not-outlined", "error")
POLICY_UNUSED = Kind("D105", "policy-unused", "warning")
REFUSED = Kind("D201", "refused", "error")
NOT_DURABLE_YET = Kind("D202", "not-durable-yet", "warning")
ADDRESS_SHOWN = Kind("D401", "address-shown", "warning")
ENDLESS_LOOP = Kind("D402", "endless-loop", "warning")
WAIT_WITH_RESOURCE = Kind("D403", "wait-with-resource", "warning")
SECRET_SHOWN = Kind("D404", "secret-shown", "warning")
SET_ORDER = Kind("D405", "set-order", "note")
LISTING_ORDER = Kind("D406", "listing-order", "note")
EFFECT_AT_DEFINITION = Kind("D407", "effect-at-definition", "warning")
LIBRARY_STATE = Kind("D408", "library-state", "note")
LINTS = (
    *(ADDRESS_SHOWN, ENDLESS_LOOP, WAIT_WITH_RESOURCE, SECRET_SHOWN),
    *(SET_ORDER, LISTING_ORDER, EFFECT_AT_DEFINITION, LIBRARY_STATE),
)
VERDICT_CHANGED = Kind("D501", "verdict-changed", "error")
NOT_LOCKED = Kind("D502", "not-locked", "error")
PACKAGE_UPDATED = Kind("D503", "package-updated", "note")
NO_TYPE_CHECKER = Kind("D301", "no-type-checker", "note")


@dataclass(frozen=True)
class Place:
    """A place of the program: file relative to the import root, line and column from 1, in characters."""

    file: str
    line: int
    column: int


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

    @staticmethod
    def of(kind: Kind, place: Place, message: str) -> Diagnostic:
        """A diagnostic of a kind."""
        return Diagnostic(kind.code, kind.name, kind.severity, place.file, place.line, place.column, message)

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.severity}[{self.name}] {self.message}"
