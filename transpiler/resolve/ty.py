"""The resolver that asks `ty` (filled in below)."""

from __future__ import annotations

from durable.transpiler.resolve import SecondOpinion


def second_opinion(name: str) -> SecondOpinion | None:
    """The second resolver of that name, None for none."""
    if name == "ty":
        raise NotImplementedError("the ty resolver is not built yet")
    return None
