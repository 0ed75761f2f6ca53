"""The process that an inspection is done in: a JSON order on standard input, the answer in the file that it names."""

from __future__ import annotations

import dataclasses
import json
import os
import sys
from pathlib import Path
from typing import Any

from durable.runner import context
from durable.runner.errors import DurableError, UsageError
from durable.runner.inspecting.picture import Moment, Question
from durable.runner.inspecting.taking import Looked
from durable.runner.journal.copying import CopiedHome
from durable.runner.journal.rows import RunRow
from durable.runner.journal.store import Journal


def main() -> None:
    order = json.load(sys.stdin)
    answer = os.open(order["answer"], os.O_WRONLY | os.O_CREAT, 0o600)  # before the program can change anything
    moment, question = Moment(**order["moment"]), order["question"] and Question(**order["question"])

    def show(looked: Looked) -> None:
        _tell(answer, _shown(looked, moment, question))

    try:
        if order.get("is_compared"):
            from durable.runner.inspecting.comparing import replayed

            _tell(answer, replayed(*opened(order, moment)))
        elif order.get("is_rehearsed"):
            from durable.runner.inspecting.rehearsing import Rehearsal

            _tell(answer, Rehearsal(*opened(order, moment), order["is_whole"]).result())
        elif "cluster" in order:
            _on_cluster(order["cluster"], moment, show)
        else:
            _on_journal(order, moment, show)
    except DurableError as error:
        _tell(answer, {"error": str(error), "exit_code": error.exit_code})
    os._exit(0)


def _tell(answer: int, found: dict[str, Any]) -> None:
    data = memoryview(json.dumps(found).encode())
    with context.outside():
        while data:
            data = data[os.write(answer, data) :]


def _on_journal(order: dict[str, Any], moment: Moment, show: Any) -> None:
    from durable.runner.inspecting.local import LocalReplay, when_computing

    journal, row = opened(order, moment)
    replay = LocalReplay(journal, row)
    if row.status == "running":
        when_computing(replay, show)
    show(replay.to(moment.at))


def opened(order: dict[str, Any], moment: Moment) -> tuple[Journal, RunRow]:
    """Return the copy of the journal with the run's row, in its working directory; the order may name other code."""
    journal = Journal(CopiedHome(Path(order["home"]), Path(order["copy"])))
    row = journal.get(moment.run)
    row = dataclasses.replace(row, spec=dataclasses.replace(row.spec, bundle=order.get("bundle") or row.spec.bundle))
    try:
        os.chdir(row.spec.cwd)
    except OSError as error:
        raise UsageError(f"the run's working directory {row.spec.cwd} cannot be entered: {error.strerror}") from error
    return journal, row


def _on_cluster(cluster: dict[str, str], moment: Moment, show: Any) -> None:
    from durable.runner.cli.engines import Cluster
    from durable.runner.temporal.inspecting import look

    look(Cluster(**cluster), moment, show)


def _shown(looked: Looked, moment: Moment, question: Question | None) -> dict[str, Any]:
    if question is None:
        return looked.picture(moment).as_json()
    from durable.runner.inspecting.evaluating import evaluate

    return {"id": moment.run, **dataclasses.asdict(question), **evaluate(looked, question)}


if __name__ == "__main__":
    main()
