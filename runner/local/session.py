"""One process's work on one run: its program, its streams and its engine put together."""

from __future__ import annotations

import contextlib
import functools
import importlib
import os
import sys
import time
import warnings
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from durable.runner import context, guard, said
from durable.runner.core.call import PLAIN, Policy, Site
from durable.runner.core.messages import Request, site_of
from durable.runner.hosts import Host
from durable.runner.journal.blobs import FileBlobs
from durable.runner.journal.rows import RunRow
from durable.runner.journal.store import Journal
from durable.runner.local import crash
from durable.runner.local.console import Console
from durable.runner.local.driver import kept_bundle
from durable.runner.local.engine import LocalEngine
from durable.runner.local.performing import performed_step
from durable.runner.local.resting import rest_if_asleep
from durable.runner.local.spans import spans_of
from durable.runner.program import loader, tracebacks
from durable.runner.program import main as program
from durable.runner.run import Run
from durable.runner.sites import Sites
from durable.runner.spec import Outcome
from durable.runner.verify import trace

if TYPE_CHECKING:
    from durable.transpiler.ir.bundle import Bundle


class Session:
    """Binds a journal row to its program. `drive` runs it to its end. `before` is this process's session before it."""

    engine_class: type[LocalEngine] = LocalEngine
    is_inline = False
    """Large values stand in the records, not in files beside the journal."""

    def __init__(self, journal: Journal, row: RunRow, before: Session | None = None) -> None:
        self._console = Console(row.spec.id, journal.output(row.n), before.shown if before else None)
        self._engine = self.engine_class(journal, row, self._console)
        self._run = bound(journal, row, self._engine, self.is_inline)
        said.install()
        self._steps = journal.count_steps(row.n) if before is None and self._engine.kept else None
        self._engine.on_live = self._go_live
        self._spans = spans_of(row.spec)
        self._engine.send(self._spans)

    def _go_live(self, requests: Iterable[Request]) -> None:
        """Say what was kept and where the run goes on; from now on show what it does."""
        requests = tuple(requests)
        rest_if_asleep(self._engine.journal, self._engine.row.n, requests)
        if self._steps is not None:
            self._console.say(f"{counted(self._steps)} kept{_going_on(requests)}")
        self._console.show_doing(self._engine.doing)

    @property
    def shown(self) -> dict[int, int]:
        """How many bytes of output the process has shown, by descriptor."""
        return self._console.shown

    def drop_activation(self) -> int:
        """Forget what the present activation recorded and return its number; see the engine. Raise Misfit."""
        return self._engine.drop_activation()

    def drive(self) -> Outcome:
        try:
            outcome = self._engine.drive(self._run, lambda: program.run_program(self._run))
            if self._spans is not None:
                self._spans.end(outcome, self._engine.row.started_at, time.time())
            return outcome
        except BaseException:
            self._console.hide_doing()
            self._run.stop()
            raise
        finally:
            self._console.hide_doing()
            if self._spans is not None:
                self._spans.close()


def bound(journal: Journal, row: RunRow, host: Host, is_inline: bool = False) -> Run:
    """Return a run with its program, ready to begin, in a process that is prepared for it. Raise JournalError."""
    bundle = kept_bundle(journal.home, row.spec.bundle)
    prepare_process(bundle)
    run = Run(row.spec, host, sites_of(bundle), loader.Modules(bundle), None if is_inline else blobs_of(journal, row))
    run.learned = {(file, line, column): since for file, line, column, since in row.spec.learned}
    program.prepare(run)
    return run


def counted(steps: int) -> str:
    return f"{steps} step{'' if steps == 1 else 's'}"


def _going_on(requests: Iterable[Request]) -> str:
    """Return ", going on at FILE:LINE": where the oldest request stands that has no answer yet."""
    for request in requests:
        site = site_of(request)
        if site is not None and site.file:
            return f", going on at {os.path.basename(site.file)}:{site.line}"
    return ""


def prepare_process(bundle: Bundle) -> None:
    """Install what strands need in this process: shims at the leaves, the guard, the finder; import the libraries."""
    install_leaves()
    for name in bundle.manifest["libraries"]:
        _import(name)
    guard.install()
    _watch()


def install_leaves() -> None:
    """Let the library serve runs; a process without one goes on as it is."""
    from durable import stdlib_shims

    stdlib_shims.install()
    _instrument()
    loader.install()
    tracebacks.install()


@functools.cache
def _watch() -> None:
    """Install what `durable verify` watches a process with, once."""
    crash.watch_steps()
    trace.install(lambda: None if context.is_mending() else performed_step())


def _instrument() -> None:
    from durable.runner import instrument

    instrument.install()


def _import(name: str) -> None:
    """Import a library before the run starts; what fails here fails again, in its place, in the program.

    So does a module that warns who imports it: it is forgotten and left to the program's own import.
    """
    is_new = name not in sys.modules
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        with contextlib.suppress(Exception):
            importlib.import_module(name)
    for warning in heard:
        if warning.filename != importlib.__file__:
            warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)
        elif is_new:
            sys.modules.pop(name, None)


def blobs_of(journal: Journal, row: RunRow) -> FileBlobs:
    """Return where a run keeps its large values."""
    return FileBlobs(journal.home.blobs(row.spec.id))


def sites_of(bundle: Bundle) -> Sites:
    """Return the sites of a bundle's steps, with absolute file names."""
    root = bundle.manifest["root"]
    files = [str(module.path) for module in bundle.modules]
    steps = bundle.manifest["steps"]
    found = [(_site(dict(step), root), step["end_line"], step["end_column"]) for step in steps]
    return Sites(files, found, _policy_of(bundle))


def _policy_of(bundle: Bundle) -> Callable[[str], Policy]:
    """Return what the bundle's policies say of a callee that only the run finds."""
    policies = bundle.manifest.get("policies", [])
    if not policies:
        return lambda callee: PLAIN
    from durable.transpiler.policy import Policy as Written

    written = Written(steps=tuple((pattern, tuple(options.items())) for pattern, options in policies))
    return lambda callee: Policy.of(dict(written.options_of(callee)))


def _site(step: dict[str, object], root: str) -> Site:
    policy: dict[str, Any] = dict(step["policy"])  # type: ignore[call-overload]
    return Site(
        name=str(step["name"]),
        callee=str(step["callee"]),
        effect=str(step["effect"]),
        file=os.path.join(root, str(step["file"])),
        line=int(str(step["line"])),
        column=int(str(step["column"])),
        function=str(step["function"]),
        policy=Policy.of(policy),
        is_said=bool(step.get("said")),
    )
