"""`durable` with its journal's commits traced: after each one, what is in the files is kept in the folder TRACE.

The process lives in a boot of its own, so that whoever goes on with its run finds the machine started anew.
"""

import json
import os
import shutil
from pathlib import Path

from durable.runner.journal import integrity

integrity.boot_id = lambda: "the boot that ended"

from durable.__main__ import main  # noqa: E402
from durable.runner.journal.store import Journal  # noqa: E402

_commit = Journal.commit
_trace = Path(os.environ["TRACE"])
_numbers = iter(range(100_000))


def commit(self: Journal, sync: bool) -> None:
    is_news = self._in_transaction or (sync and self._dirty)
    _commit(self, sync)
    if not is_news:
        return
    folder = _trace / f"{next(_numbers):05}"
    folder.mkdir(parents=True)
    entries = self._db.execute("SELECT COUNT(*) FROM entries").fetchone()[0]
    (folder / "event.json").write_text(json.dumps({"is_flush": sync, "entries": entries}))
    for name in ("journal.db", "journal.db-wal"):
        shutil.copy(self.home.path / name, folder / name)
    shutil.copytree(self.home.path.parent, folder / "world", ignore=shutil.ignore_patterns("state", ".durable"))


Journal.commit = commit  # type: ignore[method-assign]
main()
