"""A build tool: graphlib order, threads per level, content hashes to skip what is done, a report, an exit code."""

import concurrent.futures
import graphlib
import hashlib
import json
import sys
from pathlib import Path

RULES = {"app": {"core", "ui"}, "ui": {"core", "icons"}, "core": set(), "icons": set(), "docs": {"app"}}
CACHE = Path("cache.json")


def digest(name):
    parts = [Path(f"{name}.src").read_bytes(), *(Path(f"{need}.out").read_bytes() for need in sorted(RULES[name]))]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def build(name, cache):
    now = digest(name)
    if cache.get(name) == now and Path(f"{name}.out").exists():
        return name, "kept", now
    source = Path(f"{name}.src").read_text()
    if "!" in source:
        raise SyntaxError(f"{name}: {source.strip()}")
    Path(f"{name}.out").write_text(f"{name}<{','.join(sorted(RULES[name]))}>")
    return name, "built", now


def run():
    cache = json.loads(CACHE.read_text()) if CACHE.exists() else {}
    order = graphlib.TopologicalSorter(RULES)
    order.prepare()
    report, failed = [], []
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        while order.is_active():
            ready = sorted(order.get_ready())
            futures = {name: pool.submit(build, name, cache) for name in ready}
            for name, future in futures.items():
                try:
                    _, what, cache[name] = future.result()
                    report.append(f"{what} {name}")
                except (SyntaxError, FileNotFoundError) as error:
                    failed.append(f"{type(error).__name__}: {error}")
                    return report, failed
            order.done(*ready)
    CACHE.write_text(json.dumps(cache, sort_keys=True))
    return report, failed


for name in RULES:
    Path(f"{name}.src").write_text(f"source of {name}\n")
print(*run())
Path("ui.src").write_text("changed\n")
print(*run())
Path("core.src").write_text("broken!\n")
report, failed = run()
print(report, failed)
try:
    tuple(graphlib.TopologicalSorter({"a": {"b"}, "b": {"a"}}).static_order())
except graphlib.CycleError as error:
    print(error.args[0])
sys.exit(len(failed))
