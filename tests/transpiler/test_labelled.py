"""Verdicts on the call sites of realistic programs, against labels that people gave them (tests/labelled/README.md)."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from durable.runner.instrument.tables import TABLES
from durable.transpiler import catalogue
from durable.transpiler.catalogue.library import FOLDER as FOLDER_OF_CATALOGUE
from durable.transpiler.catalogue.library import load_library
from durable.transpiler.ir.diagnostic import NOT_DURABLE_YET, REFUSED
from durable.transpiler.ir.effects import Effect, Fact
from durable.transpiler.ir.plan import Leave, OutlineBlock, OutlineRegion
from durable.transpiler.ir.resolved import Reference, Role
from durable.transpiler.pipeline import CompileOptions, plan_program

FOLDER = Path(__file__).parent.parent / "labelled"
PROGRAMS = sorted(FOLDER.glob("*.py"))
EFFECTS = frozenset({Effect.READ, Effect.WRITE, Effect.OPEN, Effect.WAIT, Effect.SPAWN})
HARMLESS = frozenset({Effect.PURE, Effect.INLINE})
OUTPUT, CLIENT = "output", "client"
SHARE = 0.98


@dataclass(frozen=True)
class Label:
    """What a person says of one call site; `callee` is the true name of a method, else empty."""

    line: int
    column: int
    name: str
    effect: str
    callee: str

    @staticmethod
    def read(text: str) -> Label:
        place, name, effect, *callee = text.split()
        line, column = place.split(":")
        return Label(int(line), int(column), name, effect, "".join(callee))

    def __str__(self) -> str:
        return f"{self.line}:{self.column} {self.callee or self.name} is {self.effect}"


@dataclass(frozen=True)
class Judged:
    """A label, what comes of the site, and whether it is a step or the like."""

    program: str
    label: Label
    effect: Effect
    is_handled: bool
    is_through: bool = False

    @property
    def is_same(self) -> bool:
        """Whether the verdict says the label's word, or one that means the same."""
        if self.label.effect == OUTPUT:
            return self.effect in HARMLESS or self.effect is Effect.WRITE
        if self.label.effect == CLIENT:
            return self.effect in HARMLESS or self.effect is Effect.OPEN
        return self.label.effect == self.effect or {self.label.effect, self.effect} <= HARMLESS

    @property
    def is_right(self) -> bool:
        return self.is_same or (self.effect is Effect.INLINE and self.is_through)

    @property
    def is_missed(self) -> bool:
        return self.label.effect in EFFECTS and not self.is_handled

    def __str__(self) -> str:
        return f"{self.program}:{self.label}, got {self.effect}{'' if self.is_handled else ', left alone'}"


@dataclass(frozen=True)
class _Site:
    """A call site as the compiler leaves it; `is_told`: a diagnostic says that it is not durable."""

    reference: Reference
    fact: Fact | None
    is_step: bool
    is_told: bool


def is_carried(callee: str) -> bool:
    """Whether a call becomes a step at run time though the compiler leaves it alone; README.md tells of the ways."""
    owner = catalogue.canonical(callee.rpartition(".")[0])
    entry = catalogue.lookup(owner) if "." in owner else None
    is_resource = (entry is not None and entry.effect is Effect.OPEN) or owner in opened()
    is_patched = any(f"{table}.".startswith(f"{owner.rpartition('.')[0]}.") for table in TABLES)
    return is_resource or is_patched or catalogue.is_caught(callee) or bool(catalogue.through(callee))


@cache
def opened() -> frozenset[str]:
    """The classes of what calls give that open: a resource each."""
    names = [
        f"{library.module}.{below}"
        for path in FOLDER_OF_CATALOGUE.glob("*.toml")
        if (library := load_library(path.stem)) is not None
        for below, record in library.exact.items()
        if record.get("effect") == Effect.OPEN
    ]
    entries = [entry for name in names if (entry := catalogue.lookup(name)) is not None]
    return frozenset(entry.returns for entry in entries if entry.returns is not None)


@pytest.fixture(scope="module", autouse=True)
def _libraries(stand_ins: Callable[[Sequence[Path]], Path]) -> Iterator[None]:
    """Of libraries that are not installed the catalogue alone speaks."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(stand_ins(PROGRAMS)))
        yield


@cache
def judge(resolver: str) -> tuple[list[Judged], list[str]]:
    """Every label judged, and the compiler's steps at sites that have none."""
    judged: list[Judged] = []
    unlabelled: list[str] = []
    for program in PROGRAMS:
        one, other = _judge(program, resolver)
        judged += one
        unlabelled += other
    return judged, unlabelled


def _judge(program: Path, resolver: str) -> tuple[list[Judged], list[str]]:
    plan = plan_program(program, CompileOptions(resolver=resolver))
    (module,), (planned,), ((_, facts),) = plan.resolved.modules, plan.modules, plan.facts.facts
    known = {fact.reference: fact for fact in facts}
    left = {one.span for one in planned.decisions if isinstance(one, Leave)}
    outlined = [one for one in planned.decisions if isinstance(one, (OutlineRegion, OutlineBlock))]
    assert not outlined, "no policy is given"
    told = {(one.line, one.column) for one in plan.diagnostics if one.code in (REFUSED.code, NOT_DURABLE_YET.code)}
    sites = {
        _place(one): _Site(
            one, known.get(one), one.site.span not in left, (one.site.span.line, one.site.span.column) in told
        )
        for one in module.references
    }
    labels = [Label.read(line) for line in program.with_suffix(".labels").read_text().splitlines()]
    judged = [_judged(program.stem, label, sites.get((label.line, label.column))) for label in labels]
    labelled = {(label.line, label.column) for label in labels}
    calls = [site for site in sites.values() if site.reference.site.role is Role.CALL]
    steps = [site for site in calls if site.is_step and site.fact and _place(site.reference) not in labelled]
    return judged, [f"{program.stem}:{site.reference}" for site in steps]


def _place(reference: Reference) -> tuple[int, int]:
    return reference.site.name_span.line, reference.site.name_span.column


def _judged(program: str, label: Label, site: _Site | None) -> Judged:
    """A label held against what the compiler knows and does of its site."""
    if site is None:  # in an annotation, which the compiler leaves alone
        return Judged(program, label, Effect.PURE, False)
    reference, fact = site.reference, site.fact
    assert reference.site.text.endswith(label.name), f"{program}:{label}: {reference}"
    callee = label.callee or (fact.callee if fact is not None else "")
    carried, through = is_carried(callee), bool(catalogue.through(callee))
    if fact is None:
        effect = _at_run_time(callee, reference) if carried else Effect.PURE
        return Judged(program, label, effect, carried, through)
    is_wrapped_before = reference.target.is_alias and fact.effect in EFFECTS
    handled = site.is_step or site.is_told or is_wrapped_before or carried
    return Judged(program, label, fact.effect, handled, through)


def _at_run_time(callee: str, reference: Reference) -> Effect:
    """What a resource's operation, or a leaf that is caught, counts as."""
    entry = catalogue.lookup(callee)
    call = reference.site.call
    if entry is None or call is None:
        return entry.effect if entry is not None else Effect.WRITE
    return catalogue.refined_effect(entry, call.args, dict(call.kwargs))


def test_there_are_enough_labels() -> None:
    judged, _ = judge("static")
    assert len(PROGRAMS) >= 20
    assert len(judged) >= 300
    assert sum(one.label.effect in EFFECTS for one in judged) >= 150


@pytest.mark.parametrize("resolver", ["static", "ty"])
def test_verdicts_are_right(resolver: str) -> None:
    judged, _ = judge(resolver)
    wrong = [str(one) for one in judged if not one.is_right]
    share = 1 - len(wrong) / len(judged)
    same = sum(one.is_same for one in judged) / len(judged)
    sites = f"{len(judged)} sites in {len(PROGRAMS)} programs"
    print(f"{resolver}: {sites}, {share:.1%} right, {same:.1%} by the label's own word", *wrong, sep="\n  ")
    assert share >= SHARE, wrong


@pytest.mark.parametrize("resolver", ["static", "ty"])
def test_no_effect_is_missed(resolver: str) -> None:
    judged, _ = judge(resolver)
    assert [str(one) for one in judged if one.is_missed] == []


@pytest.mark.parametrize("resolver", ["static", "ty"])
def test_every_step_has_a_label(resolver: str) -> None:
    """So that calls which are no effects cannot be steps unseen."""
    _, unlabelled = judge(resolver)
    assert unlabelled == []


def test_libraries_go_through_what_is_caught() -> None:
    """`through` in a data file names modules that the run time patches or has a shim for."""
    libraries = [library for path in FOLDER_OF_CATALOGUE.glob("*.toml") if (library := load_library(path.stem))]
    named = {name for library in libraries for name in library.through}
    others = named - TABLES.keys()
    assert {name for name in others if importlib.util.find_spec(f"durable.stdlib_shims.{name}") is None} == set()
