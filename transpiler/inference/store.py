"""Verdicts kept on disk: one holds as long as the compiler and every file that it was read from are as they were."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TypedDict, cast

from durable.transpiler.inference.values import Inferred
from durable.transpiler.ir.bundle import write_private
from durable.transpiler.ir.effects import Effect


class _Record(TypedDict):
    effect: str
    reason: list[str]
    is_class: bool
    files: list[tuple[str, int, int]]


class Store:
    """The verdicts in `directory` (None: kept nowhere) made by the compiler that `fingerprint` stands for."""

    def __init__(self, directory: Path | None = None, fingerprint: str = "") -> None:
        self._directory = directory
        self._fingerprint = fingerprint

    def find(self, name: str) -> Inferred | None:
        """The verdict on a name, if the files that it was read from are unchanged."""
        if self._directory is None:
            return None
        try:
            record = cast(_Record, json.loads(self._path(name).read_text(encoding="utf-8")))
            paths = tuple(Path(path) for path, _, _ in record["files"])
            if [_state(path) for path in paths] != [tuple(one) for one in record["files"]]:
                return None
            return Inferred(Effect(record["effect"]), tuple(record["reason"]), record["is_class"], paths)
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def keep(self, name: str, verdict: Inferred) -> None:
        """Keeps a verdict."""
        if self._directory is None:
            return
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        files = [_state(path) for path in verdict.files]
        record = _Record(
            effect=verdict.effect.value, reason=list(verdict.reason), is_class=verdict.is_class, files=files
        )
        write_private(self._path(name), json.dumps(record))

    def _path(self, name: str) -> Path:
        assert self._directory is not None
        key = hashlib.sha256(f"{self._fingerprint} {name}".encode()).hexdigest()[:32]
        return self._directory / f"{key}.json"


def _state(path: Path) -> tuple[str, int, int]:
    status = path.stat()
    return str(path), status.st_size, status.st_mtime_ns
