"""A ledger in sqlite3: functions and aggregates in Python, transactions, savepoints, row factories, a backup."""

import sqlite3
from contextlib import closing
from pathlib import Path


class Spread:
    def __init__(self):
        self.values = []

    def step(self, value):
        self.values.append(value)

    def finalize(self):
        return max(self.values) - min(self.values)


def slug(text):
    return text.lower().replace(" ", "-")


with closing(sqlite3.connect("ledger.db")) as db:
    db.row_factory = sqlite3.Row
    db.create_function("slug", 1, slug, deterministic=True)
    db.create_aggregate("spread", 1, Spread)
    db.execute("CREATE TABLE entry (id INTEGER PRIMARY KEY, name TEXT UNIQUE, amount REAL CHECK (amount <> 0))")
    with db:
        db.executemany("INSERT INTO entry (name, amount) VALUES (?, ?)", [("Blue Tea", 4.5), ("Mug", 7), ("Rent", -90)])
    try:
        with db:
            db.execute("UPDATE entry SET amount = amount * 2")
            db.execute("INSERT INTO entry (name, amount) VALUES ('Mug', 1)")
    except sqlite3.IntegrityError as error:
        print("rolled back:", error)
    for row in db.execute("SELECT slug(name) AS slug, amount FROM entry ORDER BY amount"):
        print(dict(row), row.keys())
    print(tuple(db.execute("SELECT spread(amount), count(*), total(amount) FROM entry").fetchone()))
    cursor = db.execute("INSERT INTO entry (name, amount) VALUES (:name, :amount)", {"name": "Late", "amount": 1})
    print(cursor.lastrowid, cursor.rowcount, db.in_transaction)
    db.execute("SAVEPOINT half")
    db.execute("DELETE FROM entry")
    db.execute("ROLLBACK TO half")
    db.commit()
    Path("names.txt").write_text("\n".join(name for (name,) in db.execute("SELECT name FROM entry ORDER BY id")))
    with closing(sqlite3.connect("copy.db")) as copy:
        db.backup(copy)
        print(copy.execute("SELECT count(*) FROM entry").fetchall())
    try:
        db.execute("SELECT missing FROM entry")
    except sqlite3.OperationalError as error:
        print(error)
print(Path("names.txt").read_text().split("\n"))
