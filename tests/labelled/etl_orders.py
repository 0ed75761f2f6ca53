"""Nightly ETL: read order exports, clean them, load them into PostgreSQL, keep a copy in S3."""

import argparse
import csv
import datetime as dt
import gzip
import json
import logging
import os
import shutil
import sys
from decimal import Decimal
from pathlib import Path

import boto3
import psycopg2
import psycopg2.extras

log = logging.getLogger(__name__)
INBOX = Path(os.environ.get("ETL_INBOX", "/var/spool/orders"))
BUCKET = os.environ["ETL_BUCKET"]


def read_rows(path):
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", newline="") as handle:
        for row in csv.DictReader(handle):
            row["total"] = Decimal(row["total"].replace(",", "."))
            row["placed"] = dt.datetime.fromisoformat(row["placed"])
            yield row


def load(connection, rows):
    with connection.cursor() as cur:
        psycopg2.extras.execute_values(
            cur,
            "INSERT INTO orders (id, customer, total, placed) VALUES %s ON CONFLICT DO NOTHING",
            [(r["id"], r["customer"], r["total"], r["placed"]) for r in rows],
        )
        cur.execute("SELECT count(*) FROM orders")
        (count,) = cur.fetchone()
    connection.commit()
    return count


def archive(s3, path, day):
    key = f"orders/{day:%Y/%m/%d}/{path.name}"
    s3.upload_file(str(path), BUCKET, key)
    target = path.with_name(path.name + ".done")
    shutil.move(path, target)
    return key


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--day", default=dt.date.today().isoformat())
    parser.add_argument("--dry-run", action="store_true")
    args = parser.parse_args()
    logging.basicConfig(level=logging.INFO)

    day = dt.date.fromisoformat(args.day)
    files = sorted(INBOX.glob(f"orders-{day:%Y%m%d}*.csv*"))
    if not files:
        log.warning("no files for %s", day)
        sys.exit(1)

    connection = psycopg2.connect(os.getenv("DATABASE_URL"))
    s3 = boto3.client("s3")
    summary = {}
    for path in files:
        rows = list(read_rows(path))
        log.info("%s: %d rows, %d bytes", path.name, len(rows), path.stat().st_size)
        if args.dry_run:
            continue
        summary[path.name] = load(connection, rows)
        archive(s3, path, day)
    connection.close()
    (INBOX / "summary.json").write_text(json.dumps(summary, indent=2))
    print(f"{len(files)} files loaded")


if __name__ == "__main__":
    main()
