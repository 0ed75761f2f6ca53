"""What an edit changes: source, generated code, steps and their policies, as text, Markdown or JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from difflib import unified_diff

from durable.transpiler.ir.bundle import Bundle, StepRecord
from durable.transpiler.show.check import aligned


@dataclass(frozen=True)
class StepChange:
    """A step that was added, removed or changed; `before` and `after` say what it does and how ("-": not there)."""

    kind: str
    name: str
    place: str
    before: str
    after: str


@dataclass(frozen=True)
class BrokenRun:
    """An unfinished run whose journal does not fit the new code, and why."""

    id: str
    reason: str


@dataclass(frozen=True)
class Difference:
    """All that differs between two compilations; diffs are unified, empty where nothing differs.

    `broken`: the runs that could not go on with the new code. They go on with their own, which they keep.
    """

    base: str
    source: str
    generated: str
    steps: tuple[StepChange, ...]
    is_same: bool
    broken: tuple[BrokenRun, ...] = ()


def difference(old: Bundle, new: Bundle, base: str) -> Difference:
    """What changes from the old bundle, which is of `base`, to the new one."""
    return Difference(
        base,
        _diff(_texts(old, generated=False), _texts(new, generated=False)),
        _diff(_texts(old, generated=True), _texts(new, generated=True)),
        tuple(_steps(old, new)),
        old.hash == new.hash,
    )


def _texts(bundle: Bundle, *, generated: bool) -> dict[str, str]:
    return {module.relative: module.generated if generated else module.source for module in bundle.modules}


def _diff(old: Mapping[str, str], new: Mapping[str, str]) -> str:
    parts: list[str] = []
    for name in sorted({*old, *new}):
        before, after = old.get(name, "").splitlines(), new.get(name, "").splitlines()
        source = f"a/{name}" if name in old else "/dev/null"
        target = f"b/{name}" if name in new else "/dev/null"
        parts += unified_diff(before, after, source, target, lineterm="")
    return "\n".join(parts)


def _steps(old: Bundle, new: Bundle) -> Iterator[StepChange]:
    before = {step["name"]: step for step in old.manifest["steps"]}
    after = {step["name"]: step for step in new.manifest["steps"]}
    for name in dict.fromkeys((*after, *before)):
        was, now = before.get(name), after.get(name)
        if now is None and was is not None:
            yield StepChange("removed", name, _place(was), _what(was), "-")
        elif now is not None and was is None:
            yield StepChange("added", name, _place(now), "-", _what(now))
        elif now is not None and was is not None and _what(was) != _what(now):
            yield StepChange("changed", name, _place(now), _what(was), _what(now))


def _place(step: StepRecord) -> str:
    return f"{step['file']}:{step['line']}"


def _what(step: StepRecord) -> str:
    policy = "".join(f", {key}={value}" for key, value in step["policy"].items())
    return f"{step['effect']} {step['callee']}{policy}"


def as_text(found: Difference) -> str:
    """Plain text for a terminal."""
    if found.is_same and not found.source and not found.broken:
        return f"nothing changes against {found.base}"
    parts: list[str] = []
    if found.steps:
        rows = [("CHANGE", "STEP", "PLACE", "BEFORE", "AFTER")]
        rows += [(one.kind, one.name, one.place, one.before, one.after) for one in found.steps]
        parts.append("\n".join(aligned(rows)))
    else:
        parts.append(f"no step changes against {found.base}")
    if found.broken:
        broken = [("RUN", "DOES NOT FIT THE NEW CODE"), *((one.id, one.reason) for one in found.broken)]
        parts.append("\n".join(aligned(broken)))
    parts += [f"{title}:\n{diff}" for title, diff in (("source", found.source), ("generated", found.generated)) if diff]
    return "\n\n".join(parts)


def as_markdown(found: Difference) -> str:
    """Markdown for a pull request: the steps as a table, the diffs folded."""
    lines = [f"### Durable: changes against `{found.base}`", ""]
    if found.steps:
        lines += ["| change | step | place | before | after |", "|---|---|---|---|---|"]
        lines += [
            f"| {one.kind} | `{one.name}` | {one.place} | {one.before} | {one.after} |".replace("<", "&lt;")
            for one in found.steps
        ]
    else:
        lines.append("No step changes.")
    if found.broken:
        lines += ["", "**Unfinished runs that do not fit the new code** (they go on with their own):", ""]
        lines += [f"- `{one.id}`: {one.reason}" for one in found.broken]
    for title, diff in (("Source", found.source), ("Generated code", found.generated)):
        if diff:
            lines += ["", f"<details><summary>{title}</summary>", "", "```diff", diff, "```", "", "</details>"]
    return "\n".join(lines)


def as_json(found: Difference) -> str:
    """One object with all of it."""
    return json.dumps(asdict(found), indent=2, ensure_ascii=False)


FORMATS: dict[str, Callable[[Difference], str]] = {"text": as_text, "markdown": as_markdown, "json": as_json}
