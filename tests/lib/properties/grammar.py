"""Random programs made of every construct of the language, whose effects are calls of a small library, `world`.

A program is deterministic: what it prints, how it ends and what it does to the world follow from its text.
"""

from __future__ import annotations

import random
import textwrap
from collections.abc import Callable

WORLD = '''\
"""A world of one file: what is done to it is appended there."""

import os

LOG = ""


class WorldError(Exception):
    def __init__(self, code, *notes):
        super().__init__(f"the world says {code}", *notes)
        self.code = code


def put(value=0):
    """Change the world; return a number."""
    with open(LOG, "a") as log:
        log.write(f"put {value}\\n")
    return value * 2 + 1


def get(value=0):
    """Look at the world; return a number."""
    return os.path.getsize(LOG) % 7 + value


def refuse(code=1):
    """Change the world and raise."""
    with open(LOG, "a") as log:
        log.write(f"refuse {code}\\n")
    raise WorldError(code, "no")


def fill(target, value=0):
    """Change the world and what is given."""
    put(value)
    if isinstance(target, dict):
        target[str(value)] = [value]
    else:
        target.append(value)
    return target


async def later(value=0):
    """Change the world in a coroutine."""
    return put(value)
'''

HEADER = """\
import asyncio
import contextlib
import dataclasses
import enum
import functools
import itertools
from concurrent.futures import ThreadPoolExecutor

import world
from world import WorldError, get, put

TOTAL = 0


class Box:
    made = put(1)

    def __init__(self, value):
        self.value = value

    @property
    def seen(self):
        return self.value + world.get(1)

    @functools.cached_property
    def once(self):
        return put(self.value)

    def __getitem__(self, key):
        if key > 3:
            raise IndexError(key)
        return put(key) + self.value

    def __len__(self):
        return get(2) % 5

    def __iter__(self):
        for number in range(2):
            yield world.put(number)

    def __add__(self, other):
        return put(int(other)) + self.value

    def __enter__(self):
        put(10)
        return self

    def __exit__(self, kind, error, trace):
        put(11)
        return kind is not None and issubclass(kind, KeyError)


class Colour(enum.Enum):
    RED = 1
    BLUE = 2


@dataclasses.dataclass
class Point:
    x: int
    y: int = dataclasses.field(default_factory=lambda: put(4))


def loud(function):
    put(5)

    @functools.wraps(function)
    def inner(*args, **kwargs):
        put(6)
        return function(*args, **kwargs)

    return inner


@functools.lru_cache
def cached(value):
    return put(value)


@contextlib.contextmanager
def held(value):
    put(value)
    try:
        yield get(value)
    finally:
        put(value + 1)


def numbers(count):
    for number in range(count):
        got = yield put(number)
        if got is not None:
            put(got)
    return get(count)


def chained(count):
    left = yield from numbers(count)
    yield left


def fall(count):
    return put(count) if count < 1 else fall(count - 1) + get(count)


"""

Rng = random.Random


class Program:
    """A program that is being written."""

    def __init__(self, rng: Rng) -> None:
        self._rng = rng
        self._lines: list[str] = []
        self._names = ["TOTAL"]
        self._lists: list[str] = []
        self._functions: list[str] = []
        self._count = 0
        self._depth = 0
        self._indent = 0

    def text(self) -> str:
        self._block(self._rng.randint(2, 6))
        return HEADER + "\n".join(self._lines) + "\nprint(TOTAL)\n"

    # Expressions: every one is an int

    def _number(self) -> str:
        return str(self._rng.randint(0, 5))

    def expression(self, depth: int = 2) -> str:
        simple: list[Callable[[], str]] = [
            self._number,
            lambda: self._rng.choice(self._names),
            lambda: f"put({self._number()})",
            lambda: f"world.get({self._number()})",
        ]
        if depth <= 0:
            return self._rng.choice(simple)()

        def inner() -> str:
            return self.expression(depth - 1)

        def name() -> str:
            self._count += 1
            return f"n{self._count}"

        def called() -> str:
            return f"{self._rng.choice(self._functions or ['abs'])}({inner()})"

        def comprehension() -> str:
            n = name()
            kind = self._rng.choice(["[{}]", "({})", "{{{}}}"])
            return (
                "sum(" + kind.format(f"put({n}) + {inner()} for {n} in range({self._number()}) if {n} != get(1)") + ")"
            )

        def lazily() -> str:
            n = name()
            ask = self._rng.choice(["any", "all"])
            return f"int({ask}(put({n}) > {self._number()} for {n} in range(4)))"

        compound: list[Callable[[], str]] = [
            lambda: f"({inner()} {self._rng.choice('+-*')} {inner()})",
            lambda: f"({inner()} if {inner()} > {inner()} else {inner()})",
            lambda: f"({inner()} and {inner()})",
            lambda: f"({inner()} or {inner()})",
            lambda: f"int({inner()} < {inner()} <= {inner()})",
            lambda: f"int(not {inner()})",
            lambda: f"(lambda v: put(v) + {self._number()})({inner()} % 9)",
            lambda: f'len(f"{{{self.expression(0)}}} {{world.put(2)!r:>3}}")',
            lambda: f"max([{inner()}, {inner()}], key=lambda v: get(v % 5))",
            lambda: f"sorted([{inner()}, 3, 1], key=lambda v: -put(v % 5))[0]",
            lambda: f"functools.reduce(lambda a, b: a + put(b), [1, {inner()} % 7, 2])",
            lambda: f"sum(map(put, [{self._number()}, {inner()} % 5]))",
            lambda: f"next((n for n in map(put, itertools.count()) if n > {self._number()}), 0)",
            lambda: f"world.put(*[{inner()} % 8])",
            lambda: f"put(**{{'value': {inner()} % 8}})",
            lambda: f"Box({inner()}).seen",
            lambda: f"(Box({self._number()}) + {inner()} % 6)",
            lambda: f"Box({self._number()})[{self._rng.randint(0, 3)}]",
            lambda: f"sum(Box({self._number()}))",
            lambda: f"len(Box({self._number()}))",
            lambda: f"(lambda b: b.once + b.once)(Box({self._number()}))",
            lambda: f"Point({inner()}).y",
            lambda: f"(cached({self._number()}) + cached({self._number()}))",
            lambda: f"sum(chained({self._rng.randint(0, 3)}))",
            lambda: f"fall({self._rng.randint(0, 3)})",
            lambda: f"Colour(get({self._number()}) % 2 + 1).value",
            lambda: f"sum({{k: put(k) for k in range({self._rng.randint(0, 3)})}}.values())",
            lambda: f"len(world.fill([{inner()}], {self._number()}))",
            lambda: f"getattr(world, 'put')({self._number()})",
            lambda: f"eval('put({self._number()})')",
            comprehension,
            lazily,
            called,
        ]
        return self._rng.choice([*simple, *compound])()

    # Statements

    def _line(self, text: str) -> None:
        self._lines.append("    " * self._indent + text)

    def _new(self, stem: str = "v") -> str:
        self._count += 1
        return f"{stem}{self._count}"

    def _body(self, count: int = 2) -> None:
        """An indented block; what it names is not known behind it."""
        names, lists, functions = list(self._names), list(self._lists), list(self._functions)
        self._indent += 1
        self._block(self._rng.randint(1, count))
        self._indent -= 1
        self._names, self._lists, self._functions = names, lists, functions

    def _block(self, count: int) -> None:
        self._depth += 1
        for _ in range(count):
            self.statement()
        self._depth -= 1

    def statement(self) -> None:
        simple = [self._assign, self._print, self._augment, self._walrus, self._unpack]
        simple += [self._list, self._fill, self._subscript]
        nested = [self._if, self._for, self._while, self._try, self._try_star, self._with, self._exit_stack]
        nested += [self._match, self._function, self._closure, self._decorated, self._finally, self._class]
        nested += [self._generator, self._gather, self._async_for, self._pool]
        self._rng.choice(simple if self._depth > 3 else [*simple, *nested])()

    def _assign(self) -> None:
        text = self.expression()
        name = self._new()
        self._line(f"{name} = {text}")
        self._names.append(name)

    def _print(self) -> None:
        self._line(f"print({self.expression()}, {self._rng.choice(self._names)})")

    def _augment(self) -> None:
        known = self._names if self._indent == 0 else [name for name in self._names if name != "TOTAL"]
        if known:
            self._line(f"{self._rng.choice(known)} += {self.expression()}")
        else:
            self._print()

    def _walrus(self) -> None:
        name = self._new()
        self._line(f"print(({name} := {self.expression()}), {name})")
        self._names.append(name)

    def _unpack(self) -> None:
        first, rest = self._new(), self._new("l")
        self._line(f"{first}, *{rest} = {self.expression(1)}, put(3), *[{self.expression(1)}]")
        self._names.append(first)
        self._lists.append(rest)

    def _list(self) -> None:
        name = self._new("l")
        self._line(f"{name} = [{self.expression()}, {self.expression(1)}]")
        self._lists.append(name)

    def _fill(self) -> None:
        if not self._lists:
            return self._list()
        target = self._rng.choice(self._lists)
        self._line(f"world.fill({target}, {self._number()}).append({self.expression(1)})")
        self._line(f"print({target})")
        return None

    def _subscript(self) -> None:
        if not self._lists:
            return self._list()
        target = self._rng.choice(self._lists)
        self._line(f"{target}[put(0) - 1] {self._rng.choice(['=', '+='])} {self.expression(1)}")
        self._line(f"del {target}[get(1) % 1]")
        self._line(f"{target}.append({self._number()})")
        return None

    def _if(self) -> None:
        self._line(f"if {self.expression()}:")
        self._body()
        if self._rng.random() < 0.5:
            self._line(f"elif {self.expression(1)} > 2:")
            self._body()
        self._line("else:")
        self._body()

    def _for(self) -> None:
        name = self._new("i")
        over = self._rng.choice([f"range({self._rng.randint(0, 3)})", "Box(1)", "numbers(2)", "map(put, [1, 2])"])
        self._line(f"for {name} in {over}:")
        self._names.append(name)
        self._body()
        self._indent += 1
        self._line(f"if {name} > {self._number()} + get({self._number()}):")
        self._line(f"    {self._rng.choice(['break', 'continue'])}")
        self._indent -= 1
        self._names.remove(name)
        self._line("else:")
        self._body(1)

    def _while(self) -> None:
        name = self._new("w")
        self._line(f"{name} = 0")
        self._line(f"while ({name} := {name} + 1) < {self._rng.randint(1, 4)} + get(0) * 0:")
        self._names.append(name)
        saved = self._names
        self._names = [known for known in saved if known != name]
        self._body()
        self._names = saved

    def _risky(self) -> None:
        self._line(
            self._rng.choice(
                [
                    f"world.refuse({self._number()})",
                    f"raise KeyError(put({self._number()}))",
                    f"raise ValueError({self.expression(1)}) from WorldError(1)",
                    f"Box(1)[{self._rng.randint(2, 6)}]",
                    f"assert {self.expression(1)} > 3, put(1)",
                    "next(iter([]))",
                ]
            )
        )

    def _try(self) -> None:
        self._line("try:")
        self._body()
        self._indent += 1
        if self._rng.random() < 0.8:
            self._risky()
        self._indent -= 1
        self._line("except WorldError as error:")
        self._line_in("print(repr(error), error.code, error.args)")
        self._line("except (LookupError, ValueError, AssertionError, StopIteration) as error:")
        self._line_in("print(type(error).__name__, error, repr(error.__cause__), put(9))")
        self._line("else:")
        self._body(1)
        self._line("finally:")
        self._body(1)

    def _line_in(self, text: str) -> None:
        self._indent += 1
        self._line(text)
        self._indent -= 1

    def _try_star(self) -> None:
        self._line("try:")
        self._line_in(f"raise ExceptionGroup('some', [KeyError(put(1)), WorldError({self.expression(1)})])")
        self._line("except* KeyError as group:")
        self._line_in("print([repr(error) for error in group.exceptions], put(2))")
        self._line("except* WorldError as group:")
        self._line_in(f"print([error.code for error in group.exceptions], {self.expression(1)})")

    def _exit_stack(self) -> None:
        self._line("with contextlib.suppress(WorldError), contextlib.ExitStack() as stack:")
        self._line_in("stack.callback(put, 7)")
        self._line_in("stack.enter_context(held(1))")
        self._body(1)
        if self._rng.random() < 0.5:
            self._line_in("world.refuse(4)")

    def _finally(self) -> None:
        name = self._new("f")
        self._line(f"def {name}(value):")
        self._line_in("for number in range(2):")
        self._indent += 1
        self._line_in("try:")
        self._line_in(f"    {self._rng.choice(['return put(value % 9)', 'continue', 'break', 'put(number)'])}")
        self._line_in("finally:")
        self._line_in("    put(number)")
        self._indent -= 1
        self._line_in("return get(1)")
        self._functions.append(name)

    def _with(self) -> None:
        name = self._new()
        manager = self._rng.choice([f"held({self._number()})", "contextlib.nullcontext(put(3))"])
        self._line(f"with {manager} as {name}, Box({self._number()}) as box:")
        self._names.append(name)
        self._body()
        if self._rng.random() < 0.4:
            self._line_in("raise KeyError('swallowed')")
        self._line(f"print({name}, box.value)") if manager.startswith("c") else None

    def _match(self) -> None:
        self._line(f"match [{self.expression(1)}, Point({self._number()}), {{'k': {self._number()}}}]:")
        self._indent += 1
        self._line(f"case [int(a), Point(x=x), {{'k': k}}] if put(a % 5) > {self._number()} + k:")
        self._body(1)
        self._line_in("print(a, x, k)")
        self._line("case [_, Point(y=y), *rest] if get(y) % 2:")
        self._line_in("print(y, rest, put(1))")
        self._line("case _:")
        self._body(1)
        self._indent -= 1

    def _function(self) -> None:
        name, argument = self._new("f"), self._new("a")
        self._line(f"def {name}({argument}, more=put({self._number()}), *rest, last=get(1)):")
        names = self._names
        self._names = ["TOTAL", argument, "more", "last"]
        functions, lists = self._functions, self._lists
        self._functions, self._lists = list(functions), []
        self._body(3)
        if self._rng.random() < 0.5:
            self._line_in("global TOTAL")
            self._lines.insert(
                self._line_of(f"def {name}(") + 1, "    " * (self._indent + 1) + self._lines.pop().strip()
            )
            self._line_in("TOTAL += 1")
        self._line_in(f"return {self.expression(1)}")
        self._names, self._lists = names, lists
        self._functions = [*functions, name]

    def _line_of(self, start: str) -> int:
        return next(at for at in reversed(range(len(self._lines))) if self._lines[at].strip().startswith(start))

    def _decorated(self) -> None:
        name = self._new("f")
        self._line(f"@{self._rng.choice(['loud', 'functools.lru_cache(put(8))', 'functools.partial(loud)'])}")
        self._line(f"def {name}(value):")
        self._line_in(f"return put(value % 7) + {self._number()}")
        self._functions.append(name)

    def _closure(self) -> None:
        name = self._new("f")
        self._line(f"def {name}(value, count=[0]):")
        for text in (
            "total = value",
            "def inner():",
            "    nonlocal total",
            "    total += put(total % 5)",
            "    count[0] += 1",
            "    return total",
            "return inner() + inner() + count[0]",
        ):
            self._line_in(text)
        self._functions.append(name)

    def _class(self) -> None:
        name = self._new("C")
        self._line(f"class {name}(Box):")
        self._line_in(f"extra = {self.expression(1)}")
        self._line_in("items = [put(n) for n in range(2)]")
        self._line_in("def __init_subclass__(cls, **kwargs):")
        self._line_in("    put(12)")
        self._line_in("def __call__(self, value):")
        self._line_in("    return super().__getitem__(1) + self.extra + put(value % 4)")
        self._line(f"class {name}Sub({name}):")
        self._line_in("pass")
        self._line(f"print({name}Sub({self._number()})({self.expression(1)}), {name}.items)")

    def _generator(self) -> None:
        name = self._new("g")
        self._line(f"{name} = numbers({self._rng.randint(1, 3)})")
        self._line(f"print(next({name}), {name}.send(7) if get(0) > 2 else put(2))" if self._rng.random() < 0.5 else
                   f"print([*zip({name}, map(put, [1, 2]))])")  # fmt: skip
        self._line(f"{name}.close()")

    def _gather(self) -> None:
        name = self._new("co")
        self._line(f"async def {name}(value):")
        self._line_in(f"await asyncio.sleep(0.0{self._rng.randint(0, 3)})")
        self._line_in(
            "return put(value) + await world.later(value)" if self._rng.random() < 0.5 else "return put(value)"
        )
        how = self._rng.choice(["gather", "group", "timeout"])
        self._line(f"async def {name}_main():")
        match how:
            case "gather":
                self._line_in(f"return await asyncio.gather(*[{name}(n) for n in range({self._rng.randint(1, 3)})])")
            case "group":
                self._line_in("async with asyncio.TaskGroup() as group:")
                self._line_in(f"    tasks = [group.create_task({name}(n)) for n in range(2)]")
                self._line_in("return [task.result() for task in tasks]")
            case _:
                self._line_in("try:")
                self._line_in("    async with asyncio.timeout(0.2):")
                self._line_in("        await asyncio.sleep(30)")
                self._line_in("except TimeoutError:")
                self._line_in(f"    return await {name}(5)")
        self._line(f"print(asyncio.run({name}_main()))")

    def _async_for(self) -> None:
        name = self._new("ag")
        self._line(f"async def {name}(count):")
        self._line_in("for n in range(count):")
        self._line_in("    yield put(n)")
        self._line_in("    await asyncio.sleep(0)")
        self._line(f"async def {name}_main():")
        self._line_in(f"return [n async for n in {name}({self._rng.randint(0, 3)}) if n != await world.later(1)]")
        self._line(f"print(asyncio.run({name}_main()))")

    def _pool(self) -> None:
        self._line("with ThreadPoolExecutor(1) as pool:")
        self._line_in(f"print(list(pool.map(put, range({self._rng.randint(1, 4)}))), pool.submit(get, 1).result() * 0)")


def program(rng: Rng) -> str:
    """Return the text of a random program."""
    return textwrap.dedent(Program(rng).text())
