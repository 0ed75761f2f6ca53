"""Compiled bundles kept by content."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from durable.transpiler.ir.bundle import Bundle

if TYPE_CHECKING:
    from durable.transpiler.ir.plan import Plan


class Cache:
    """Not kept yet."""

    @staticmethod
    def of(directory: Path | None, script: Path, options: object) -> Cache:
        """The cache for one script compiled one way."""
        return Cache()

    def find(self) -> Bundle | None:
        """Nothing yet."""
        return None

    def store(self, bundle: Bundle, plan: Plan) -> None:
        """Nothing yet."""
