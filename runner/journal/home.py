"""Where run state lives: `.durable/` beside the nearest pyproject.toml or the script; `DURABLE_HOME` overrides.

Everything below it is readable by its owner only.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from durable.runner.errors import JournalError

_NAME = ".durable"


@dataclass(frozen=True)
class Home:
    """A `.durable/` directory."""

    path: Path

    @property
    def journal(self) -> Path:
        """The journal that is read, and written."""
        return self.real_journal

    @property
    def real_journal(self) -> Path:
        """The journal by the name that people know, also where a copy of it is read."""
        return self.path / "journal.db"

    @property
    def bundles(self) -> Path:
        return self.path / "bundles"

    @property
    def cache(self) -> Path:
        return self.path / "cache"

    def blobs(self, run: str) -> Path:
        """The directory of a run's large values."""
        return self.path / "blobs" / run

    def lock_file(self, run: str) -> Path:
        return self.path / "locks" / f"{run}.lock"

    def make(self) -> Home:
        """Create the directory if it is absent, for its owner only, and return self. Raise JournalError."""
        try:
            if not self.path.is_dir():
                self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
                (self.path / ".gitignore").write_text("*\n")
                sync(self.path.parent)
            (self.path / "locks").mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise JournalError(
                f"{self.path} cannot be made: {error.strerror}. Set DURABLE_HOME to a directory that can be written."
            ) from error
        return self

    def key(self) -> bytes:
        """Return the key that authenticates this home's records (32 bytes), made on first use."""
        path = self.path / "key"
        try:
            return path.read_bytes()
        except FileNotFoundError:
            pass
        fresh = self.path / f"key.{os.getpid()}.new"
        fd = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(fd, "wb") as file:
            file.write(secrets.token_bytes(32))
            file.flush()
            os.fsync(fd)
        try:
            os.link(fresh, path)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
        return path.read_bytes()


def sync(path: Path) -> None:
    """Put a file on disk, or which files a folder has."""
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def home_of_script(script: Path) -> Home:
    """Return the home for runs of `script` (a path, which need not exist)."""
    override = os.environ.get("DURABLE_HOME")
    if override:
        return Home(Path(override).absolute())
    return Home(project_of(script) / _NAME)


def project_of(script: Path) -> Path:
    """Return the folder of the nearest pyproject.toml above a script (which need not exist), else the script's own."""
    folder = script.absolute().parent
    if folder.is_file():  # an archive that is run as a whole
        folder = folder.parent
    if ".." in folder.parts:
        folder = folder.resolve()
    for parent in (folder, *folder.parents):
        if (parent / "pyproject.toml").is_file():
            return parent
    return folder


def homes_from(folder: Path) -> Iterator[Home]:
    """Yield the homes that a command without a script looks into, nearest first: up from `folder`, then known ones."""
    override = os.environ.get("DURABLE_HOME")
    if override:
        yield Home(Path(override).absolute())
        return
    seen = set()
    for parent in (folder, *folder.parents):
        if (parent / _NAME / "journal.db").is_file():
            seen.add(parent / _NAME)
            yield Home(parent / _NAME)
    for known in _known():
        if known not in seen and (known / "journal.db").is_file():
            yield Home(known)


def remember(home: Home) -> None:
    """Note `home` in the user's state directory, so that commands given elsewhere find its runs."""
    if os.environ.get("DURABLE_HOME") or home.path in _known():
        return
    path = _state_file()
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write(f"{home.path}\n")
    except OSError:
        pass  # a convenience only: commands given in the project's directory need no list


def _known() -> list[Path]:
    """Return the remembered homes, newest first."""
    try:
        lines = _state_file().read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return []
    return [Path(line) for line in reversed(lines) if line]


def _state_file() -> Path:
    base = os.environ.get("XDG_STATE_HOME") or os.path.expanduser("~/.local/state")
    return Path(base) / "durable" / "homes"
