"""Compiled bundles kept on disk: a program whose files, libraries and compiler are as they were is not compiled again.

An index entry per (script, way of compiling) lists everything the result depends on: files that were read, files whose
absence mattered, and what compiled them. Looking it up reads no source and imports no parser. The program's own files
are named from the cache's directory: a project that is moved or copied together with its cache keeps it.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, cast

from durable.transpiler.files import files_below
from durable.transpiler.ir.bundle import Bundle, Manifest, write_private

if TYPE_CHECKING:
    from durable.transpiler.ir.plan import Plan
    from durable.transpiler.ir.program import Program

_JUST_NOW = 1_000_000_000


class FileRecord(TypedDict):
    """A file as it was: nanoseconds, bytes, and the hash of its content (empty: not hashed, a library's)."""

    path: str
    size: int
    mtime: int
    sha256: str


class Index(TypedDict):
    """Everything that a compiled bundle depends on; `stored` in nanoseconds, `place` is where the cache was then."""

    compiler: str
    place: str
    stored: int
    root: str
    files: list[FileRecord]
    absent: list[str]
    bundle: str


@dataclass(frozen=True)
class Cache:
    """The cache in `directory` (None: keeps nothing) for one script compiled one way."""

    directory: Path | None
    key: str

    @staticmethod
    def of(directory: Path | None, script: Path, variant: Sequence[str]) -> Cache:
        """The cache for a script; `variant` is all else that the compilation was asked for."""
        place = (directory or Path()).absolute()
        text = json.dumps([len(place.parts), os.path.relpath(".", place), os.path.relpath(script, place), *variant])
        return Cache(directory, hashlib.sha256(text.encode()).hexdigest()[:32])

    def find(self) -> Bundle | None:
        """The bundle compiled before, if compiling again would give the same."""
        if self.directory is None:
            return None
        try:
            index = cast(Index, json.loads(self._index.read_text(encoding="utf-8")))
            if not self._holds(index):
                return None
            bundle = Bundle.load(self.directory / "bundles" / index["bundle"])
        except (OSError, ValueError, KeyError):
            return None
        return _at(bundle, self._found(index["root"]))

    def store(self, bundle: Bundle, plan: Plan, policy: Path | None) -> None:
        """Keeps a bundle; a file that was changed while it was compiled keeps it from being found."""
        if self.directory is None:
            return
        program = plan.resolved.program
        index = Index(
            compiler=fingerprint(),
            place=str(self.directory.absolute()),
            stored=time.time_ns(),
            root=self._named(program.root),
            files=[*self._own_files(program, policy), *_libraries(program), *_consulted(plan)],
            absent=[self._named(path) for path in (*program.absent, *_absent_policies(program.root, policy))],
            bundle=f"{bundle.hash[:32]}-{self.key[:8]}",
        )
        for folder in (self.directory, self.directory / "bundles", self.directory / "index"):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        bundle.write(self.directory / "bundles" / index["bundle"])
        write_private(self._index, json.dumps(index))

    @property
    def _index(self) -> Path:
        assert self.directory is not None
        return self.directory / "index" / f"{self.key}.json"

    def _named(self, path: Path) -> str:
        assert self.directory is not None
        return os.path.relpath(path, self.directory)

    def _found(self, name: str) -> Path:
        """The path of a file that an index names; those of libraries are absolute."""
        assert self.directory is not None
        return Path(os.path.normpath(self.directory.absolute() / name))

    def _own_files(self, program: Program, policy: Path | None) -> Iterator[FileRecord]:
        files = files_below(program.root)
        for module in program.modules:
            path = files.on_disk(module.path)
            sha256 = module.sha256 if path == module.path else _sha256(path.read_bytes())
            yield {**_record(path, sha256), "path": self._named(path)}
        if policy is not None:
            yield {**_record(policy, _sha256(policy.read_bytes())), "path": self._named(policy)}

    def _holds(self, index: Index) -> bool:
        assert self.directory is not None
        is_moved = index["place"] != str(self.directory.absolute())
        return (
            index["compiler"] == fingerprint()
            and all(self._is_unchanged(record, index["stored"], is_moved) for record in index["files"])
            and not any(os.path.lexists(self._found(name)) for name in index["absent"])
        )

    def _is_unchanged(self, record: FileRecord, stored: int, is_moved: bool) -> bool:
        """By size and time of change; by content if the time differs, is too close to the storing to tell, or is that
        of another place's file.
        """
        path = self._found(record["path"])
        status = path.stat()
        if status.st_size != record["size"]:
            return False
        is_here = not is_moved or os.path.isabs(record["path"])
        if is_here and status.st_mtime_ns == record["mtime"] and status.st_mtime_ns < stored - _JUST_NOW:
            return True
        return bool(record["sha256"]) and _sha256(path.read_bytes()) == record["sha256"]


def _at(bundle: Bundle, root: Path) -> Bundle:
    """The bundle as of the program below `root`; where it was compiled first does not matter."""
    manifest: Manifest = {**bundle.manifest, "root": str(root)}
    modules = tuple(replace(module, path=root / module.relative) for module in bundle.modules)
    return Bundle(manifest, modules, bundle.workflow)


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _record(path: Path, sha256: str) -> FileRecord:
    status = path.stat()
    return FileRecord(path=str(path), size=status.st_size, mtime=status.st_mtime_ns, sha256=sha256)


def _consulted(plan: Plan) -> Iterator[FileRecord]:
    """Library files whose code was read: by size and time, they are many."""
    return (_record(path, "") for path in plan.consulted)


def _absent_policies(root: Path, policy: Path | None) -> Iterator[Path]:
    for folder in (root, *root.parents):
        path = folder / "pyproject.toml"
        if path == policy:
            return
        yield path


def _libraries(program: Program) -> Iterator[FileRecord]:
    """The first file and the metadata of every library outside the standard one, whose version is Python's."""
    from durable.transpiler.finder import library_spec

    for name in program.libraries:
        spec = library_spec(name, program.root)
        origin = Path(spec.origin) if spec is not None and spec.has_location and spec.origin else None
        if origin is None or not origin.is_file() or name in sys.stdlib_module_names:
            continue
        yield _record(origin, _sha256(origin.read_bytes()))
        for metadata in origin.parent.parent.glob(f"{name}-*.dist-info/METADATA"):
            yield _record(metadata, _sha256(metadata.read_bytes()))


def fingerprint() -> str:
    """A hash of what compiles, and of where it finds libraries (the folder it is started in left out)."""
    here = os.getcwd()
    folders = [entry for entry in sys.path if entry and entry != here]
    return _sha256("\n".join([_compiler(), *folders]).encode())


@cache
def _compiler() -> str:
    """Python's version, and size and time of every file of the compiler and of ty."""
    home = Path(__file__).parent
    return "\n".join([sys.version, *sorted(_states(home)), *_state(Path(sys.executable).with_name("ty"))])


def _states(folder: Path) -> Iterator[str]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir():
                if entry.name != "__pycache__":
                    yield from _states(Path(entry.path))
            elif entry.name.endswith((".py", ".toml")):
                status = entry.stat()
                yield f"{entry.path} {status.st_size} {status.st_mtime_ns}"


def _state(path: Path) -> Iterator[str]:
    if path.exists():
        status = path.stat()
        yield f"{path} {status.st_size} {status.st_mtime_ns}"
