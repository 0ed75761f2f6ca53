"""A library of somebody else's: its functions look harmless, and sometimes write."""

import posix

_counts = {}


def count(name):
    """Count a thing; the first time it gets a card."""
    if name not in _counts:
        posix.close(posix.open(f"{name}.card", posix.O_CREAT | posix.O_WRONLY))
        _counts[name] = 0
    _counts[name] += 1
    return name


def tidy(names):
    """Empty the cards of what is old."""
    for name in names:
        if name.startswith("old"):
            posix.truncate(f"{name}.card", 0)
    return [name for name in names if not name.startswith("old")]


def describe(name):
    return f"{name.title()}, kept dry"
