"""Counters in closures and globals, caches over reads, dispatch by type: functools at work on files."""

import functools
import os
from functools import cache, cached_property, lru_cache, partial, reduce, singledispatch, singledispatchmethod

hits = 0
for name, text in {"a.txt": "one two", "b.txt": "three", "c.txt": ""}.items():
    with open(name, "w") as file:
        file.write(text)


def counter(path):
    count = 0

    def bump(by=1):
        nonlocal count
        global hits
        count += by
        hits += 1
        with open(path, "w") as file:
            file.write(str(count))
        return count

    def reset():
        nonlocal count
        count = int(os.path.exists(path))
        return count

    return bump, reset


bump, reset = counter("count.txt")
print(bump(), bump(5), reset(), bump(), hits, open("count.txt").read())


@lru_cache(maxsize=2)
def words(name):
    bump()
    return tuple(open(name).read().split())


print([words(n) for n in ("a.txt", "b.txt", "a.txt", "c.txt", "b.txt")], words.cache_info(), hits)


@cache
def depth(folder):
    return 0 if not folder else 1 + depth(os.path.dirname(folder))


print(depth("x/y/z"), depth.cache_info().currsize)


class Report:
    def __init__(self, *names):
        self.names = names

    @cached_property
    def sizes(self):
        bump(10)
        return {name: os.path.getsize(name) for name in self.names}

    @singledispatchmethod
    def show(self, thing):
        return f"? {thing}"

    @show.register
    def _(self, thing: int):
        return [name for name in self.names if os.path.getsize(name) > thing]

    @show.register
    def _(self, thing: str):
        return open(thing).read().upper()


report = Report("a.txt", "b.txt")
print(report.sizes, report.sizes, report.show(6), report.show("b.txt"), report.show(None), hits)


@singledispatch
def store(thing):
    raise TypeError(type(thing).__name__)


@store.register(list)
@store.register(tuple)
def _(thing):
    return [store(part) for part in thing]


@store.register
def _(thing: str):
    with open("stored.txt", "a") as file:
        return file.write(thing)


print(store(["a", ("bc", "def")]), reduce(lambda total, n: total + len(words(n)), ["a.txt", "b.txt"], 0))
shout = partial(print, "!", sep="-", end="!\n")
shout(functools.reduce(os.path.join, ["x", "y"]))
try:
    store(3)
except TypeError as error:
    print("cannot store", error)
