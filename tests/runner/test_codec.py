"""Records: what goes in comes out, with identity, and a hostile record calls nothing."""

from __future__ import annotations

import array
import collections
import dataclasses
import datetime
import decimal
import enum
import fractions
import io
import ipaddress
import json
import math
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import time
import types
import uuid
import zoneinfo
from typing import Any, NamedTuple

import numpy
import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from durable.runner.codec import Decoder, Encoder, Namespace, Snapshot, UnsafeRecord, Unstorable
from durable.runner.errors import ResourceLost
from durable.transpiler.catalogue import lookup


class Colour(enum.Enum):
    RED = 1


class Rights(enum.Flag):
    READ = 1
    WRITE = 2


class Level(enum.IntEnum):
    LOW = 1


class Pair(NamedTuple):
    left: Any
    right: Any


@dataclasses.dataclass
class Point:
    x: Any
    y: Any = None


@dataclasses.dataclass(frozen=True, slots=True)
class Fixed:
    x: Any


class Slotted:
    __slots__ = ("a", "b")

    def method(self) -> str:
        return "called"


class Stateful:
    def __init__(self) -> None:
        self.value: Any = 0

    def __getstate__(self) -> Any:
        return {"kept": self.value}

    def __setstate__(self, state: Any) -> None:
        self.value = state["kept"]


class Text(str):
    extra: Any


NAMESPACE = Namespace({__name__: sys.modules[__name__]} if __name__ in sys.modules else {})
ENCODER = Encoder(NAMESPACE, lambda value, where: None)
DECODER = Decoder(NAMESPACE, lambda node: pytest.fail("no resource was stored"))


@pytest.fixture(autouse=True)
def own_module(monkeypatch: pytest.MonkeyPatch) -> None:
    module = types.ModuleType(__name__)
    module.__dict__.update(globals())
    monkeypatch.setattr(NAMESPACE, "_modules", {__name__: module})


def again(value: Any) -> Any:
    return DECODER.value(ENCODER.text(value))


SIMPLE = [
    None, True, 0, -1, 2**70, 10**6000, 1.5, -0.0, math.inf, -math.inf, "", "ä€😀", "$", '"$"',
    "\ud800", "\ud800\udc00",
    [], {}, [1, [2]], {"a": {"b": []}}, {"$": "x"}, {1: 2, None: (), (1, 2): "t"}, {"\udcff": "\udcff"},
    b"", b"\x00\xff", bytearray(b"ab"), (), (1, (2,)), {1, "a"}, frozenset({1}), 1 + 2j,
    range(1, 9, 2), slice(1, None, 2),
    ..., NotImplemented, int, len, json.dumps, Point, datetime.datetime,
    datetime.datetime(2026, 1, 2, 3, 4, 5, 6), datetime.datetime(2026, 1, 2, tzinfo=datetime.UTC),
    datetime.datetime(2026, 1, 2, tzinfo=datetime.timezone(datetime.timedelta(hours=5, minutes=30))),
    datetime.datetime(2026, 1, 2, tzinfo=datetime.timezone(datetime.timedelta(hours=1), "CET")),
    datetime.datetime(2026, 10, 25, 2, 30, fold=1, tzinfo=zoneinfo.ZoneInfo("UTC")),
    datetime.date(2026, 1, 2), datetime.time(1, 2, 3), datetime.timedelta(-1, 2, 3), datetime.UTC,
    decimal.Decimal("1.10"), decimal.Decimal("-0"), decimal.Decimal("sNaN12"), decimal.Decimal("Infinity"),
    fractions.Fraction(1, 3), uuid.UUID(int=5), pathlib.PosixPath("/a/b"), pathlib.PurePosixPath("a"),
    pathlib.PureWindowsPath("C:/x"), Colour.RED, Rights.READ, Rights.READ | Rights.WRITE, Rights(0), Level.LOW,
    Pair(1, [2]), Point(1, Point(2)), Fixed((1,)), collections.defaultdict(list, a=[1]), collections.Counter("aab"),
    collections.deque([1, 2], 3), collections.OrderedDict(b=1, a=2), re.compile("a+", re.I), re.compile(b"x"),
    os.terminal_size((80, 24)), time.gmtime(0), ipaddress.ip_address("::1"), ipaddress.ip_network("10.0.0.0/8"),
    types.SimpleNamespace(a=[1]), array.array("i", [1, 2]), subprocess.CompletedProcess(["a"], 0, b"x"),
    requests.structures.CaseInsensitiveDict(A="1"), "".join,
]  # fmt: skip


@pytest.mark.parametrize("value", SIMPLE, ids=lambda value: type(value).__name__)
def test_a_value_comes_back_equal_and_of_its_class(value: Any) -> None:
    found = again(value)
    assert type(found) is type(value)
    if (isinstance(value, decimal.Decimal) and value.is_snan()) or isinstance(value, subprocess.CompletedProcess):
        assert repr(found) == repr(value)
    else:
        assert found == value
    assert ENCODER.text(found) == ENCODER.text(value)


def test_values_without_equality_come_back() -> None:
    assert math.isnan(again(float("nan")))
    assert str(again(-0.0)) == "-0.0"
    buffer = io.StringIO("abc\n")
    buffer.read(2)
    assert again(buffer).read() == "c\n"
    binary = io.BytesIO(b"abc")
    binary.seek(1)
    assert again(binary).read() == b"bc"
    assert again(os.stat(__file__)).st_mtime_ns == os.stat(__file__).st_mtime_ns
    assert again(shutil.disk_usage("/")).total == shutil.disk_usage("/").total
    state = random.Random(3)
    assert again(state).random() == state.random()
    slotted = Slotted()
    slotted.a = [1]
    assert again(slotted).a == [1]
    assert again(slotted.method)() == "called"
    text = Text("x")
    text.extra = 5
    assert (again(text), again(text).extra) == ("x", 5)
    stateful = Stateful()
    stateful.value = 7
    assert again(stateful).value == 7


def test_records_are_readable() -> None:
    assert ENCODER.text({"a": [1, "x"]}) == '{"a":[1,"x"]}'
    assert ENCODER.text(datetime.date(2026, 1, 2)) == '{"$":"date","v":"2026-01-02"}'
    assert ENCODER.text(Colour.RED).endswith('"f":"RED"}')


def test_sharing_and_cycles_are_kept() -> None:
    shared: list[Any] = [1]
    found = again({"a": shared, "b": (shared, shared)})
    assert found["a"] is found["b"][0] is found["b"][1]
    loop: list[Any] = []
    loop.append(loop)
    found = again(loop)
    assert found[0] is found
    table: dict[str, Any] = {}
    table["self"] = table
    found = again(table)
    assert found["self"] is found
    node = Point(1)
    node.y = [node]
    found = again(node)
    assert found.y[0] is found
    inner: list[Any] = []
    outer = (inner, 2)
    inner.append(outer)
    found = again(outer)
    assert found[0][0] is found
    pair = Pair([], 1)
    pair.left.append(pair)
    found = again(pair)
    assert found.left[0] is found
    error = ValueError()
    error.args = (error,)
    found = again(error)
    assert found.args[0] is found


_nowhere = eval("lambda: 0")


def test_what_cannot_be_stored_is_named() -> None:
    with pytest.raises(Unstorable) as caught:
        ENCODER.text({"a": [1, Point(sys.stdout)]}, "result")
    assert str(caught.value).startswith("result['a'][1].x is a ")
    with pytest.raises(Unstorable):
        ENCODER.text(_nowhere)
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(Unstorable):
        ENCODER.text(deep)
    while deep:  # so that freeing it does not recurse
        deep = deep[0]


LEAVES = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(st.characters()) | st.binary()
    | st.datetimes() | st.dates() | st.timedeltas() | st.decimals(allow_nan=False) | st.uuids() | st.fractions()
    | st.complex_numbers(allow_nan=False)
)  # fmt: skip
KEYS = st.text(st.characters(codec="utf-8")) | st.integers() | st.binary() | st.tuples(st.integers(), st.text())
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=5),
        st.dictionaries(KEYS, inner, max_size=5),
        st.tuples(inner, inner),
        st.builds(Point, inner, inner),
        st.builds(Pair, inner, inner),
        st.builds(collections.deque, st.lists(inner, max_size=3)),
        st.frozensets(KEYS, max_size=3),
        st.builds(lambda item: [item, item, (item,)], inner),
    ),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None)
@given(VALUES)
def test_any_value_comes_back(value: Any) -> None:
    found = again(value)
    assert found == value
    assert type(found) is type(value)


# Roots changed in place


def replayed(live: Any, change: Any, twin: Any) -> tuple[Any, Any]:
    """Call `change(live)`; apply its record to `live` itself and to `twin`; return both results."""
    before = Snapshot((live,))
    result = change(live)
    record = ENCODER.record(result, before)
    return DECODER.value(record, (live,), before, is_live=True), DECODER.value(record, (twin,))


def make_deck() -> list[Any]:
    return [Point(i) for i in range(5)]


def test_a_shuffled_list_keeps_its_objects() -> None:
    live, twin = make_deck(), make_deck()
    firsts = live[0], twin[0]
    replayed(live, random.Random(1).shuffle, twin)
    assert live == twin != make_deck()
    assert [i for i, card in enumerate(live) if card is firsts[0]] == [i for i, x in enumerate(twin) if x is firsts[1]]


def test_a_popped_part_is_the_same_object() -> None:
    live, twin = make_deck(), make_deck()
    lasts = live[-1], twin[-1]
    found = replayed(live, lambda deck: deck.pop(), twin)
    assert (found[0] is lasts[0], found[1] is lasts[1]) == (True, True)
    assert len(twin) == 4


def test_a_part_of_an_unchanged_root_is_the_same_object() -> None:
    live, twin = {"a": Point(1)}, {"a": Point(1)}
    found = replayed(live, lambda table: table["a"], twin)
    assert found[0] is live["a"]
    assert found[1] is twin["a"]


def change_everything(box: dict[str, Any]) -> None:
    box["list"].append(box["shared"])
    box["set"].add(3)
    box["bytes"].extend(b"!")
    box["deque"].rotate(1)
    box["object"].x = box["shared"]
    del box["object"].y
    box["slots"].a = 2
    box["state"].value = 9
    box["counter"].update("zz")
    box["ordered"].move_to_end("a")
    box["array"].append(5)
    box["new"] = Point(box["shared"])


def make_box() -> dict[str, Any]:
    slots = Slotted()
    slots.a = 1
    return {
        "shared": [0],
        "list": [1],
        "set": {1},
        "bytes": bytearray(b"a"),
        "deque": collections.deque([1, 2]),
        "object": Point(1, 2),
        "slots": slots,
        "state": Stateful(),
        "counter": collections.Counter("a"),
        "ordered": collections.OrderedDict(a=1, b=2),
        "array": array.array("i", [1]),
    }


def test_every_kind_of_part_is_changed_in_place() -> None:
    live, twin = make_box(), make_box()
    parts = dict(twin)
    replayed(live, change_everything, twin)
    for box in (live, twin):
        assert box["list"] == [1, [0]]
        assert box["list"][1] is box["shared"] is box["object"].x is box["new"].x
        assert (box["set"], box["bytes"], box["deque"]) == ({1, 3}, b"a!", collections.deque([2, 1]))
        assert (box["slots"].a, box["state"].value, box["counter"]["z"]) == (2, 9, 2)
        assert list(box["ordered"]) == ["b", "a"]
        assert list(box["array"]) == [1, 5]
        assert not vars(box["object"]).get("y")
    assert all(twin[name] is part for name, part in parts.items())


def test_what_cannot_be_stored_stays_what_it_was() -> None:
    def make() -> types.SimpleNamespace:
        return types.SimpleNamespace(lock=_thread_lock(), out=sys.stdout, n=0, locks=[_thread_lock(), _thread_lock()])

    def change(box: Any) -> None:
        box.n += 1
        box.locks.pop(0)
        box.connection = _thread_lock()

    live, twin = make(), make()
    kept = twin.lock, twin.locks[1]
    replayed(live, change, twin)
    assert (twin.n, twin.lock, twin.locks, twin.out) == (1, kept[0], [kept[1]], sys.stdout)
    assert live.connection.acquire()
    with pytest.raises(ResourceLost, match=r"a _thread\.lock, which a step put into one of its arguments"):
        twin.connection.acquire()


class Client:
    def __init__(self) -> None:
        self.connection: Any = None
        self.listeners = {_thread_lock()}


def test_a_connection_made_in_place_is_lost_and_not_silently_none(monkeypatch: pytest.MonkeyPatch) -> None:
    live, twin = Client(), Client()
    replayed(live, lambda client: setattr(client, "connection", _thread_lock()), twin)
    assert live.connection.acquire()
    with pytest.raises(ResourceLost):
        twin.connection.acquire()
    monkeypatch.setattr(NAMESPACE, "_modules", {})  # a library opens its connection again as it did the first time
    twin = Client()
    replayed(Client(), lambda client: setattr(client, "connection", _thread_lock()), twin)
    assert twin.connection is None


def test_a_set_of_what_cannot_be_stored_keeps_its_elements() -> None:
    live, twin = Client(), Client()
    kept = next(iter(twin.listeners))
    replayed(live, lambda client: client.listeners.add("new"), twin)
    assert twin.listeners == {kept, "new"}


def _thread_lock() -> Any:
    import _thread

    return _thread.allocate_lock()


def test_a_change_leaves_enumerations_what_they_are() -> None:
    live, twin = [Point(Colour.RED), Colour.RED], [Point(Colour.RED), Colour.RED]
    replayed(live, lambda items: items.reverse(), twin)
    assert twin[0] is twin[1].x is Colour.RED
    assert Colour.RED.name == "RED"


def test_a_plain_part_of_an_unchanged_root_is_the_same_object() -> None:
    live, twin = [{"n": 1}], [{"n": 1}]
    found = replayed(live, lambda rows: rows[0], twin)
    assert found[0] is live[0]
    assert found[1] is twin[0]


def test_a_part_is_changed_although_it_is_taken_out() -> None:
    live, twin = make_deck(), make_deck()
    kept = live[-1], twin[-1]
    replayed(live, lambda deck: setattr(deck.pop(), "y", "played"), twin)
    assert (kept[0].y, kept[1].y) == ("played", "played")


def test_a_closure_that_was_given_is_the_same_function() -> None:
    def make() -> Any:
        total = 0

        def add(n: int) -> int:
            nonlocal total
            total += n
            return total

        return add

    live, twin = make(), make()
    found = replayed(live, lambda add: (add(5), add)[1], twin)
    assert found[0] is live
    assert found[1] is twin
    assert live(0) == twin(0) == 5


def test_an_array_owns_its_data() -> None:
    found = again(numpy.arange(6).reshape(2, 3))
    assert found.flags.owndata
    assert found.flags.writeable


def test_an_object_of_a_local_class_is_changed_in_place() -> None:
    class Local:
        value = 0

    live, twin = Local(), Local()
    replayed(live, lambda box: setattr(box, "value", [1]), twin)
    assert twin.value == [1]


def test_a_result_that_is_a_root_is_that_root() -> None:
    live, twin = [1], [1]
    found = replayed(live, lambda items: (items.append(2), items)[1], twin)
    assert found[0] is live
    assert found[1] is twin
    assert twin == [1, 2]


@settings(max_examples=100, deadline=None)
@given(st.lists(VALUES, max_size=4), st.lists(VALUES, max_size=4), st.randoms(use_true_random=False))
def test_any_change_is_replayed(items: list[Any], more: list[Any], chance: random.Random) -> None:
    import copy

    live, twin = items, copy.deepcopy(items)

    def change(box: list[Any]) -> None:
        box.extend(more)
        chance.shuffle(box)

    replayed(live, change, twin)
    assert live == twin


# Hostile records

HOSTILE = [
    {"$": "object", "f": "subprocess:Popen", "a": [["true"]]},
    {"$": "object", "f": "os:system", "a": ["true"]},
    {"$": "object", "f": "posix:system", "a": ["true"]},
    {"$": "object", "f": "builtins:eval", "a": ["1"]},
    {"$": "object", "f": "builtins:exec", "a": ["1"]},
    {"$": "object", "f": "builtins:getattr", "a": [1, "real"]},
    {"$": "object", "f": "builtins:__import__", "a": ["this"]},
    {"$": "object", "f": "builtins:map", "a": [{"$": "name", "v": "builtins:len"}, []]},
    {"$": "object", "f": "builtins:type", "a": ["X", {"$": "tuple", "v": []}, {}]},
    {"$": "object", "f": "functools:partial", "a": [{"$": "name", "v": "builtins:len"}]},
    {"$": "object", "f": "types:FunctionType", "a": []},
    {"$": "object", "f": "threading:Thread", "a": []},
    {"$": "object", "f": "ctypes:CDLL", "a": ["x.so"]},
    {"$": "object", "f": "os:path.os.system", "a": ["true"]},
    {"$": "object", "f": "copyreg:__newobj__", "a": [{"$": "name", "v": "posix:system"}, "true"]},
    {"$": "object", "f": "copyreg:__newobj__", "a": [{"$": "name", "v": "subprocess:Popen"}]},
    {"$": "object", "f": "copyreg:__newobj__", "a": [{"$": "name", "v": "builtins:map"}, 1, 2]},
    {"$": "object", "f": "copyreg:__newobj__", "a": [{"$": "name", "v": "socket:socket"}]},
    {"$": "object", "f": "copyreg:__newobj__", "a": ["x"]},
    {"$": "object", "f": "copyreg:__newobj__", "a": []},
    {"$": "name", "v": "os:path.os.system"},
    {"$": "name", "v": "os:system"},
    {"$": "name", "v": "posix:system"},
    {"$": "name", "v": "subprocess:Popen"},
    {"$": "name", "v": "builtins:eval"},
    {"$": "name", "v": "builtins:exec"},
    {"$": "name", "v": "os:"},
    {"$": "name", "v": "not_loaded:x"},
    {"$": "name", "v": 5},
    {"$": "method", "f": "system", "v": {"$": "name", "v": "os:"}},
    {"$": "method", "f": "mro", "v": {"$": "name", "v": "builtins:int"}},
    {"$": "method", "f": "missing", "v": [1]},
    {"$": "error", "c": "subprocess:Popen", "a": [], "s": []},
    {"$": "error", "c": "builtins:eval", "a": ["1"], "s": []},
    {"$": "enum", "c": "subprocess:Popen", "v": 1},
    {"$": "root", "i": 3},
    {"$": "ref", "n": 3},
    {"$": "part", "r": 0, "k": 0},
    {"$": "unknown"},
    {"$": ["list"]},
    {"$": "step", "uses": [9], "changed": [[9, {}]], "result": 1},
    {"$": "uuid", "v": "x"},
]


@pytest.mark.parametrize("record", HOSTILE, ids=lambda record: json.dumps(record)[:60])
def test_a_hostile_record_calls_nothing(record: Any) -> None:
    lookup("subprocess.Popen")  # the catalogue is read when it is first asked
    if not WATCH.is_installed:
        sys.addaudithook(WATCH)
        WATCH.is_installed = True
    WATCH.seen = []
    with pytest.raises(UnsafeRecord):
        DECODER.value(json.dumps(record), ())
    seen, WATCH.seen = WATCH.seen, None
    assert seen == []


class Watch:
    """Notes what touches the world, by Python's own audit events (a hook cannot be removed: it is silenced)."""

    seen: list[str] | None = None
    is_installed = False

    def __call__(self, event: str, args: Any) -> None:
        if self.seen is not None and event.partition(".")[0] in ("subprocess", "os", "exec", "ctypes", "socket"):
            self.seen.append(event)


WATCH = Watch()


def test_a_buffer_that_a_step_closes_is_closed_on_replay() -> None:
    class Answer:
        body: io.BytesIO | None

    live, twin = Answer(), Answer()
    live.body, twin.body = io.BytesIO(b"text"), io.BytesIO(b"text")
    before, kept = Snapshot((live,)), twin.body
    live.body.close()
    live.body = None
    record = ENCODER.record(b"text", before)
    assert DECODER.value(record, (twin,)) == b"text"
    assert twin.body is None
    assert kept.closed
