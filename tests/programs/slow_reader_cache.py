"""Caches over files: lru_cache with eviction, cached_property, singledispatchmethod, partialmethod, a cache of one's own."""

import functools
import os
import pathlib
import shutil

reads = 0


@functools.lru_cache(maxsize=2)
def load(path):
    global reads
    reads += 1
    return pathlib.Path(path).read_text()


def remember(path):
    """A decorator that keeps results in a folder, one file a call."""

    def decorate(fn):
        os.makedirs(path, exist_ok=True)

        @functools.wraps(fn)
        def wrapper(*args):
            place = os.path.join(path, "-".join(map(str, args)) or "nothing")
            try:
                with open(place) as file:
                    return file.read()
            except FileNotFoundError:
                pass
            result = fn(*args)
            with open(place, "x") as file:
                file.write(result)
            return result

        wrapper.forget = functools.partial(shutil.rmtree, path)
        return wrapper

    return decorate


@remember("cache")
def shout(name, times=1):
    return load(f"{name}.txt").strip().upper() * times


class Document:
    def __init__(self, name):
        self.name = name

    @functools.cached_property
    def words(self):
        return load(f"{self.name}.txt").split()

    @functools.singledispatchmethod
    def find(self, what):
        raise TypeError(f"cannot find a {type(what).__name__}")

    @find.register
    def _(self, what: str):
        return self.words.index(what)

    @find.register(int)
    def _(self, what):
        return self.words[what]

    def save(self, suffix, *, upper=False):
        text = " ".join(self.words)
        return pathlib.Path(self.name + suffix).write_text(text.upper() if upper else text)

    save_loud = functools.partialmethod(save, ".loud", upper=True)
    save_quiet = functools.partialmethod(save, ".quiet")


@functools.cache
def paths(folder=".", depth=2):
    inner = [path for path in sorted(pathlib.Path(folder).glob("*.loud"))]
    return inner if depth == 0 else inner + paths(folder, depth - 1)


for name in "abc":
    pathlib.Path(f"{name}.txt").write_text(f"{name} has {ord(name)} words\n")
print([load(f"{name}.txt").strip() for name in "ababca"], load.cache_info(), reads)
print(shout("a"), shout("a"), shout("b", 2), reads, sorted(os.listdir("cache")))
shout.forget()
print(os.path.exists("cache"), shout.__name__, shout.__wrapped__("c"))
document = Document("a")
print(document.find("words"), document.find(0), document.save_loud(), document.save_quiet(), "words" in vars(document))
pathlib.Path("a.txt").write_text("changed")
print(document.words, Document("a").words, load.cache_info().misses)
load.cache_clear()
del document.words
print(document.words, len(paths()), paths.cache_info().currsize)
try:
    document.find(1.5)
except TypeError as error:
    print(error)
