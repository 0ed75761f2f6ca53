"""What a process knows of itself and its children: each process of a run has its own."""

from __future__ import annotations

import itertools
import multiprocessing.process as _real
import weakref
from typing import Any

from durable.runner.run import Run
from durable.stdlib_shims._strands import steady_hash

_KEY_BYTES = 32


def __getattr__(name: str) -> Any:
    return getattr(_real, name)


def __dir__() -> list[str]:
    return dir(_real)


def prepare(run: Run) -> None:
    """Give `run` a main process of its own, which has started no child."""
    module: Any = _real
    main = object.__new__(type(module._main_of_durable))
    vars(main).update(vars(module._main_of_durable))
    key = _real.AuthenticationString(run.entropy(_KEY_BYTES, "multiprocessing"))  # type: ignore[attr-defined]
    main._config = {**main._config, "authkey": key, "tempdir": None}
    fresh = {
        "_current_process": main,
        "_parent_process": None,
        "_process_counter": itertools.count(1),
        "_children": set(),
        "_dangling": weakref.WeakSet(),
    }
    for name, value in fresh.items():
        run.cells.add(_real, name, value)


def install() -> None:
    """Make the real module serve runs; a second call does nothing."""
    module: Any = _real
    if not hasattr(module, "_main_of_durable"):
        module._main_of_durable = module._current_process
        module.BaseProcess.__hash__ = steady_hash
