"""Two results in, the differences between them out, as sentences."""

from __future__ import annotations

import difflib
import functools
import operator
from collections import Counter, defaultdict
from collections.abc import Iterator

from durable.runner.verify.runs import Result

_MOST = 20


def differences(plain: Result, other: Result) -> list[str]:
    """Return what `other` did otherwise than `plain`; durable's own lines on stderr are not the program's."""
    found = [
        *_stream("stdout", plain.stdout, other.stdout),
        *_stream("stderr", plain.stderr, other.stderr),
    ]
    if plain.exit_code != other.exit_code:
        found.append(f"exit code: plain {plain.exit_code}, durable {other.exit_code}")
    found += _files(plain.files, other.files)
    found += _effects(plain, other)
    return found[:_MOST]


def _stream(name: str, expected: bytes, got: bytes) -> Iterator[str]:
    if expected == got:
        return
    lines = difflib.unified_diff(
        expected.decode(errors="replace").splitlines(),
        got.decode(errors="replace").splitlines(),
        "plain",
        "durable",
        lineterm="",
        n=1,
    )
    yield f"{name} differs:\n" + "\n".join(list(lines)[:12])


def _files(expected: dict[str, str], got: dict[str, str]) -> Iterator[str]:
    for name in sorted(expected.keys() | got.keys()):
        if name not in got:
            yield f"file {name}: missing in the durable run"
        elif name not in expected:
            yield f"file {name}: only in the durable run"
        elif expected[name] != got[name]:
            yield f"file {name}: content differs"


def _effects(plain: Result, other: Result) -> Iterator[str]:
    """Compare the traced effects; a step may have been performed twice only if it was in doubt by the journal."""
    last: dict[int, int] = {}
    for step, pid, _ in other.effects:
        last[step] = pid
    attempts = {step["seq"]: step["attempts"] for step in other.steps}
    reads = {step["seq"] for step in other.steps if step["effect"] == "read"}
    for step in sorted({step for step, pid, _ in other.effects if pid != last[step]}):
        if attempts.get(step, 1) < 2 and step not in reads:
            yield f"step {step} was performed again although it was not in doubt"
    kept, expected = _once(other.effects), Counter(what for _, _, what in plain.effects)
    for what in sorted(expected.keys() | kept.keys()):
        if expected[what] != kept[what]:
            yield f"effect {what}: {expected[what]} times in the plain run, {kept[what]} in the durable one"


def _once(effects: list[tuple[int, int, str]]) -> Counter[str]:
    """Count the effects as if every step had been performed once: a second attempt repeats some and does the rest."""
    attempts: defaultdict[int, defaultdict[int, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    for step, pid, what in effects:
        attempts[step][pid][what] += 1
    return sum((functools.reduce(operator.or_, found.values()) for found in attempts.values()), Counter())
