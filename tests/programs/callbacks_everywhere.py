"""Effects inside callbacks that libraries call: keys, substitutions, hooks, reducers, writers, exit stacks, schedules."""

import argparse
import contextlib
import csv
import functools
import io
import itertools
import json
import re
import sched
import time
from pathlib import Path

Path("sizes").mkdir()
for name, text in {"a": "xxx", "b": "x", "c": "xx"}.items():
    (Path("sizes") / name).write_text(text)


def size(name):
    return len((Path("sizes") / name).read_text())


print(sorted("abc", key=size), max("abc", key=size), list(map(size, "cab")), list(filter(lambda n: size(n) > 1, "abc")))
print(re.sub(r"\$(\w)", lambda match: (Path("sizes") / match[1]).read_text(), "[$a|$b|$c]"))
print(functools.reduce(lambda total, name: total + size(name), "abc", 0))
print([(key, [*group]) for key, group in itertools.groupby(sorted("abc", key=size), key=lambda n: size(n) % 2)])
print(json.loads('{"file": "a", "n": 1}', object_hook=lambda found: {**found, "size": size(found["file"])}))
print(json.dumps({"where": Path("sizes")}, default=lambda path: sorted(p.name for p in path.iterdir())))


class Tee(io.StringIO):
    def write(self, text):
        with open("tee.log", "a") as log:
            log.write(text)
        return super().write(text)


writer = csv.writer(Tee(), lineterminator="\n")
writer.writerows([(name, size(name)) for name in "abc"])
print(Path("tee.log").read_text().split())


class Existing(argparse.Action):
    def __call__(self, parser, namespace, values, option_string=None):
        setattr(namespace, self.dest, [name for name in values if (Path("sizes") / name).exists()])


parser = argparse.ArgumentParser()
parser.add_argument("names", nargs="*", action=Existing)
parser.add_argument("--limit", type=lambda text: int(text) + size("c"))
print(parser.parse_args(["a", "z", "c", "--limit", "5"]))

with contextlib.ExitStack() as stack:
    for name in "ab":
        stack.callback((Path("sizes") / name).unlink)
    stack.enter_context(contextlib.closing(open("sizes/c")))
    print("open", sorted(path.name for path in Path("sizes").iterdir()))
print("left", sorted(path.name for path in Path("sizes").iterdir()))


@functools.lru_cache
def cached(name):
    return (Path("sizes") / name).read_text()


print(cached("c"), cached("c"), cached.cache_info().hits)
plan = sched.scheduler(time.time, time.sleep)
start = time.time()
for delay, name in ((0.05, "later"), (0.01, "soon")):
    plan.enter(delay, 1, lambda name=name: Path(name).mkdir() or print(name, Path(name).is_dir()))
plan.run()
print(0.04 < time.time() - start < 60)
with contextlib.redirect_stdout(io.StringIO()) as caught, contextlib.suppress(FileNotFoundError):
    print(cached("c"))
    print(cached("gone"))
print(repr(caught.getvalue()))
