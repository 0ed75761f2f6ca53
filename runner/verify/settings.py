"""What `durable verify` needs to know of a program: options, and the table in pyproject.toml.

[tool.durable.verify."orders/orders.py"]      # the script, relative to the pyproject.toml
world = "python world.py --http-port 0"       # its outside world, started anew for every run
state = "python dump.py"                      # prints what its world has become; the same in every run
input = "yes\\nno\\n"                           # its standard input
ignore = ["world.log"]                        # files that may differ
env = { PAUSE = "0.05" }
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from durable.runner.errors import UsageError


@dataclass(frozen=True)
class Settings:
    """How to verify a program. `kills` is the most kill points that are tried (0: all).

    With `module_mode` the last part of `script` is a module's dotted name.
    """

    script: Path
    args: tuple[str, ...] = ()
    world: str = ""
    state: str = ""
    input: str = ""
    ignore: tuple[str, ...] = ()
    env: dict[str, str] = field(default_factory=dict)
    engine: str = "local"
    address: str = ""
    kills: int = 0
    jobs: int = 1
    module_mode: bool = False

    @property
    def folder(self) -> Path:
        """The directory that every run gets a fresh copy of: the script's, or the one that the module is below."""
        return self.script.parent

    @property
    def command(self) -> list[str]:
        """What stands behind `python` or `durable run` in the copy: the program and its arguments."""
        return [*(["-m"] if self.module_mode else []), self.script.name, *self.args]


def with_table(settings: Settings) -> Settings:
    """Return `settings` filled up from the nearest pyproject.toml. Raise UsageError for a table that is wrong."""
    for folder in settings.script.parents:
        path = folder / "pyproject.toml"
        if path.is_file():
            table = _table(path, settings.script)
            if table is not None:
                return _merged(settings, table, path)
    return settings


def _table(path: Path, script: Path) -> dict[str, Any] | None:
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8")).get("tool", {}).get("durable", {}).get("verify", {})
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path}: {error}") from error
    found: dict[str, Any] | None = tables.get(script.relative_to(path.parent).as_posix())
    return found


def _merged(settings: Settings, table: dict[str, Any], path: Path) -> Settings:
    unknown = set(table) - {"world", "state", "input", "ignore", "env", "args"}
    if unknown:
        raise UsageError(f"{path}: [tool.durable.verify] has no setting {sorted(unknown)[0]!r}")
    return replace(
        settings,
        world=settings.world or table.get("world", ""),
        state=settings.state or table.get("state", ""),
        input=settings.input or table.get("input", ""),
        ignore=(*settings.ignore, *table.get("ignore", ())),
        env={**{key: str(value) for key, value in table.get("env", {}).items()}, **settings.env},
        args=settings.args or tuple(table.get("args", ())),
    )
