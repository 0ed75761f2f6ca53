"""Which unfinished runs a new version of their program would break: their journals are replayed with its code."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from durable.runner.errors import DurableError
from durable.runner.inspecting.asking import fault_with
from durable.runner.journal.copying import copied
from durable.runner.journal.home import home_of_script
from durable.runner.journal.store import Journal
from durable.runner.local.driver import keep_bundle

if TYPE_CHECKING:
    from durable.transpiler.ir.bundle import Bundle


def broken_runs(script: Path, bundle: Bundle) -> Iterator[tuple[str, str]]:
    """Yield id and reason of the unfinished local runs of `script` whose journal does not fit `bundle`.

    Nothing is performed, and the runs keep their code.
    """
    home = home_of_script(script)
    if not home.journal.is_file():
        return
    with copied(home) as copy:
        journal = Journal(copy)
        runs = [row.spec for row in journal.unfinished() if Path(row.spec.path) == script.absolute()]
        journal.close()
        is_new = not (home.bundles / bundle.hash).exists()
        try:
            for spec in runs:
                if spec.bundle == bundle.hash:
                    continue
                keep_bundle(bundle, home)
                try:
                    fault = fault_with(copy, spec, bundle.hash)
                except DurableError as error:
                    fault = str(error)
                if fault:
                    yield spec.id, fault
        finally:
            if is_new:
                shutil.rmtree(home.bundles / bundle.hash, ignore_errors=True)
