"""What travels between a workflow and its steps, so that the Temporal UI tells the program's story.

The data of a step's payload is its record (JSON, as the codec made it), its metadata say when it was made and whether
it is a value or an exception. Values of the environment that look like secrets are cut out of shown arguments.
"""

from __future__ import annotations

import json
import os
import zlib
from typing import Any

from temporalio.api.common.v1 import Payload
from temporalio.common import RawValue

from durable.runner.codec.secrets import SECRET_NAME
from durable.runner.core.call import Call, Site
from durable.runner.core.messages import Raised, Returned
from durable.runner.temporal.carrying import Fed
from durable.runner.temporal.storage import storage

LARGE = 256 * 1024
"""Characters of a record from which on it is kept outside of the history, where a payload ends at 2 MB."""
_SHOWN = 300


def payload_of(data: str, **metadata: str) -> Payload:
    """Return a JSON payload; `metadata` stand beside its encoding."""
    entries = {"encoding": b"json/plain", **{key: value.encode() for key, value in metadata.items()}}
    return Payload(metadata=entries, data=data.encode("utf-8", "surrogatepass"))


def payload_of_step(event: Returned | Raised, at: int, site: Site, kept: dict[str, Any] | None = None) -> Payload:
    """Return the payload that records how a step ended; `kept` says where a record is that is kept outside."""
    place = {"file": site.file, "line": str(site.line), "name": site.name, "effect": site.effect}
    record = event.record
    if kept is not None:
        place["kept"] = json.dumps(kept)
        record = json.dumps(f"{len(record)} characters, kept outside of the history")
    return payload_of(record, outcome=type(event).__name__.lower(), at=str(at), seq=str(event.seq), **place)


def fed_of(payload: Payload, seq: int) -> Fed:
    """Return the event that `payload_of_step` recorded. Raise StorageError."""
    kept = payload.metadata.get("kept")
    data = payload.data if kept is None else zlib.decompress(storage().get(json.loads(kept)))
    record = data.decode("utf-8", "surrogatepass")
    kind = Raised if payload.metadata["outcome"] == b"raised" else Returned
    return Fed(kind(seq, record), at_of(payload))


def value_of(payload: Payload) -> Any:
    """Return the value of a JSON payload."""
    return json.loads(payload.data)


def at_of(payload: Payload) -> int:
    """Return when the payload was made (nanoseconds since the epoch)."""
    return int(payload.metadata["at"])


def ticket(call: Call, run: str, attempt: int) -> dict[str, Any]:
    """Return what a step's activity is given: which step to perform, and the rest for people to read."""
    site = call.site
    return {
        "call": f"{site.callee}{shown(call)}",
        "seq": call.seq,
        "attempt": attempt,
        "failed": call.attempt - 1,
        "key": call.key,
        "name": site.name,
        "effect": call.effect,
        "file": site.file,
        "line": site.line,
        "run": run,
    }


def summary(site: Site) -> str:
    """Return "orders.py:12 in main"."""
    if not site.file:
        return site.callee
    return f"{os.path.basename(site.file)}:{site.line} in {site.function}"


def shown(call: Call) -> str:
    """Return the arguments of `call` for people; only plain values are spelled out, and none that is a secret."""
    parts = [_repr(arg) for arg in call.args]
    parts += [f"{key}={_repr(value)}" for key, value in call.kwargs.items()]
    return _without_secrets(f"({', '.join(parts)})")


def _repr(value: Any, depth: int = 3) -> str:
    """Return the repr of plain values; the program's own `__repr__` is not called here, outside of its run."""
    kind = type(value)
    if kind in (str, bytes, int, float, bool, type(None), complex):
        text = repr(value if kind not in (str, bytes) else value[:_SHOWN])
    elif kind is dict and depth:
        text = "{" + ", ".join(f"{_repr(k, 0)}: {_repr(v, depth - 1)}" for k, v in list(value.items())[:20]) + "}"
    elif kind in (list, tuple, set, frozenset) and depth:
        inside = ", ".join(_repr(item, depth - 1) for item in list(value)[:20])
        text = f"[{inside}]" if kind is list else f"({inside})" if kind is tuple else f"{{{inside}}}"
    else:
        text = f"<{kind.__name__}>"
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"


def _without_secrets(text: str) -> str:
    for name, value in os.environ.items():
        if len(value) >= 6 and SECRET_NAME.search(name) and value in text:
            text = text.replace(value, f"<{name}>")
    return text


def raw(value: Any) -> RawValue:
    """Return `value` as a JSON payload."""
    return RawValue(payload_of(json.dumps(value, ensure_ascii=False)))
