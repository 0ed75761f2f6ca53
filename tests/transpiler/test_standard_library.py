"""Every public callable of the standard library has a verdict that somebody wrote down: no gap and no default."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import mypy
import pytest
from effects import public, verdicts

from durable.transpiler.catalogue.library import FOLDER

STUBS = Path(mypy.__file__).parent / "typeshed" / "stdlib"
OURS = sorted(path.stem for path in FOLDER.glob("*.toml") if path.stem in sys.stdlib_module_names)


@pytest.fixture(scope="module")
def modules() -> list[str]:
    named = [name for name in public.typeshed_modules(STUBS) if public.is_public(name)]
    found = set(public.modules()) | set(named)
    return sorted(name for name in found if name.partition(".")[0] in sys.stdlib_module_names | {"xxlimited"})


INTROSPECTION = """
import json
import sys
from dataclasses import asdict
from pathlib import Path
from effects import public

public.modules()  # imports them all: an `__all__` may list submodules
found = public.Names()
for module in sys.argv[2:]:
    found |= public.by_introspection(module) | public.by_typeshed(module, Path(sys.argv[1]))
print("", json.dumps({kind: sorted(names) for kind, names in asdict(found).items()}), sep="\\n")
"""


@pytest.fixture(scope="module")
def names(modules: list[str]) -> public.Names:
    """What a fresh interpreter and typeshed know: in this interpreter, other tests may have installed the shims."""
    command = [sys.executable, "-c", INTROSPECTION, str(STUBS), *modules]
    env = {**os.environ, "PYTHONPATH": str(Path(public.__file__).parents[1])}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL)
    kinds = json.loads(done.stdout.splitlines()[-1])
    return public.Names(**{kind: set(names) for kind, names in kinds.items()})


def test_every_callable_has_a_verdict(
    modules: list[str], names: public.Names, record_property: Callable[[str, object], None]
) -> None:
    gaps = sorted(name for name in names.callables if not verdicts.is_explicit(name))
    record_property(
        "summary",
        f"the catalogue has verdicts for {len(names.callables):,} callables of {len(modules)} public modules of the "
        f"standard library: {len(names.functions):,} functions, {len(names.classes):,} classes, "
        f"{len(names.methods):,} methods",
    )
    assert gaps == []


def test_every_value_has_a_verdict(names: public.Names) -> None:
    assert sorted(name for name in names.values if not verdicts.is_explicit(name)) == []


@pytest.mark.parametrize("name", OURS)
def test_no_default(name: str) -> None:
    assert "default" not in tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


def test_no_pattern_is_a_default(modules: list[str], names: public.Names) -> None:
    wide = {top: list(verdicts.module_wide(top, set(modules), names.classes)) for top in OURS}
    assert {top: patterns for top, patterns in wide.items() if patterns} == {}
