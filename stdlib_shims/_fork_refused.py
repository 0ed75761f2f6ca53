"""What a child process of a run cannot have: it is refused when it is used."""

from __future__ import annotations

import sys
from typing import Any, NoReturn

from durable.runner import context
from durable.runner.errors import RefusedCall

_FIX = "make it in the process that uses it, or give the child a list of what it yields"


class Suspended:
    """Stands in a child process for a generator or coroutine that was made before it was started."""

    def __init__(self, real: Any) -> None:
        self._name = f"{type(real).__name__} {getattr(real, '__qualname__', '')}".strip()

    def _refuse(self, *args: Any, **kwargs: Any) -> NoReturn:
        run = context.current()
        assert run is not None
        site = run.sites.dynamic(sys._getframe(1), f"going on with the {self._name} of the parent process", "refused")
        raise RefusedCall(site.callee, site, _FIX)

    __iter__ = __next__ = __await__ = __aiter__ = __anext__ = _refuse
    send = throw = close = asend = athrow = aclose = _refuse
