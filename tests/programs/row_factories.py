"""One database, many ways: row factories, functions of its own, half-read cursors, savepoints, backups, blobs."""

import sqlite3
from contextlib import closing


class Point:
    def __init__(self, x, y):
        self.x, self.y = x, y

    def __conform__(self, protocol):
        if protocol is sqlite3.PrepareProtocol:
            return f"{self.x};{self.y}"


sqlite3.register_converter("point", lambda text: Point(*map(int, text.split(b";"))))
db = sqlite3.connect("shop.db", detect_types=sqlite3.PARSE_DECLTYPES)
db.row_factory = sqlite3.Row
db.create_function("double", 1, lambda n: n * 2)
with db:
    db.execute("CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT UNIQUE, price INTEGER, at point)")
    db.executemany(
        "INSERT INTO item (name, price, at) VALUES (?, ?, ?)",
        [(f"item{number}", number * 10, Point(number, -number)) for number in range(6)],
    )
cursor = db.execute("SELECT id, name, double(price) AS twice, at FROM item ORDER BY id")
first = next(cursor)
print(first.keys(), first["name"], first["twice"], first["at"].x)
print([row["name"] for row in cursor.fetchmany(2)])
with db:
    changed = db.execute("UPDATE item SET price = price + 1 WHERE price >= ?", (30,))
    print("changed", changed.rowcount)
print([(row["name"], row["at"].y) for row in cursor])
try:
    with db:
        db.execute("INSERT INTO item (name, price) VALUES ('new', 5)")
        db.execute("INSERT INTO item (name, price) VALUES ('item1', 5)")
except sqlite3.IntegrityError as error:
    print("refused", error)
db.execute("SAVEPOINT s")
db.execute("DELETE FROM item WHERE price > 20")
print("in savepoint", db.execute("SELECT count(*) FROM item").fetchone()[0])
db.execute("ROLLBACK TO s")
db.execute("RELEASE s")
print("after", db.execute("SELECT count(*), total(price) FROM item").fetchone()[:])
cursor = db.cursor()
cursor.execute("INSERT INTO item (name, price) VALUES (:name, :price) RETURNING id", {"name": "last", "price": 7})
print("id", cursor.fetchone()["id"], cursor.lastrowid, db.in_transaction, db.total_changes)
db.commit()
db.executescript("CREATE TABLE log (line TEXT); INSERT INTO log VALUES ('a'); INSERT INTO log VALUES ('b');")
with closing(sqlite3.connect("copy.db")) as copy:
    db.backup(copy)
    print("copied", copy.execute("SELECT group_concat(line) FROM log").fetchone())
print("dump", sum(1 for _ in db.iterdump()))
db.close()
try:
    db.execute("SELECT 1")
except sqlite3.ProgrammingError as error:
    print(error)
