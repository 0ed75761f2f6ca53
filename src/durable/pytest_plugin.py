"""The pytest plugin: the fixture `durable_program`. Costs a session that does not use it nothing but this file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from durable.testing import Programs


@pytest.fixture
def durable_program(request: pytest.FixtureRequest, pytestconfig: pytest.Config) -> Programs:
    """Run plain programs in virtual time: `durable_program.run("approval.py", answers=["yes"])`."""
    from durable.testing import Programs

    cache = pytestconfig.cache
    compiled = Path(str(cache.mkdir("durable"))) if cache is not None else pytestconfig.rootpath / ".durable" / "cache"
    return Programs(request.path.parent, compiled)
