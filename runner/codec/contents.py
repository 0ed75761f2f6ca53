"""What an object holds, apart from which object it is: taken out for a record, put back into the object on replay."""

from __future__ import annotations

import base64
import copyreg
import types
from array import array
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from durable.runner.codec.unstorable import Unstorable, type_name

if TYPE_CHECKING:
    from durable.runner.codec.decode import _Graph as _Reading
    from durable.runner.codec.graph import Graph as _Writing

_GONE = object()
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


def contents_of(graph: _Writing, value: Any) -> dict[str, Any]:
    """Return what `value` holds as {"l": items, "e": elements, "d": pairs, "b": bytes, "s": state, "t": attributes}."""
    if isinstance(value, bytearray):
        return {"b": base64.b64encode(value).decode()}
    if isinstance(value, array):
        return {"l": list(value)}
    if isinstance(value, list | set | dict):
        out = _items_of(graph, value)
        own = getattr(value, "__dict__", None)
        if own:
            out["t"] = graph.attributes(own, graph.soft)
        return out
    _, _, state, items, pairs = reduced(value)
    out = {}
    if state is not None and hasattr(type(value), "__setstate__"):
        out["s"] = graph.state(state)
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
        return {"e": graph.items(value)}
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
    of this object."""
    if "b" in contents:
        data = base64.b64decode(contents["b"])
        if live != data:
            live[:] = data
        return
    if "t" in contents or "o" in contents:
        _fill_attributes(graph, live, contents)
    if "s" in contents:
        state = graph.decode(contents["s"])  # live too, as the record may mention parts of it later
        if not graph.is_live:
            set_state(live, state)
    if "l" in contents:
        _fill_items(graph, live, contents["l"])
    if "e" in contents:
        elements = [graph.decode(item) for item in contents["e"]]
        live.clear()
        live.update(elements)
    if "d" in contents:
        _fill_pairs(graph, live, contents["d"])


def _part(graph: _Reading, node: Any, old: Any) -> Any:
    """Return the value of `node`; what could not be stored is what it was (`old`)."""
    if isinstance(node, dict):
        if node.get("$") == "gone":
            return old
        if node.get("$") == "held":
            return graph.held(node, old)
    return graph.decode(node)


def _fill_items(graph: _Reading, live: Any, nodes: list[Any]) -> None:
    old = list(live)
    new = [_part(graph, node, old[i] if i < len(old) else None) for i, node in enumerate(nodes)]
    if isinstance(live, list):
        live[:] = new
    elif isinstance(live, array):
        live[:] = array(live.typecode, new)
    else:
        live.clear()
        live.extend(new)


def _fill_pairs(graph: _Reading, live: Any, pairs: list[Any]) -> None:
    old = dict(live)
    new = []
    for key_node, node in pairs:
        key = graph.decode(key_node)
        item = _part(graph, node, old.get(key, _GONE))
        if item is not _GONE:
            new.append((key, item))
    live.clear()
    for key, item in new:
        live[key] = item


def _fill_attributes(graph: _Reading, live: Any, contents: dict[str, Any]) -> None:
    if "t" in contents:
        own: dict[str, Any] = live.__dict__
        found = [(key, _part(graph, node, own.get(key, _GONE))) for key, node in contents["t"]]
        own.clear()
        own.update((key, item) for key, item in found if item is not _GONE)
    for key, node in contents.get("o", ()):
        item = _part(graph, node, _GONE)
        if item is not _GONE:
            set_member(live, key, item)


def set_state(value: Any, state: Any) -> None:
    """Give `value` its pickled state, by the rules of PEP 307."""
    setter = getattr(type(value), "__setstate__", None)  # its own `__getattr__` may need what it lacks as yet
    if setter is not None:
        setter(value, state)
        return
    slots = None
    if isinstance(state, tuple) and len(state) == 2:
        state, slots = state
    if state:
        value.__dict__.update(state)
    for key, item in (slots or {}).items():
        set_member(value, key, item)


def set_member(value: Any, name: str, item: Any) -> bool:
    """Set a slot or a C member of `value`, without running a property or `__setattr__`; say whether there was one."""
    for cls in type(value).__mro__:
        member = vars(cls).get(name)
        if isinstance(member, types.MemberDescriptorType | types.GetSetDescriptorType):
            try:
                member.__set__(value, item)
            except (AttributeError, TypeError, ValueError):
                return False
            return True
    return False
