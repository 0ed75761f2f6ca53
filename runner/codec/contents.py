"""What an object holds, apart from which object it is: taken out for a record, put back into the object on replay."""

from __future__ import annotations

import base64
import copyreg
import io
import types
from array import array
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from durable.runner.codec import errors
from durable.runner.codec.functions import contents_of_cells, is_empty
from durable.runner.codec.gone import Gone
from durable.runner.codec.members import set_member, set_state
from durable.runner.codec.unstorable import Unstorable, type_name
from durable.runner.touched import Touched

if TYPE_CHECKING:
    from durable.runner.codec.decode import _Graph as _Reading
    from durable.runner.codec.graph import Graph as _Writing

_GONE = object()
_PLAIN = frozenset({str, bytes, int, float, bool, type(None), type})
REDUCERS: dict[str, Callable[[Any], tuple[Any, ...]]] = {}
"""By "module:class": what pickle's `__reduce__` would give for classes that do not know how to be pickled."""


def reduced(value: Any) -> tuple[Any, Any, Any, Any, Any]:
    """Return what pickle's protocol says of `value`: function, arguments, state, items, pairs. Raise Unstorable."""
    try:
        found: Any = reduce_ex(value)
    except Exception:
        raise Unstorable("", type_name(value)) from None
    if not isinstance(found, tuple) or (len(found) > 5 and found[5] is not None):
        raise Unstorable("", type_name(value))
    function, args, state, items, pairs = (*found, None, None, None)[:5]
    return function, args, state, items, pairs


def reduce_ex(value: Any) -> Any:
    """Return what `pickle` asks of `value`, from its class's `__durable_reduce__` or a table if it is there."""
    kind = type(value)
    reducer = getattr(kind, "__durable_reduce__", None) or REDUCERS.get(f"{kind.__module__}:{kind.__qualname__}")
    reducer = reducer or copyreg.dispatch_table.get(kind)
    return reducer(value) if reducer is not None else value.__reduce_ex__(4)


def held_by(value: Any) -> list[Any]:
    """Return what `value` holds, one level deep, in its order."""
    if isinstance(value, Touched):
        return [item for pair in value.values().items() for item in pair]
    if isinstance(value, types.FunctionType):
        return list(contents_of_cells(value))
    found: list[Any] = []
    if isinstance(value, dict):
        found = [item for pair in list(value.items()) for item in pair]
    elif isinstance(value, list | set | deque):
        found = list(value)
    return [*found, *[item for pair in list(getattr(value, "__dict__", {}).items()) for item in pair]]


def are_identical(one: list[Any], other: list[Any]) -> bool:
    """Say whether two lists hold the same objects."""
    return len(one) == len(other) and all(a is b for a, b in zip(one, other, strict=True))


def contents_of(graph: _Writing, value: Any) -> dict[str, Any]:
    """Return what `value` holds, in the order in which `fill` puts it back.

    {"l": items, "e": elements, "d": pairs, "b": bytes, "s": state, "t": attributes, "o": slots, "c": a closure's cells,
    "p": parts of something that itself cannot change, "n": names and what they are bound to,
    "x": a buffer in memory that is closed}
    """
    if isinstance(value, io.BytesIO | io.StringIO) and value.closed:
        return {"x": True}
    if isinstance(value, Touched):
        return {"n": graph.attributes(value.values(), graph.soft)}
    if isinstance(value, types.FunctionType):
        return {"c": [graph.soft(item) for item in contents_of_cells(value)]}
    if isinstance(value, BaseException):
        return {"error": errors.contents_of(graph, value)}
    if isinstance(value, tuple | frozenset) and not hasattr(value, "__dict__"):
        return {"p": graph.items(value, graph.soft)}
    if isinstance(value, bytearray):
        return {"b": graph.large(value) or base64.b64encode(value).decode()}
    if isinstance(value, array):
        return {"l": list(value)}
    if isinstance(value, list | set | dict):
        out = _items_of(graph, value)
        own = getattr(value, "__dict__", None)
        if own:
            out["t"] = graph.attributes(own, graph.soft)
        return out
    function, args, state, items, pairs = reduced(value)
    out = {}
    if not all(type(arg) in _PLAIN for arg in args):
        graph.keep(args)
        out["p"] = graph.items(args[1:] if getattr(function, "__module__", None) == "copyreg" else args, graph.soft)
    if state is not None and hasattr(type(value), "__setstate__"):
        out["s"] = graph.state(state, graph.soft)
    elif state is not None or (hasattr(value, "__dict__") and not hasattr(type(value), "__setstate__")):
        out.update(_attributes_of(graph, value, state or {}))
    if items is not None:
        out["l"] = graph.items(items, graph.soft)
    if pairs is not None:
        out["d"] = graph.pairs(pairs, graph.soft)
    return out


def _items_of(graph: _Writing, value: list[Any] | set[Any] | dict[Any, Any]) -> dict[str, Any]:
    if isinstance(value, list):
        return {"l": graph.items(value, graph.soft)}
    if isinstance(value, set):
        return {"e": graph.items(value, graph.soft)}
    return {"d": graph.pairs(value.items(), graph.soft)}


def _attributes_of(graph: _Writing, value: Any, state: Any) -> dict[str, Any]:
    slots: dict[str, Any] = {}
    if isinstance(state, tuple) and len(state) == 2:
        state, slots = state[0] or {}, state[1]
    if not isinstance(state, dict):
        return {"s": graph.encode(state)}
    out = {"t": graph.attributes(state, graph.soft)} if hasattr(value, "__dict__") else {}
    if slots:
        out["o"] = graph.attributes(slots, graph.soft)
    return out


def fill(graph: _Reading, live: Any, contents: dict[str, Any]) -> None:
    """Make `live` hold `contents`. Everything is decoded before the first change, so that a bad record changes nothing
    of this object. In the process of the call what another thread has changed since is left as it is.
    """
    for kind, body in contents.items():
        _FILLERS[kind](graph, live, body)


def _fill_bytes(graph: _Reading, live: Any, found: Any) -> None:
    data = graph.decode(found) if isinstance(found, dict) else base64.b64decode(found)
    if not graph.is_live and live != data:
        live[:] = data


def _fill_state(graph: _Reading, live: Any, node: Any) -> None:
    if isinstance(node, dict) and node.get("$") == "state":
        old = reduced(live)[2]
        old = old if isinstance(old, dict) else {}
        is_kept = _is_of_library(graph, live)
        pairs = [(key, part_of(graph, item, old.get(key, _GONE), is_kept)) for key, item in node["v"]]
        state: Any = {key: item for key, item in pairs if item is not _GONE}
    else:
        state = graph.decode(node)  # live too, as the record may mention parts of it later
    if not graph.is_live:
        set_state(live, state)


def _fill_elements(graph: _Reading, live: Any, nodes: list[Any]) -> None:
    elements = [part_of(graph, item, _GONE) for item in nodes]
    is_whole = not any(item is _GONE for item in elements)  # those that are left out are in there as they are
    if is_whole and _may_write(graph, live):
        live.clear()
        live.update(elements)


def _fill_parts(graph: _Reading, live: Any, nodes: list[Any]) -> None:
    for node in nodes:
        part_of(graph, node, None)


def _fill_cells(graph: _Reading, live: Any, nodes: list[Any]) -> None:
    cells = [cell for cell in live.__closure__ or () if not is_empty(cell)]
    found = [part_of(graph, node, cell.cell_contents) for cell, node in zip(cells, nodes, strict=True)]
    if _may_write(graph, live):
        for cell, item in zip(cells, found, strict=True):
            cell.cell_contents = item


def _fill_error(graph: _Reading, live: Any, node: Any) -> None:
    errors.fill(graph, live, node, part_of)


def part_of(graph: _Reading, node: Any, old: Any, is_kept: bool = False) -> Any:
    """Return the value of `node`. What could not be stored is `old` where that is it, or if `is_kept` and it was."""
    if isinstance(node, dict):
        if node.get("$") == "gone":
            return old if graph.is_live or (is_kept and old is not _GONE) else Gone(node["c"])
        if node.get("$") == "held":
            return graph.held(node, old)
    return graph.decode(node)


def _may_write(graph: _Reading, live: Any) -> bool:
    return not graph.is_live or graph.is_as_recorded(live)


def _is_there(old: Any, new: Any) -> bool:
    """Say whether `old`, in the process of the call, is what its record gives: a part, or a value without parts."""
    return old is new or (type(old) is type(new) and type(new) in _PLAIN)


def _fill_items(graph: _Reading, live: Any, nodes: list[Any]) -> None:
    old = list(live)  # as long as the new ones where it matters: in the process of the call
    new = [part_of(graph, node, old[i] if i < len(old) else None) for i, node in enumerate(nodes)]
    if graph.is_live:
        if _may_write(graph, live):
            for at, (was, item) in enumerate(zip(old, new, strict=True)):
                if not _is_there(was, item):
                    live[at] = item
    elif isinstance(live, list):
        live[:] = new
    elif isinstance(live, array):
        live[:] = array(live.typecode, new)
    else:
        live.clear()
        live.extend(new)


def _fill_pairs(graph: _Reading, live: Any, pairs: list[Any]) -> None:
    old = dict(live)
    new = []
    for (key_node, node), was in zip(pairs, [*old, *[None] * len(pairs)], strict=False):
        key = part_of(graph, key_node, was)
        new.append((key, part_of(graph, node, old.get(key))))
    if not _may_write(graph, live):
        return
    if graph.is_live and all(_is_there(was, key) for was, (key, _) in zip(old, new, strict=True)):
        for key, item in new:
            if not _is_there(old[key], item):
                live[key] = item
        return
    try:
        live.clear()
    except TypeError:  # of a class that cannot be changed: what it holds was all that could
        return
    for key, item in new:
        live[key] = item


def _fill_attributes(graph: _Reading, live: Any, nodes: list[Any]) -> None:
    own: dict[str, Any] = live.__dict__
    is_kept = _is_of_library(graph, live)
    found = [(key, part_of(graph, node, own.get(key, _GONE), is_kept)) for key, node in nodes]
    if graph.is_live:
        if _may_write(graph, live):
            own.update((key, item) for key, item in found if item is not _GONE and not _is_there(own.get(key), item))
        return
    own.clear()
    own.update((key, item) for key, item in found if item is not _GONE)


def _is_of_library(graph: _Reading, live: Any) -> bool:
    """Say whether an object is of no class of the program: a connection that it lost it opens again by itself."""
    return not graph.namespace.is_of_program(type(live))


def _fill_names(graph: _Reading, live: Touched, nodes: list[Any]) -> None:
    before = live.values()
    found = {key: part_of(graph, node, before.get(key, _GONE)) for key, node in nodes}
    if _may_write(graph, live):
        live.take({key: item for key, item in found.items() if item is not _GONE})


def _fill_closed(graph: _Reading, live: Any, node: Any) -> None:
    live.close()


def _fill_slots(graph: _Reading, live: Any, nodes: list[Any]) -> None:
    for key, node in nodes:
        was = getattr(live, key, _GONE)
        item = part_of(graph, node, was, _is_of_library(graph, live))
        if item is not _GONE and not (graph.is_live and _is_there(was, item)):
            set_member(live, key, item)


_FILLERS: dict[str, Callable[[_Reading, Any, Any], None]] = {
    "b": _fill_bytes,
    "c": _fill_cells,
    "d": _fill_pairs,
    "e": _fill_elements,
    "error": _fill_error,
    "l": _fill_items,
    "n": _fill_names,
    "o": _fill_slots,
    "p": _fill_parts,
    "s": _fill_state,
    "t": _fill_attributes,
    "x": _fill_closed,
}
