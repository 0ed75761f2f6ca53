"""Counts and compares words of texts: a package run with `python -m textkit`, with commands, data and a registry."""

__version__ = "0.3"
COMMANDS = {}


def command(fn):
    COMMANDS[fn.__name__.rstrip("_")] = fn
    return fn


from . import commands  # noqa: E402,F401  the commands register themselves
