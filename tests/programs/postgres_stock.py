"""A shop's stock in PostgreSQL: a transaction for each order, a report by a server-side cursor, COPY, NOTIFY."""

import psycopg
from psycopg.rows import dict_row

ITEMS = [("tea", 40), ("milk", 12), ("bread", 3)]
ORDERS = [(1, "tea", 4), (2, "bread", 5), (3, "milk", 12), (4, "tea", 36)]


def fill():  # durable: step
    with psycopg.connect() as db:
        db.execute("CREATE TABLE IF NOT EXISTS stock (item text PRIMARY KEY, count int CHECK (count >= 0))")
        db.execute("CREATE TABLE IF NOT EXISTS orders (id int PRIMARY KEY, item text, count int)")
        db.execute("TRUNCATE stock, orders")
        with db.cursor() as cursor, cursor.copy("COPY stock FROM STDIN") as copy:
            for row in ITEMS:
                copy.write_row(row)


def place(number, item, count):  # durable: step
    with psycopg.connect() as db, db.transaction():
        new = db.execute("INSERT INTO orders VALUES (%s, %s, %s) ON CONFLICT DO NOTHING", (number, item, count))
        if new.rowcount:
            db.execute("UPDATE stock SET count = count - %s WHERE item = %s", (count, item))


def report():  # durable: step
    with psycopg.connect(row_factory=dict_row) as db, db.cursor(name="report") as cursor:
        cursor.itersize = 2
        cursor.execute("SELECT * FROM stock ORDER BY item")
        return list(cursor)


def copied():  # durable: step
    with psycopg.connect() as db, db.cursor().copy("COPY (SELECT * FROM orders ORDER BY id) TO STDOUT") as copy:
        return b"".join(copy).decode().splitlines()


def told(news):  # durable: step
    with psycopg.connect(autocommit=True) as listener, psycopg.connect(autocommit=True) as speaker:
        listener.execute("LISTEN shop")
        for text in news:
            speaker.execute("SELECT pg_notify('shop', %s)", (text,))
        return [notice.payload for notice in listener.notifies(timeout=10, stop_after=len(news))]


fill()
for order in ORDERS:
    try:
        place(*order)
        print("placed", order)
    except psycopg.errors.CheckViolation as error:
        print("not enough:", order, error.sqlstate, error.diag.constraint_name)
print(report())
print(copied())
print(told(["tea is out", "milk is out"]))
try:
    psycopg.connect(dbname="nowhere")
except psycopg.OperationalError as error:
    print(type(error).__name__, "nowhere" in str(error))
