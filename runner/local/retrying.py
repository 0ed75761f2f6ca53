"""`durable retry`: a run goes on from an earlier moment, perhaps with a result given by hand or an edited program.

What is asked for is tried out first, on a copy of the journal and without touching the world, wherever it could not
fit; then the journal is rewound in one transaction. So a retry that is refused changes nothing.
"""

from __future__ import annotations

import json
import os
import sys
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from durable.runner.codec import Encoder, Namespace
from durable.runner.codec.secrets import Secrets
from durable.runner.engines.replay import Entry
from durable.runner.errors import Misfit, UsageError
from durable.runner.journal.copying import copied
from durable.runner.journal.home import Home
from durable.runner.journal.lock import RunLock
from durable.runner.journal.rows import Rewound, RunRow, StepRow
from durable.runner.journal.store import Journal
from durable.runner.local.driver import (
    build,
    drive,
    enter_directory,
    enter_hash_seed,
    keep_bundle,
    kept_bundle,
    launch_of,
    locate,
    say,
    sites_in,
    status_of,
)
from durable.runner.local.excerpts import call_at, excerpt, moved
from durable.runner.spec import RunSpec

if TYPE_CHECKING:
    from durable.transpiler.ir.bundle import Bundle

_ENDED = ("failed", "cancelled")
_SHOWN = 5


@dataclass(frozen=True)
class Wish:
    """What a retry shall do: `redo` steps of others that were completed later, begin at step `since` (None: the failed
    one), take `value` (JSON, None: do it again) as that step's result, go on with the edited program (`is_new_code`).
    """

    redo: bool = False
    since: int | None = None
    value: str | None = None
    is_new_code: bool = False


def retry(run: str, wish: Wish) -> int:
    """Let a run go on from its failed step, or from where `wish` says, with everything before it kept.

    Return the program's exit code. Raise UsageError, Misfit; then nothing was changed.
    """
    journal, row = locate(run)
    enter_hash_seed(journal, row.spec)
    _check_status(status_of(journal.home, row), run, wish)
    lock = RunLock(journal.home.lock_file(run), run)
    lock.take()
    try:
        row = journal.get(run)
        steps = journal.steps(row.n)
        index = failed_entry(steps, row) if wish.since is None else _entry_of(steps, wish.since)
        _agree(run, steps, index, wish)
        rewound = _rewound(journal, row, steps, index, wish)
        if wish.is_new_code or rewound.given is not None:
            _rehearse(journal, row, rewound)
        journal.rewind(row.n, rewound)
    except BaseException:
        lock.release()
        raise
    return drive(journal, journal.get(run), lock)


def _check_status(status: str, run: str, wish: Wish) -> None:
    if status in _ENDED or (status == "completed" and wish.since is not None):
        return
    if status == "interrupted" and wish.is_new_code and wish.since is None and wish.value is None:
        return
    hint = {"completed": " (`--from SEQ` does its steps from SEQ on again)", "interrupted": ""}.get(status, "")
    if status == "interrupted":
        hint = f"; `durable resume {run}` goes on with it (`durable retry --code new {run}` with the edited program)"
    raise UsageError(f"run {run} has not failed: it is {status}{hint}")


def failed_entry(steps: list[StepRow], row: RunRow) -> int:
    """Return the index of the entry that ended the run: its failed step or the cancellation, else the journal's end."""
    for step in reversed(steps):
        is_failed = step.entry.kind == "raised" and step.entry.seq == row.failed
        if is_failed or (row.status == "cancelled" and step.entry.kind == "cancel"):
            return step.idx
    return len(steps)


def _entry_of(steps: list[StepRow], seq: int) -> int:
    """Return the index of the entry that answers request `seq`. Raise UsageError."""
    for step in steps:
        if step.entry.seq == seq and step.entry.kind in ("returned", "raised", "fired", "answered"):
            return step.idx
    raise UsageError(f"there is no recorded step {seq}: `durable show` lists the steps with their numbers")


def _agree(run: str, steps: list[StepRow], index: int, wish: Wish) -> None:
    """Raise UsageError if completed steps of other threads would be done again and nobody has agreed to that."""
    later = [step for step in steps[index + 1 :] if _is_done_elsewhere(step, steps[index])]
    if not later or wish.redo:
        return
    names = ", ".join(f"{step.entry.seq} ({step.entry.name})" for step in later[:_SHOWN])
    more = f" and {len(later) - _SHOWN} more" if len(later) > _SHOWN else ""
    first = "the failed one" if wish.since is None else f"step {wish.since}"
    text = f"steps of other threads were completed after {first} and would be done again: {names}{more}."
    if sys.stdin.isatty() and sys.stderr.isatty():
        say(text)
        print("durable: Do them again? [y/n] ", end="", file=sys.stderr, flush=True)
        if sys.stdin.readline().strip().lower() in ("y", "yes"):
            return
        raise UsageError("nothing was changed")
    raise UsageError(f"{text} `durable retry --redo {run}` does them again.")


def _is_done_elsewhere(step: StepRow, first: StepRow) -> bool:
    is_write = step.site is not None and step.site.effect != "read"
    return step.entry.kind == "returned" and is_write and step.strand != first.strand


def _rewound(journal: Journal, row: RunRow, steps: list[StepRow], index: int, wish: Wish) -> Rewound:
    spec = row.spec
    if wish.since is not None:
        spec = replace(spec, redone=spec.redone + 1)
    if wish.is_new_code:
        enter_directory(spec)
        spec = _with_new_code(spec, journal.home)
    if wish.value is None:
        return Rewound(index, spec)
    step = steps[index] if index < len(steps) else None
    if step is None or step.site is None or step.entry.kind not in ("returned", "raised"):
        which = "no step failed" if wish.since is None else f"{wish.since} is no step"
        raise UsageError(f"{which}, so there is none whose result could be given; `--from SEQ` names one")
    if step.site.effect == "open":
        raise UsageError(
            f"step {step.entry.seq} ({step.entry.name}) opens a resource, which is no value that can be given by hand"
        )
    facts = (journal.site_number(step.site), time.time(), 0.0, 0, step.in_doubt, step.strand)
    return Rewound(index, spec, Entry("returned", step.entry.seq, step.entry.name, _record(wish.value)), facts)


def _record(value: str) -> str:
    """Return the record of a value given by hand: JSON, or the form of the codec for what JSON has not."""
    try:
        found = json.loads(value)
    except ValueError as error:
        raise UsageError(
            f"the value is not JSON: {error}. Text needs its quotes too: --value '\"some text\"'"
        ) from None
    record = json.dumps(found, ensure_ascii=False, separators=(",", ":"))
    if '"$"' in record or not Secrets().are_in(record):
        return record
    return Encoder(Namespace({}), lambda value, where: None).text(found)


def _with_new_code(spec: RunSpec, home: Home) -> RunSpec:
    """Return `spec` with the program as its files are now. Raise ProgramError, RefusedProgram."""
    launch = launch_of(spec)
    fresh = build(launch, home)
    keep_bundle(fresh, home)
    learned = moved(spec.learned, kept_bundle(home, spec.bundle), fresh) if spec.learned else ()
    if learned:
        fresh = build(launch, home, sites_in(fresh, learned))
        keep_bundle(fresh, home)
    return replace(spec, bundle=fresh.hash, learned=learned)


# Trying it out


def _rehearse(journal: Journal, row: RunRow, rewound: Rewound) -> None:
    """Replay what will be kept, in a process of its own. Raise Misfit or UsageError if the run cannot go on from it."""
    from durable.runner.inspecting.asking import rehearse

    is_whole = rewound.idx == journal.size(row.n)
    journal.commit(sync=True)  # a site may have been numbered
    with copied(journal.home) as copy:
        trial = Journal(copy)
        trial.rewind(row.n, rewound)
        trial.close()
        found = rehearse(copy, rewound.spec, is_whole)
    old, new = kept_bundle(journal.home, row.spec.bundle), kept_bundle(journal.home, rewound.spec.bundle)
    if found["fault"] and found["recorded"] is None:
        raise UsageError(f"the value cannot be read: {found['fault']}. Nothing was changed.")
    if found["fault"]:
        raise Misfit(_misfit(row.spec.id, found, old, new))
    if found["is_own"]:
        raise UsageError(
            f"the result of step {rewound.given.seq if rewound.given else ''} is a part of what the program "
            f"sees (an open file, a piece of it, rows of a database) and cannot be given by hand; `--code new` can go "
            f"around the call"
        )
    _tell_edited(found["moved"], old, new)


def _misfit(run: str, found: dict[str, Any], old: Bundle, new: Bundle) -> str:
    lines = [f"run {run} cannot go on like that: {found['fault']}. Nothing was changed."]
    for title, place, bundle in (("recorded", found["recorded"], old), ("now", found["asked"], new)):
        if place:
            name = os.path.basename(place["file"])
            lines += [
                f"{title}: {place['what']} at {name}:{place['line']}",
                excerpt(bundle, place["file"], place["line"]),
            ]
    return "\n".join(lines)


def _tell_edited(moved_steps: list[list[Any]], old: Bundle, new: Bundle) -> None:
    """Name the kept steps whose call reads otherwise now: what was recorded for them stands."""
    if old.hash == new.hash:
        return
    edited = []
    for seq, before, after in moved_steps:
        then, now = call_at(old, *before), call_at(new, *after)
        if then and now and then != now:
            edited.append(f"step {seq} stands as it was recorded, by `{then}`; the program now has `{now}`")
    for line in edited[:_SHOWN]:
        say(line)
    if len(edited) > _SHOWN:
        say(f"and {len(edited) - _SHOWN} more calls that were edited after their steps")
