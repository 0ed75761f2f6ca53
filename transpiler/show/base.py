"""A program as it was at a commit: its Python files and policies, taken out of git into a folder."""

from __future__ import annotations

import io
import subprocess
import tarfile
from pathlib import Path

from durable.transpiler.errors import ProgramError


def take_out(script: Path, ref: str, into: Path) -> Path:
    """The script of `ref` below `into`, with the Python files beside it; ProgramError if git does not have it."""
    top = Path(_git(script, "rev-parse", "--show-toplevel").decode().strip())
    inside = script.resolve().relative_to(top.resolve())
    with tarfile.open(fileobj=io.BytesIO(_git(script, "-C", str(top), "archive", "--format=tar", ref))) as archive:
        wanted = [one for one in archive if one.name.endswith((".py", "pyproject.toml"))]
        archive.extractall(into, members=wanted, filter="data")
    if not (into / inside).is_file():
        raise ProgramError(str(script), 1, 1, f"{ref} has no such file", "name another commit with --base")
    return into / inside


def _git(script: Path, *arguments: str) -> bytes:
    try:
        done = subprocess.run(["git", *arguments], cwd=script.resolve().parent, capture_output=True, check=False)
    except OSError as error:
        raise ProgramError(str(script), 1, 1, f"git cannot be run: {error}", "install git") from error
    if done.returncode:
        says = done.stderr.decode(errors="replace").strip()
        raise ProgramError(str(script), 1, 1, f"git: {says}", "compare within a git repository, with a commit it has")
    return done.stdout
