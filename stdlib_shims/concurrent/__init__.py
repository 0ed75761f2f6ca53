"""The package `concurrent`; its only module is `concurrent.futures`."""

from __future__ import annotations

import sys

from durable.stdlib_shims import Package
from durable.stdlib_shims.concurrent import futures

__all__ = ["futures"]


def install() -> None:
    """Make the real package serve strands; a second call does nothing."""
    futures.install()


sys.modules[__name__].__class__ = Package
