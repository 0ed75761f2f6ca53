"""The date and time of a run: the real classes, whose `now` and `utcnow` read the recorded clock.

The classes are not replaced: programs and libraries have references to them, pickles and reprs name them, `isinstance`
and arithmetic depend on them. Only the two constructors that read the clock in C are exchanged in the type's own
dictionary; `today` calls `time.time`, which is patched.
"""

from __future__ import annotations

import ctypes
import datetime as _real
import gc
from typing import Any

from durable.runner import context
from durable.stdlib_shims import time as _clock
from durable.stdlib_shims._leaf import stand_for

_now = _real.datetime.now
_utcnow = _real.datetime.utcnow
_now_of = _real.datetime.__dict__["now"]
_utcnow_of = _real.datetime.__dict__["utcnow"]


def __getattr__(name: str) -> Any:
    return getattr(_real, name)


def __dir__() -> list[str]:
    return dir(_real)


def now(cls: type[_real.datetime], tz: _real.tzinfo | None = None) -> _real.datetime:
    """Return the time of `tz` now (None: the local time)."""
    if context.current() is None:
        return _now_of.__get__(None, cls)(tz)  # type: ignore[no-any-return]
    return cls.fromtimestamp(_clock.time(), tz)


def utcnow(cls: type[_real.datetime]) -> _real.datetime:
    """Return the UTC now, without a time zone."""
    if context.current() is None:
        return _utcnow_of.__get__(None, cls)()  # type: ignore[no-any-return]
    return cls.utcfromtimestamp(_clock.time())


def install() -> None:
    """Make the real class serve runs. Raise RuntimeError on an interpreter that does not let that be done."""
    members: Any = gc.get_referents(_real.datetime.__dict__)[0]
    if type(members) is not dict or members.get("now") is not _now_of:
        if isinstance(members, dict) and isinstance(members.get("now"), classmethod):
            return
        raise RuntimeError("durable needs CPython 3.11: the methods of datetime.datetime cannot be exchanged here")
    stand_for(now, _now_of)
    stand_for(utcnow, _utcnow_of)
    for function in (now, utcnow):
        function.__qualname__ = f"datetime.{function.__name__}"
        members[function.__name__] = classmethod(function)
    ctypes.pythonapi.PyType_Modified(ctypes.py_object(_real.datetime))
    _clock.install()
