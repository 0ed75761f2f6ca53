"""Values in, JSON text out; sharing and cycles are kept, and what cannot be stored is named by its path."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from durable.runner.codec.blobs import LARGE, Blobs
from durable.runner.codec.graph import Graph, Handle
from durable.runner.codec.names import Namespace
from durable.runner.codec.secrets import Secrets
from durable.runner.codec.snapshot import Reach, Snapshot, undisturbed
from durable.runner.codec.unstorable import Unstorable
from durable.runner.codec.values import is_exact_text

__all__ = ["Encoder", "Unstorable"]

_PLAIN = frozenset({str, int, bool, type(None), float})
_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode


class Encoder:
    """Encodes values as records; large ones of bytes are put in `blobs` if there is such a store."""

    def __init__(
        self, namespace: Namespace, handle: Handle, blobs: Blobs | None = None, reach: Reach | None = None
    ) -> None:
        self._namespace = namespace
        self._handle = handle
        self._blobs = blobs
        self._reach = reach
        self._secrets = Secrets()

    def text(self, value: Any, name: str = "result", roots: tuple[Any, ...] = ()) -> str:
        """Return the record of `value`; a mention of one of `roots` is stored as a reference. Raise Unstorable."""
        plain = _plain_text(value) if all(value is not root for root in roots) else None
        if plain is not None and not self._secrets.are_in(plain):
            return plain
        return self._written(name, lambda graph: graph.encode(value, "result"), Snapshot(()), roots)

    def snapshot(self, roots: tuple[Any, ...]) -> Snapshot:
        """Return what `roots` are now, to compare with and to tell their parts by after a call."""
        return Snapshot(roots, self._reach)

    def record(self, result: Any, before: Snapshot, name: str = "result", changed: list[int] | None = None) -> str:
        """Return the record of a result together with the roots that have `changed` since `before`, as one graph.

        A part of a root that cannot be stored is left as it is on replay. Raise Unstorable for the result.
        """
        changed = before.changed() if changed is None else changed
        if not changed and not before.holds(result):
            plain = _plain_text(result)
            if plain is not None and not self._secrets.are_in(plain):
                return plain
        return self._written(name, lambda graph: graph.step(result, changed), before, before.roots)

    def _graph(self, roots: tuple[Any, ...], before: Snapshot) -> Graph:
        graph = Graph(self._namespace, self._handle, roots, before, self._secrets)
        graph.blobs = self._blobs
        return graph

    def _written(self, name: str, write: Callable[[Graph], Any], before: Snapshot, roots: tuple[Any, ...]) -> str:
        return undisturbed(lambda: self._written_once(name, write, before, roots))

    def _written_once(self, name: str, write: Callable[[Graph], Any], before: Snapshot, roots: tuple[Any, ...]) -> str:
        try:
            try:
                graph = self._graph(roots, before)
                text = _json(graph.finish(write(graph)))
                if (text.isascii() or is_exact_text(text)) and not self._secrets.are_in(text):
                    return text
            except ValueError:  # a number too long for decimal
                pass
            graph = self._graph(roots, before)
            graph.is_careful = True
            return _json(graph.finish(write(graph)))
        except Unstorable as lost:
            raise lost.under(name) from None
        except RecursionError:
            raise Unstorable(name, "value that is nested too deeply") from None


def _plain_text(value: Any) -> str | None:
    """Return the JSON of a scalar, or of a short flat list or dict, None for what is large or needs more care."""
    kind = type(value)
    if kind is dict:
        if len(value) > 50 or not all(type(key) is str and key != "$" for key in value):
            return None
        if not all(type(item) in _PLAIN for item in value.values()):
            return None
    elif kind is list:
        if len(value) > 200 or not all(type(item) in _PLAIN for item in value):
            return None
    elif kind not in _PLAIN:
        return None
    try:
        text = _json(value)
    except ValueError:
        return None
    return text if len(text) < LARGE and (text.isascii() or is_exact_text(text)) else None
