"""A tiny build system: dependency graph, hashing, shelve cache, subprocess compile steps in parallel, progress lines."""
import concurrent.futures, graphlib, hashlib, os, shelve, subprocess, sys, time
from functools import lru_cache, partial, reduce
from pathlib import Path

RULES = {"app": ["lib.o", "main.o"], "lib.o": ["lib.c"], "main.o": ["main.c"], "lib.c": [], "main.c": []}
for name in ("lib.c", "main.c"):
    Path(name).write_text(f"// {name}\n")

@lru_cache(maxsize=None)
def digest(name):
    return hashlib.md5(Path(name).read_bytes()).hexdigest()

def build(target, deps):
    code = "import sys; open(sys.argv[1], 'w').write(''.join(open(d).read() for d in sys.argv[2:]))"
    subprocess.run([sys.executable, "-c", code, target, *deps], check=True)
    return target

def make(cache):
    sorter = graphlib.TopologicalSorter(RULES)
    sorter.prepare()
    built = []
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        pending = {}
        while sorter.is_active():
            for target in sorted(sorter.get_ready()):
                deps = RULES[target]
                key = reduce(lambda a, b: a + b, map(digest, deps), "")
                if not deps or cache.get(target) == key:
                    sorter.done(target)
                    continue
                pending[pool.submit(build, target, deps)] = (target, key)
            if not pending:
                continue
            done, _ = concurrent.futures.wait(pending, return_when=concurrent.futures.ALL_COMPLETED)
            for future in sorted(done, key=lambda f: pending[f][0]):
                target, key = pending.pop(future)
                cache[target] = key
                built.append(future.result())
                print(f"[{len(built)}] {target}", end="\r" if target != "app" else "\n", flush=True)
                sorter.done(target)
    return built

with shelve.open("cache.db") as cache:
    print(make(cache))
digest.cache_clear()
with shelve.open("cache.db") as cache:
    print(make(cache), sorted(cache))
Path("lib.c").write_text("// changed\n")
digest.cache_clear()
with shelve.open("cache.db") as cache:
    print(make(cache))
print(Path("app").read_text().split())
