"""Recipes: how connections of one library's class are brought back to where they were when a crash took them."""

from __future__ import annotations

import functools
import importlib

from durable.runner.recipes.recipe import Done, Doubt, Recipe, Using, lost

__all__ = ["Done", "Doubt", "Recipe", "Using", "lost", "recipe_of"]

_RECIPES = {
    "ftplib:FTP": "ftp:Ftp",
    "imaplib:IMAP4": "imap:Imap",
    "poplib:POP3": "pop:Pop",
    "psycopg:Connection": "postgres:Psycopg",
    "psycopg:Cursor": "postgres:Psycopg",
    "psycopg:ServerCursor": "postgres:Psycopg",
}
_PLAIN = Recipe()


@functools.cache
def recipe_of(cls: type) -> Recipe:
    """Return the recipe for resources of class `cls`; most have none of their own."""
    for base in cls.__mro__:
        found = _RECIPES.get(f"{base.__module__}:{base.__qualname__}")
        if found is not None:
            module, _, name = found.partition(":")
            recipe: Recipe = getattr(importlib.import_module(f"durable.runner.recipes.{module}"), name)()
            return recipe
    return _PLAIN
