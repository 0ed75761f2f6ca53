"""Counts a till in PostgreSQL in one transaction of many steps: inserts, rows read by and by, an error, row factories."""

import psycopg
from psycopg.rows import dict_row

db = psycopg.connect()
db.execute("CREATE TABLE IF NOT EXISTS t (id int PRIMARY KEY, n int)")
db.commit()
cur = db.cursor()
for number in range(3):
    cur.execute("INSERT INTO t VALUES (%s, %s)", (number, 10 * number))
cur.execute("SELECT n FROM t ORDER BY id")
print(cur.fetchone(), cur.rowcount)
cur.execute("UPDATE t SET n = n + 1 WHERE id = 1 RETURNING n")
print(cur.fetchall())
db.commit()
try:
    db.execute("INSERT INTO t VALUES (1, 1)")
except psycopg.errors.UniqueViolation as error:
    print(error.sqlstate)
    db.rollback()
for row in db.execute("SELECT * FROM t ORDER BY id"):
    print(row)
db.row_factory = dict_row
with db.cursor() as named:
    named.execute("SELECT max(n) AS most FROM t")
    print(named.fetchone())
db.close()
with psycopg.connect() as other:
    other.execute("UPDATE t SET n = n + 100")
print(psycopg.connect(autocommit=True).execute("SELECT sum(n) FROM t").fetchone())
