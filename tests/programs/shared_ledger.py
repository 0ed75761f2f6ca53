"""Clerks book into one ledger while another thread saves it, over and over, as it stands."""

import json
import shutil
import sqlite3
import threading
import time
from pathlib import Path

ledger = {"total": 0, "entries": [], "by_clerk": {}}
skipped = []
lock = threading.Lock()
done = threading.Event()


def save():
    db = sqlite3.connect("ledger.db")
    db.execute("create table if not exists totals (total integer)")
    while True:
        is_last = done.wait(0.001)
        with lock, open("ledger.json", "w") as file:
            json.dump(ledger, file)
        db.execute("insert into totals values (:total)", ledger)
        db.commit()
        if is_last:
            break
    rows = db.execute("select total from totals").fetchall()
    db.execute("delete from totals where rowid < (select max(rowid) from totals)")
    db.commit()
    db.close()
    totals.append(rows == sorted(rows) and rows[-1] == (ledger["total"],))


def ignore(folder, names):
    """Called by copytree in the middle of a step, from two threads."""
    found = [name for name in names if name.endswith(".tmp")]
    skipped.extend(found)
    return found


def work(clerk):
    folder = Path(clerk)
    folder.mkdir()
    for number in range(3):
        (folder / f"{number}.txt").write_text(f"{clerk} {number}\n")
        (folder / f"{number}.{clerk}.tmp").touch()
        with lock:
            ledger["total"] += number
            ledger["entries"].append({"clerk": clerk, "number": number})
            ledger["by_clerk"].setdefault(clerk, []).append(number)
        time.sleep(0.002)
    shutil.copytree(folder, f"copy-of-{clerk}", ignore=ignore)


totals = []
saver = threading.Thread(target=save)
saver.start()
clerks = [threading.Thread(target=work, args=(name,)) for name in ("ann", "ben", "cay")]
for thread in clerks:
    thread.start()
for thread in clerks:
    thread.join()
done.set()
saver.join()
print(ledger["total"], len(ledger["entries"]), sorted(ledger["by_clerk"].items()))
print(sorted(skipped), totals)
print(json.loads(Path("ledger.json").read_text()) == ledger)
Path("ledger.json").unlink()  # whose entries came first is a matter of luck
