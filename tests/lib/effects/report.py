"""The measurement as a page of Markdown: values in, text out."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from effects.compare import EXCEPTIONS, JUDGED, Comparison, effect_of
from effects.silence import reason


@dataclass(frozen=True)
class Row:
    """What one test module gave."""

    name: str
    tests: int
    failed: int
    called: int
    events: int


@dataclass(frozen=True)
class Single:
    """What calling one third-party callable gave."""

    name: str
    events: tuple[str, ...]
    error: str = ""

    @property
    def effect(self) -> str:
        return effect_of(self.name) or "none"


def page(rows: Sequence[Row], found: Comparison, singles: Sequence[Single], others: Comparison, where: str) -> str:
    """The whole of docs/effects.md."""
    return "\n".join(
        [_HEAD, f"{where}\n", *_standard(rows, found), *_silent(found), *_third_party(singles, others), *_modules(rows)]
    )


def _standard(rows: Sequence[Row], found: Comparison) -> Iterable[str]:
    effects = Counter(found.called.values())
    yield "## The standard library\n"
    yield (
        f"{len(rows)} test modules of CPython, {sum(row.tests for row in rows):,} tests ({sum(r.failed for r in rows)} "
        f"failed or had an error under watch), {found.events:,} effect events, {len(found.called):,} catalogued "
        "callables called:\n"
    )
    yield _table(("verdict", "called"), [(name, str(count)) for name, count in effects.most_common()])
    yield (
        f"- **Events out of a callable marked `pure`, `ambient` or `inline`: {len(found.wrong)}.**"
        + _named(" · ".join(f"{name} ({effect})" for name, effect in sorted(found.wrong)))
    )
    yield (
        f"- Callables marked `read` that changed something: {len(found.understated)}."
        + _named(", ".join(sorted(found.understated)))
    )
    yield (
        f"- Callables marked `inline` whose own code calls an effect that the runtime catches wherever it is called "
        f"(`open`, `os.*`, `socket.*`, …), so that it is a step of its own: {len(found.through_caught)}."
        + _named(", ".join(sorted(found.through_caught)))
    )
    for name in sorted(found.excepted):
        yield f"- Let pass: {name}: {next(text for (one, _), text in EXCEPTIONS.items() if one == name)}."
    pairs = sorted({f"{name} → {owner}" for name, owner in found.uncaught})
    yield (
        "- Callables marked `inline` below which a catalogued callable causes an effect that is not caught there (in a "
        f"run the guard stops it and it becomes a step): {len(pairs)}." + _named(", ".join(pairs)) + "\n"
    )


def _silent(found: Comparison) -> Iterable[str]:
    silent = found.silent
    judged = sum(effect in JUDGED for effect in found.called.values())
    share = 100 * len(silent) / judged if judged else 0
    yield "## Marked read, write or open, and never an event\n"
    yield f"{len(silent)} of the {judged} that were called ({share:.0f} %), by reason:\n"
    groups: dict[str, list[str]] = {}
    for name in silent:
        groups.setdefault(reason(name) or "not explained", []).append(name)
    for text, names in sorted(groups.items(), key=lambda item: -len(item[1])):
        yield _wrapped(f"- {text} ({len(names)}): {', '.join(names)}")
    yield ""


def _third_party(singles: Sequence[Single], found: Comparison) -> Iterable[str]:
    silent = [one for one in singles if one.effect in JUDGED and not one.events]
    yield "## Third-party callables\n"
    yield (
        f"{len(singles)} callables of {len({one.name.partition('.')[0] for one in singles})} libraries, each called "
        f"against loopback servers. Events out of one marked `pure`, `ambient` or `inline`: {len(found.wrong)}. Marked "
        f"read, write or open and no event: {len(silent)}"
        + _named(", ".join(f"{one.name} ({_WHY.get(one.name, 'not explained')})" for one in silent))
        + "\n"
    )
    rows = [(f"`{one.name}`", one.effect, ", ".join(one.events) or "none") for one in singles]
    yield _table(("callable", "verdict", "events"), rows)


def _modules(rows: Sequence[Row]) -> Iterable[str]:
    yield "## The test modules\n"
    cells = [(row.name, str(row.tests), str(row.failed), str(row.called), str(row.events)) for row in rows]
    yield _table(("module", "tests", "failed", "callables called", "events"), cells)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def _named(text: str) -> str:
    return f" {text}." if text else ""


def _wrapped(text: str) -> str:
    return textwrap.fill(text, 120, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)


_WHY = {
    "boto3.client": "the descriptions of services are read once a process",
    "requests.Session": "it connects when it is asked first",
    "httpx.Client": "it connects when it is asked first",
}
_HEAD = """# Effects, measured

The catalogue says of every public callable what it does to the world. Here it is compared with what CPython's audit
events (PEP 578) say: `python scripts/audit_effects.py --write docs/effects.md`.

**What is run.** CPython's own tests, module by module, each in a process of its own with an audit hook and a profile
function; and third-party callables, once each, against servers on loopback (`tests/lib/effects/`).

**Which events are effects.** Those that tell of contact with the world outside the program: files, folders, sockets,
processes, locks, databases (`tests/lib/effects/events.py`). Not: what the interpreter says of itself (`compile`,
`exec`, `object.*`, `sys.*`, `gc.*`, `marshal.*`, `ctypes.*` but for loading a library), the process's own
environment, the machine's name. What happens below the import system, and where source text is looked up for a
message (`linecache` called by a library), is the interpreter's doing and left out, as the guard leaves it out; so is
what the garbage collector calls.

**Whose event it is.** On the stack between the event and the program (the test file, or the test framework that calls
what it was given) stand public callables. The event belongs to the innermost that has an effect by the catalogue.
Wrong is each `pure`, `ambient` or `inline` one further in, and each `pure` one further out. Code of the
program that is called back by an `inline` callable ends the search, so what it does does not count against that
callable. A private function's doing is that of the public one which called it.
"""
