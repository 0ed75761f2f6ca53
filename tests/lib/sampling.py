"""How property tests sample: the same examples every time, as many as asked for, none of them shrunk."""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, settings


def sampled(examples: int) -> settings:
    """Return the settings of a test that is given so many examples."""
    return settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
