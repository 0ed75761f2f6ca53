"""What a resolver is: something that names the targets of sites."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from durable.transpiler.ir.diagnostic import Diagnostic
from durable.transpiler.ir.resolved import Site, Target


class Resolver(Protocol):
    """Sites in, targets out; a site that it cannot name is left out, never guessed."""

    def resolve(self, sites: Sequence[Site]) -> Mapping[Site, Target]:
        """The targets of those sites that this resolver can name."""
        ...

    def notes(self) -> Sequence[Diagnostic]:
        """What the user should know of how it went."""
        ...
