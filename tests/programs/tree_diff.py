"""Compares two folders recursively and brings the second up to date: recursion, closures, nonlocal, globals."""

import os
import shutil
import sys

changes = 0


def build(root, tree):
    os.makedirs(root, exist_ok=True)
    for name, content in tree.items():
        path = os.path.join(root, name)
        if isinstance(content, dict):
            build(path, content)
        else:
            with open(path, "w") as f:
                f.write(content)


def walk(left, right, on_new, on_gone, on_changed, prefix=""):
    ours = set(os.listdir(left)) if os.path.isdir(left) else set()
    theirs = set(os.listdir(right)) if os.path.isdir(right) else set()
    for name in sorted(ours | theirs):
        a, b, shown = os.path.join(left, name), os.path.join(right, name), prefix + name
        if name not in theirs:
            on_new(shown, a, b)
        elif name not in ours:
            on_gone(shown, b)
        elif os.path.isdir(a) and os.path.isdir(b):
            walk(a, b, on_new, on_gone, on_changed, shown + "/")
        elif os.path.isfile(a) != os.path.isfile(b) or open(a).read() != open(b).read():
            on_changed(shown, a, b)


def make_syncer(verbose):
    copied = removed = 0

    def say(mark, name):
        global changes
        changes += 1
        if verbose:
            print(mark, name)

    def new(name, source, target):
        nonlocal copied
        say("+", name)
        (shutil.copytree if os.path.isdir(source) else shutil.copyfile)(source, target)
        copied += 1

    def gone(name, target):
        nonlocal removed
        say("-", name)
        shutil.rmtree(target) if os.path.isdir(target) else os.remove(target)
        removed += 1

    def changed(name, source, target):
        say("*", name)
        shutil.copyfile(source, target)

    def summary():
        return f"{copied} copied, {removed} removed, {changes} changes in all"

    return (new, gone, changed), summary


def depth(path):
    inner = [
        os.path.join(path, name)
        for name in os.listdir(path)
        if os.path.isdir(os.path.join(path, name))
    ]
    return 1 + max(map(depth, inner), default=0)


def main():
    build(
        "site",
        {
            "index.html": "<h1>2",
            "css": {"a.css": "body", "b.css": "p"},
            "img": {"x": {"y": {"z.svg": "z"}}},
        },
    )
    build(
        "mirror",
        {"index.html": "<h1>1", "css": {"a.css": "body", "old.css": "q"}, "tmp": {"junk": ""}},
    )
    for attempt in ("first", "second"):
        actions, summary = make_syncer(verbose=attempt == "first")
        walk("site", "mirror", *actions)
        print(attempt, summary())
    print("depth", depth("site"), depth("mirror"))
    leftovers = [name for _, _, names in os.walk("mirror") for name in names]
    return 0 if sorted(leftovers) == ["a.css", "b.css", "index.html", "z.svg"] else 1


sys.exit(main())
