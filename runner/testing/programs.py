"""What the fixture `durable_program` gives to a test: programs run there, and asserted to survive what may happen."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Unpack

from durable.runner.errors import UsageError
from durable.runner.local.driver import Launch
from durable.runner.testing.playing import World, play
from durable.runner.testing.result import Result
from durable.runner.testing.surviving import asserted_to_survive
from durable.runner.verify.settings import Settings, with_table
from durable.runner.verify.verify import Report, verify


class Programs:
    """Runs plain programs. `beside` is the folder that scripts are looked for in after the working directory;
    `compiled` keeps what was compiled from one session of tests to the next.
    """

    def __init__(self, beside: Path, compiled: Path) -> None:
        self._beside = beside
        self._compiled = compiled

    def run(self, script: str | Path, *args: str, crash_at: int | Iterable[int] = (), **world: Unpack[World]) -> Result:
        """Run `script` with `args` (as `-m` and a module's name, too) in virtual time and return what it did.

        For what a test can say of its `world` see there. `crash_at`: the process dies at these of the result's `points`
        (from 1), and the run goes on. Raise Stuck when the program waits for what nobody gives, UnstubbedEffect,
        UsageError, RefusedProgram.
        """
        if world.get("recorded") and crash_at:
            raise UsageError("a recording is of a run without crashes: give `crash_at` or `recorded`, not both")
        if recorded := world.get("recorded"):
            world["recorded"] = self._found(str(recorded)) or recorded
        crashes = (crash_at,) if isinstance(crash_at, int) else tuple(crash_at)
        return play(self._launch(str(script), args, world), world, self._compiled, crashes)

    def survive(self, script: str | Path, *args: str, most: int = 0, **world: Unpack[World]) -> Result:
        """Run `script` undisturbed, and once for each of its `points` (or `most` of them) with a crash there.

        Return the undisturbed result. Raise CrashDiffers when a crash changes anything: output, exit code, calls of
        stubs, files in `cwd` (a directory of the test's own, which is made as it was at first for each run). Raise
        UsageError for a fixture: it has each effect once, and a crash may have one performed again.
        """
        if "recorded" in world:
            raise UsageError(
                "survive() takes no recorded=: a fixture cannot answer what a crash has performed again; use stubs="
            )
        launch = self._launch(str(script), args, world)
        world["start"] = world.get("start") or datetime.now()
        return asserted_to_survive(lambda crashes: play(launch, world, self._compiled, crashes), world.get("cwd"), most)

    def verify(
        self,
        script: str | Path,
        *args: str,
        input: str = "",
        world: str = "",
        env: dict[str, str] | None = None,
        ignore: Iterable[str] = (),
        kills: int = 0,
    ) -> Report:
        """Do what `durable verify` does: the program plain, durable, and killed at every point (or `kills` of them), in
        processes of their own and real time. Raise AssertionError with all that differs. `world` is the command that
        starts its outside world; what pyproject.toml says of the program holds as well.
        """
        launch = self._launch(str(script), args, {})
        at = Path(launch.script).absolute()
        path = Path.cwd() / launch.script if launch.module_mode else at
        settings = Settings(
            script=path,
            args=launch.args,
            input=input,
            world=world,
            env=env or {},
            ignore=tuple(ignore),
            kills=kills,
            module_mode=launch.module_mode,
        )
        report = verify(with_table(settings), lambda line: None)
        if not report.same:
            raise AssertionError("\n".join(report.differences))
        return report

    def _launch(self, script: str, args: tuple[str, ...], world: World) -> Launch:
        if script == "-m":
            if not args:
                raise UsageError("`-m` wants the name of a module")
            return Launch(args[0], args[1:], module_mode=True)
        if not world.get("cwd") and Path(script).exists():
            return Launch(script, args)
        found = self._found(script)
        if found is None:
            raise UsageError(f"there is no program {script} in {Path.cwd()} or {self._beside}")
        return Launch(str(found), args)

    def _found(self, name: str) -> Path | None:
        """Return the path of a file that a test names."""
        return next((place for place in (Path.cwd() / name, self._beside / name) if place.exists()), None)


__all__ = ["Programs"]
