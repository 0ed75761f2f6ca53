"""Keeps accounts in SQLite over one connection: transactions, a rollback, a half-read cursor."""

import sqlite3

db = sqlite3.connect("book.db")
db.row_factory = sqlite3.Row
db.execute("CREATE TABLE accounts (name TEXT PRIMARY KEY, cents INTEGER NOT NULL)")
with db:
    db.executemany("INSERT INTO accounts VALUES (?, ?)", [("ann", 500), ("bob", 300), ("cid", 0)])


def transfer(source: str, target: str, cents: int) -> None:
    with db:
        db.execute("UPDATE accounts SET cents = cents - ? WHERE name = ?", (cents, source))
        left = db.execute("SELECT cents FROM accounts WHERE name = ?", (source,)).fetchone()["cents"]
        if left < 0:
            raise ValueError(f"{source} has not enough")
        db.execute("UPDATE accounts SET cents = cents + ? WHERE name = ?", (cents, target))


transfer("ann", "bob", 200)
try:
    transfer("cid", "ann", 1)
except ValueError as error:
    print("refused:", error)
rows = db.execute("SELECT name, cents FROM accounts ORDER BY name")
print(tuple(next(rows)))
with open("log.txt", "a") as log:
    for row in rows:
        log.write(f"{row['name']} {row['cents']}\n")
        print(row["name"], row["cents"])
try:
    db.execute("INSERT INTO accounts VALUES ('ann', 1)")
except sqlite3.IntegrityError as error:
    print("integrity:", error)
db.commit()
db.close()
