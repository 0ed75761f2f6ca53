"""Chance in a run: the module's functions draw from the run's own generator, and what has no seed gets a recorded one.

The classes are the real ones. `SystemRandom` draws from the run's entropy through `os.urandom`.
"""

from __future__ import annotations

import functools
import random as _real
from collections.abc import Callable
from typing import Any

from durable.runner import context
from durable.stdlib_shims._entropy import urandom

_SEED_BYTES = 64
_inst: _real.Random = _real._inst
_seed = _real.Random.seed

_NAMES = (
    "seed random uniform triangular randint choice randrange sample shuffle choices normalvariate lognormvariate "
    "expovariate vonmisesvariate gammavariate gauss betavariate paretovariate weibullvariate getstate setstate "
    "getrandbits randbytes"
).split()


def _drawing(name: str) -> Callable[..., Any]:
    real = getattr(_inst, name)

    @functools.wraps(real)
    def draw(*args: Any, **kwargs: Any) -> Any:
        run = context.current()
        return real(*args, **kwargs) if run is None else getattr(run.random, name)(*args, **kwargs)

    return draw


_functions = {name: _drawing(name) for name in _NAMES}
globals().update(_functions)


def __getattr__(name: str) -> Any:
    return getattr(_real, name)


def __dir__() -> list[str]:
    return dir(_real)


@functools.wraps(_seed)
def _seed_once(self: _real.Random, a: Any = None, version: int = 2) -> None:
    run = context.current()
    if a is None and run is not None:
        a = int.from_bytes(run.entropy(_SEED_BYTES), "big")
    _seed(self, a, version)


def install() -> None:
    """Make the real module serve runs."""
    module: Any = _real
    for name, function in _functions.items():
        setattr(module, name, function)
    module.Random.seed = _seed_once
    module._urandom = urandom
