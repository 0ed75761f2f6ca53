"""Prints all that stands in the PostgreSQL server of the environment: tables with their rows, sequences, and what is open."""

import psycopg

COLUMNS = "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = %s ORDER BY ordinal_position"
TABLES = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' ORDER BY 1"
SEQUENCES = "SELECT sequencename, last_value FROM pg_sequences ORDER BY 1"
OPEN = "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'"

with psycopg.connect() as db:
    for (table,) in db.execute(TABLES).fetchall():
        print(table, db.execute(COLUMNS, (table,)).fetchall())
        for row in sorted(db.execute(psycopg.sql.SQL("SELECT * FROM {}").format(psycopg.sql.Identifier(table))), key=repr):
            print(" ", row)
    print("sequences", [name for name, _ in db.execute(SEQUENCES)])
    print("in transactions", db.execute(OPEN).fetchone())
