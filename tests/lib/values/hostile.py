"""Records that were damaged or forged: a random source and a true record in, text that a journal might hold out."""

from __future__ import annotations

import json
import random
import string
from collections.abc import Callable, Iterator
from typing import Any

_NAMES = """
    os:system posix:system posix:fork subprocess:Popen subprocess:run builtins:eval builtins:exec builtins:compile
    builtins:open builtins:__import__ builtins:getattr builtins:map builtins:type builtins:bytearray builtins:memoryview
    builtins:bytes builtins:super builtins:property builtins:object builtins:classmethod builtins:range
    _io:open _io:FileIO _io:open_code socket:socket threading:Thread ctypes:CDLL types:FunctionType types:CodeType
    types:ModuleType
    functools:partial functools:reduce operator:attrgetter operator:methodcaller collections:deque collections:Counter
    collections:defaultdict importlib:import_module pickle:loads marshal:loads shutil:rmtree pathlib:Path
    pathlib:PosixPath tempfile:NamedTemporaryFile tempfile:mkdtemp logging:FileHandler logging:getLogger
    logging.handlers:SocketHandler copyreg:__newobj__ copyreg:__newobj_ex__ copyreg:_reconstructor weakref:finalize
    requests:get requests.sessions:Session requests.models:Response http.client:HTTPConnection http.client:HTTPResponse
    numpy:memmap numpy:load numpy:fromfile numpy:dtype numpy:ndarray numpy:vectorize numpy.lib.npyio:NpzFile
    numpy._core.multiarray:_reconstruct numpy._core.multiarray:scalar numpy.random._pickle:__bit_generator_ctor
    pandas:ExcelFile pandas:HDFStore pandas:read_csv pandas:eval pandas:DataFrame pandas.core.indexes.base:_new_Index
    pandas._libs.internals:_unpickle_block pandas._libs.arrays:__pyx_unpickle_NDArrayBacked pandas.io.common:get_handle
    array:array array:_array_reconstructor re:_compile re:compile datetime:datetime decimal:Decimal decimal:Context
    fractions:Fraction uuid:UUID random:Random random:SystemRandom types:SimpleNamespace sqlite3:connect
    values.program:Point values.program:Node values.program:adder values.program:Colour values.program:Pair
    values.program:Stateful values.program: program:x os:path.os.system os: :x x
    """.split()
_KEYS = ("$", "v", "n", "f", "a", "s", "l", "d", "c", "i", "r", "k", "p", "t", "o", "e", "b", "cells", "group", "tb")
_TAGS = """
    step def ref again root part held gone dict state set tuple frozenset secret str int float enum name object error
    method function resource lost bytes bytearray complex range ellipsis notimplemented datetime time date timedelta
    decimal fraction uuid path zone ndarray pandas.NA pickle
    """.split()
_HUGE = (10**18, -(10**18), 2**31, 10**400, 1e308, -1)
_TEXTS = ("", "\udcff", "0" * 10_000, "a" * 100_000, "9" * 5000, "../../etc/passwd", "builtins", "<f8", "|O", "S" * 9)
_GADGETS = (
    "cposix\nsystem\n(S'true'\ntR.",
    "gASVHwAAAAAAAACMBXBvc2l4lIwGc3lzdGVtlJOUjAR0cnVllIWUUpQu",
    "H4sIAAAAAAAC/0tMSgYAwkEkNQMAAAA=",
    "eJztwTEBAAAAwqD1T20MH6AAAAAAAAAAAAAAAAAAAAAAAAAA",
)


def forged(rng: random.Random, record: str) -> str:
    """Return `record` damaged or changed in some way, or another one altogether."""
    return rng.choice(_WAYS)(rng, record)


def _flipped(rng: random.Random, record: str) -> str:
    data = bytearray(record, "utf-8", "surrogatepass")
    for _ in range(rng.choice((1, 1, 3, 20))):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    return data.decode("utf-8", "surrogateescape")


def _cut(rng: random.Random, record: str) -> str:
    start, end = sorted((rng.randrange(len(record) + 1), rng.randrange(len(record) + 1)))
    return rng.choice((record[:end], record[start:], record[:start] + record[end:], record[start:end] * 2))


def _spliced(rng: random.Random, record: str) -> str:
    """Change some nodes of the record's tree."""
    try:
        body = [json.loads(record)]
    except ValueError:  # a number too long for decimal
        return _flipped(rng, record)
    for _ in range(rng.choice((1, 1, 2, 5))):
        places = list(_places(body))
        holder, key = rng.choice(places)
        other, from_key = rng.choice(places)
        change = rng.randrange(6)
        if change == 0:
            holder[key] = json.loads(json.dumps(other[from_key]))
        elif change == 1 and isinstance(holder, dict):
            del holder[key]
        elif change == 2 and isinstance(holder[key], dict):
            holder[key][rng.choice(_KEYS)] = _node(rng, 2)
        elif change == 3 and isinstance(holder[key], str) and ":" in holder[key]:
            holder[key] = rng.choice(_NAMES)
        else:
            holder[key] = _node(rng, 3)
    return json.dumps(body[0])


def _places(node: Any) -> Iterator[tuple[Any, Any]]:
    items = node.items() if isinstance(node, dict) else enumerate(node)
    for key, item in items:
        yield node, key
        if isinstance(item, dict | list):
            yield from _places(item)


def _crafted(rng: random.Random, record: str) -> str:
    return json.dumps(_node(rng, 5))


def _node(rng: random.Random, depth: int) -> Any:
    if depth == 0 or rng.random() < 0.2:
        return rng.choice(rng.choice((_HUGE, _TEXTS, _GADGETS, _NAMES, range(4), (None,))))
    kind = rng.randrange(8)
    if kind == 0:
        return [_node(rng, depth - 1) for _ in range(rng.randrange(4))]
    if kind == 1:
        return {"$": rng.choice(_TAGS), **{key: _node(rng, depth - 1) for key in rng.sample(_KEYS, 3)}}
    if kind == 2:
        return {"$": rng.choice(_TAGS), "v": _node(rng, depth - 1)}
    if kind == 3:
        return {"$": "name", "v": rng.choice(_NAMES)}
    if kind == 4:
        return {
            "$": "error",
            "c": rng.choice(_NAMES),
            "a": [_node(rng, depth - 1)],
            "s": [["x", _node(rng, depth - 1)]],
        }
    if kind == 5:
        return {
            "$": "function",
            "f": rng.choice(_NAMES),
            "p": [0],
            "cells": [0],
            "v": [[0, _node(rng, 1)]],
            "s": [],
            "t": [],
        }
    made = {"$": "object", "f": rng.choice(_NAMES), "a": [_node(rng, depth - 1) for _ in range(rng.randrange(4))]}
    for key in rng.sample(("s", "l", "d"), rng.randrange(3)):
        made[key] = _node(rng, depth - 1)
    return made


def _deep(rng: random.Random, record: str) -> str:
    count = rng.choice((500, 5000, 100_000))
    start, end = rng.choice((("[", "]"), ('{"a":', "}"), ('{"$":"tuple","v":[', "]}"), ('{"$":"def","n":1,"v":', "}")))
    return start * count + rng.choice(("1", record)) + end * rng.choice((count, count - 1))


def _noise(rng: random.Random, record: str) -> str:
    return "".join(rng.choices(string.printable, k=rng.randrange(60)))


_WAYS: tuple[Callable[[random.Random, str], str], ...] = (
    *(_flipped, _flipped, _cut, _spliced, _spliced, _spliced, _spliced, _crafted, _crafted, _crafted),
    *(lambda rng, record: (_deep if rng.random() < 0.2 else _noise)(rng, record),),
)
