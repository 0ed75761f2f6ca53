"""The journal's table of sites: each is stored once, and rows mention its number."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from durable.runner.core.call import Policy, Site
from durable.runner.journal.seal import Seal


class Places:
    """The sites by number, read and made with `execute`. A row that is not as it was written is `damaged(what)`."""

    def __init__(
        self, execute: Callable[[str, tuple[Any, ...]], sqlite3.Cursor], seal: Seal, damaged: Callable[[str], Exception]
    ) -> None:
        self._execute = execute
        self._seal = seal
        self._damaged = damaged
        self._numbers: dict[Site, int] = {}
        self._sites: dict[int, Site] = {}

    def number(self, site: Site) -> int:
        """Return the number of `site`, which is stored in the open transaction if it is new."""
        number = self._numbers.get(site)
        if number is None:
            text = json.dumps(asdict(site))
            found = self._execute("SELECT n FROM sites WHERE site = ?", (text,)).fetchone()
            if found is None:
                found = self._execute("SELECT COALESCE(MAX(n), 0) + 1 FROM sites", ()).fetchone()
                mac = self._seal.of("site", str(found[0]), text)
                self._execute("INSERT INTO sites VALUES (?, ?, ?)", (found[0], text, mac))
            number = self._numbers[site] = int(found[0])
        return number

    def site(self, number: int | None) -> Site | None:
        """Return the site with that number."""
        if number is None:
            return None
        if number not in self._sites:
            row = self._execute("SELECT site, mac FROM sites WHERE n = ?", (number,)).fetchone()
            if row is None or row[1] != self._seal.of("site", str(number), row[0]):
                raise self._damaged(f"place {number} of a step")
            fields = json.loads(row[0])
            self._sites[number] = Site(**{**fields, "policy": Policy.of(fields["policy"])})
        return self._sites[number]
