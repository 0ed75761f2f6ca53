"""Two results in, the differences between them out, as sentences."""

from __future__ import annotations

import difflib
import functools
import operator
from collections import Counter, defaultdict
from collections.abc import Iterator

from durable.runner.verify.runs import Result

_MOST = 20
_STARTS = ("subprocess.Popen", "os.popen")
_OPERATIONS = ("subprocess.Popen.", "asyncio.subprocess.Process.", "asyncio.SubprocessTransport.")


def differences(plain: Result, other: Result) -> list[str]:
    """Return what `other` did otherwise than `plain`; durable's own lines on stderr are not the program's."""
    found = [
        *_stream("stdout", plain.stdout, other.stdout),
        *_stream("stderr", plain.stderr, other.stderr),
    ]
    if plain.exit_code != other.exit_code:
        found.append(f"exit code: plain {plain.exit_code}, durable {other.exit_code}")
    found += _stream("state of the outside world", plain.state, other.state)
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
    effects = _lives(other)
    last: dict[int, int] = {}
    for step, pid, _ in effects:
        last[step] = pid
    attempts = {step["seq"]: step["attempts"] for step in other.steps}
    repeatable = {step["seq"] for step in other.steps if step["effect"] == "read" or step["callee"] in _STARTS}
    for step in sorted({step for step, pid, _ in effects if pid != last[step]}):
        if attempts.get(step, 1) < 2 and step not in repeatable:
            yield f"step {step} was performed again although it was not in doubt"
    kept, expected = _once(effects), Counter(what for _, _, what in plain.effects)
    for what in sorted(expected.keys() | kept.keys()):
        if what.startswith("os.remove") and what.endswith("????????']"):
            continue  # a temporary file without a name, which a run must be able to find again after a crash
        if expected[what] != kept[what]:
            yield f"effect {what}: {expected[what]} times in the plain run, {kept[what]} in the durable one"


def _lives(result: Result) -> list[tuple[int, int, str]]:
    """Return the effects; a child that another step started again after a crash counts as begun by its own.

    A child's life is in doubt until its end is recorded. An operation on a child starts it again, and so does a step
    that starts another one at its pipe; that one comes last.
    """
    callees: dict[int, str] = {step["seq"]: step["callee"] for step in result.steps}
    begun: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
    for step, pid, what in result.effects:
        if callees.get(step) in _STARTS:
            begun[what].append((step, pid))
    own = {(step, pid): at for at, (step, pid, _) in enumerate(result.effects)}
    taken: set[tuple[int, int]] = set()
    found = []
    for at, (step, pid, what) in enumerate(result.effects):
        is_other = callees.get(step, "").startswith(_OPERATIONS) or own[step, pid] != at
        lost = (start for start, starter in begun[what] if starter != pid and (start, pid) not in taken)
        start = next(lost, step) if is_other else step
        taken.add((start, pid))
        found.append((start, pid, what))
    return found


def _once(effects: list[tuple[int, int, str]]) -> Counter[str]:
    """Count the effects as if every step had been performed once: a second attempt repeats some and does the rest."""
    attempts: defaultdict[int, defaultdict[int, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    for step, pid, what in effects:
        attempts[step][pid][what] += 1
    return sum((functools.reduce(operator.or_, found.values()) for found in attempts.values()), Counter())
