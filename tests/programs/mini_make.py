"""A small make: rules from a file, what is out of date by modification times, recipes as Python, cycles refused."""

import argparse
import os
import re
import sys
import textwrap
from pathlib import Path

RULE = re.compile(r"^(?P<target>[\w./]+):(?P<needs>[^:=]*)$")


class MakeError(Exception):
    pass


class Cycle(MakeError):
    def __init__(self, path):
        super().__init__(" -> ".join(path))
        self.path = path


def read_rules(path):
    rules, target = {}, None
    for line in Path(path).read_text().splitlines():
        if match := RULE.match(line):
            target = match["target"]
            rules[target] = (match["needs"].split(), [])
        elif line.startswith("    ") and target:
            rules[target][1].append(line)
    return {name: (needs, textwrap.dedent("\n".join(body))) for name, (needs, body) in rules.items()}


def is_older(target, needs):
    try:
        made = os.stat(target).st_mtime_ns
    except FileNotFoundError:
        return True
    return any(os.stat(need).st_mtime_ns > made for need in needs if os.path.exists(need))


def make(target, rules, done, path=(), *, dry=False):
    if target in path:
        raise Cycle((*path, target))
    if target in done:
        return False
    done.add(target)
    if target not in rules:
        if not os.path.exists(target):
            raise MakeError(f"no rule to make {target}")
        return False
    needs, recipe = rules[target]
    remade = [make(need, rules, done, (*path, target), dry=dry) for need in needs]
    if any(remade) or is_older(target, needs):
        print("making", target)
        if not dry:
            exec(compile(recipe, target, "exec"), {"target": target, "needs": needs, "Path": Path})
        return True
    return False


def main(argv=None):
    parser = argparse.ArgumentParser(prog="mini_make")
    parser.add_argument("targets", nargs="*", default=["all.txt"])
    parser.add_argument("-n", "--dry-run", action="store_true")
    options = parser.parse_args(argv)
    rules = read_rules("Makefile.mini")
    try:
        for target in options.targets:
            if not make(target, rules, set(), dry=options.dry_run):
                print(target, "is up to date")
    except MakeError as error:
        print(f"mini_make: {type(error).__name__}: {error}", file=sys.stderr)
        return 2
    return 0


Path("Makefile.mini").write_text(
    """all.txt: a.up b.up
    Path(target).write_text("".join(Path(need).read_text() for need in needs))
a.up: a.txt
    Path(target).write_text(Path(needs[0]).read_text().upper())
b.up: b.txt
    text = Path(needs[0]).read_text()
    Path(target).write_text(text.upper())
egg: hen
hen: egg
"""
)
for name, text in ("a.txt", "alpha\n"), ("b.txt", "beta\n"):
    Path(name).write_text(text)
    os.utime(name, (1_000_000_000, 1_000_000_000))
print(main(["-n"]), main([]), main(["all.txt"]))
os.utime("b.txt", (4_000_000_000, 4_000_000_000))
print(main(["a.up", "all.txt"]))
print(Path("all.txt").read_text().split(), main(["egg"]), main(["nothing"]))
