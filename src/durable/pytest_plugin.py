"""The pytest plugin: the fixture `durable_program`. Costs a session that does not use it nothing but this file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from durable.testing import Programs


def _leave_to_the_import_system() -> None:
    """Have pytest not rewrite the asserts of durable, as it does of a plugin's whole package; there is no public way.

    Its loader executes a module in the middle of what imports it: some of durable's are imported by a strand of a run.
    """
    for finder in sys.meta_path:
        marked: Any = getattr(finder, "_must_rewrite", None)
        if isinstance(marked, set) and "durable" in marked:
            marked.discard("durable")
            getattr(finder, "_marked_for_rewrite_cache", {}).clear()


_leave_to_the_import_system()


@pytest.fixture
def durable_program(request: pytest.FixtureRequest, pytestconfig: pytest.Config) -> Programs:
    """Run plain programs in virtual time: `durable_program.run("approval.py", answers=["yes"])`."""
    from durable.testing import Programs

    cache = pytestconfig.cache
    compiled = Path(str(cache.mkdir("durable"))) if cache is not None else pytestconfig.rootpath / ".durable" / "cache"
    return Programs(request.path.parent, compiled)
