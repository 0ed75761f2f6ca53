"""A run under test with a crash at each of its points: what then differs from the undisturbed one."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

from durable.runner.errors import UsageError
from durable.runner.testing.errors import CrashDiffers
from durable.runner.testing.result import Result
from durable.runner.verify.compare import differences
from durable.runner.verify.runs import Result as Compared
from durable.runner.verify.runs import files_below
from durable.runner.verify.verify import chosen_points

_MOST_SHOWN = 10


def asserted_to_survive(play: Callable[[Iterable[int]], Result], cwd: str | Path | None, most: int) -> Result:
    """Call `play` without a crash and with one at each point; return the first result. Raise CrashDiffers."""
    with TemporaryDirectory(prefix="durable-test-") as kept:
        folder = None if cwd is None else Path(cwd).resolve()
        if folder is not None:
            if (folder / ".git").exists() or (folder / "pyproject.toml").exists():
                raise UsageError(f"{folder} is a project: `cwd` must be a directory of the test's own, it is emptied")
            shutil.copytree(folder, Path(kept) / "cwd", symlinks=True)
        undisturbed = play(())
        plain = _compared(undisturbed, folder)
        found: list[str] = []
        for point in chosen_points(len(undisturbed.points), most):
            if folder is not None:
                _restore(folder, Path(kept) / "cwd")
            other = _compared(play((point,)), folder)
            found += [f"crash at {undisturbed.points[point - 1]}: {each}" for each in differences(plain, other)]
            if len(found) >= _MOST_SHOWN:
                break
    if found:
        raise CrashDiffers("\n".join(found))
    return undisturbed


def _restore(folder: Path, kept: Path) -> None:
    """Let `folder` hold what it held at first."""
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    shutil.copytree(kept, folder, symlinks=True, dirs_exist_ok=True)


def _compared(result: Result, folder: Path | None) -> Compared:
    """Return a result as `durable verify` compares it; a life of the run counts as a process.

    What a run opens it opens again after a crash, so that is not counted.
    """
    opened = {step.callee for step in result.steps if step.effect == "open"}
    return Compared(
        stdout=result.stdout.encode(),
        stderr=result.stderr.encode(),
        exit_code=result.exit_code,
        files={} if folder is None else dict(files_below(folder)),
        effects=[(call.step or 0, call.life, str(call)) for call in result.stub_calls if call.name not in opened],
        steps=[
            {"seq": step.seq, "callee": step.callee, "effect": step.effect, "attempts": step.attempts}
            for step in result.steps
        ],
        points=result.points,
    )
