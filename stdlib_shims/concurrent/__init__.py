"""The package `concurrent`; its only module is `concurrent.futures`."""

from __future__ import annotations

from durable.stdlib_shims.concurrent import futures

__all__ = ["futures"]


def install() -> None:
    """Make the real package serve strands; a second call does nothing."""
    futures.install()
