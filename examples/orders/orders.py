"""Ship the open orders of a shop.

Pages through the shop's API, ships every order that was not handled before, asks a person about the large ones, keeps
a record in orders.db, writes report.csv and mails a summary.

    ORDERS_API    where the shop's API is     (http://127.0.0.1:8471)
    ORDERS_SMTP   where the mail server is    (127.0.0.1:8472)
    PAUSE         seconds between two pages   (0.2)
"""

import csv
import os
import smtplib
import sqlite3
import time
from collections.abc import Iterator
from email.message import EmailMessage
from typing import Any

import requests

API = os.environ.get("ORDERS_API", "http://127.0.0.1:8471")
SMTP = os.environ.get("ORDERS_SMTP", "127.0.0.1:8472")
PAUSE = float(os.environ.get("PAUSE", "0.2"))

LIMIT = 100_000  # cents; a person decides about orders above it
SENDER = "orders@shop.example"
MANAGER = "manager@shop.example"
DATABASE = "orders.db"
REPORT = "report.csv"

Order = dict[str, Any]


class ShipmentRejected(Exception):
    """The API refuses to ship an order."""

    def __init__(self, order_id: int, reason: str) -> None:
        super().__init__(f"order {order_id}: {reason}")
        self.order_id = order_id
        self.reason = reason


def money(cents: int) -> str:
    return f"{cents // 100:,}.{cents % 100:02}"


def open_database() -> sqlite3.Connection:
    db = sqlite3.connect(DATABASE)
    with db:
        db.execute(
            "CREATE TABLE IF NOT EXISTS handled ("
            " order_id INTEGER PRIMARY KEY,"
            " customer TEXT NOT NULL,"
            " cents INTEGER NOT NULL,"
            " status TEXT NOT NULL,"
            " note TEXT NOT NULL)"
        )
    return db


def is_handled(db: sqlite3.Connection, order_id: int) -> bool:
    row = db.execute("SELECT status FROM handled WHERE order_id = ?", (order_id,)).fetchone()
    return row is not None


def record(db: sqlite3.Connection, order: Order, status: str, note: str) -> None:
    with db:
        db.execute(
            "INSERT INTO handled VALUES (?, ?, ?, ?, ?)",
            (order["id"], order["customer"], order["cents"], status, note),
        )
    print(f"  {order['id']}  {order['customer']:<18} {money(order['cents']):>10}  {status} ({note})")


def pages(session: requests.Session) -> Iterator[list[Order]]:
    """All open orders, one page at a time."""
    page = 1
    while page is not None:
        response = session.get(f"{API}/orders", params={"page": page}, timeout=30)
        response.raise_for_status()
        answer = response.json()
        yield answer["orders"]
        page = answer["next"]


def ship(session: requests.Session, order: Order) -> str:
    """Post a shipment and return its number."""
    shipment = {"order": order["id"], "items": order["items"], "address": order["address"]}
    response = session.post(f"{API}/shipments", json=shipment, timeout=30)
    if response.status_code == 422:
        raise ShipmentRejected(order["id"], response.json()["error"])
    response.raise_for_status()
    number: str = response.json()["shipment"]
    return number


def is_approved(order: Order) -> bool:
    question = f"  {order['id']} of {order['customer']} is over the limit ({money(order['cents'])}). Ship it? [yes/no] "
    return input(question).strip().lower() in ("y", "yes")


def handle(session: requests.Session, db: sqlite3.Connection, order: Order) -> None:
    if order["cents"] > LIMIT and not is_approved(order):
        record(db, order, "declined", "by the manager")
        return
    try:
        number = ship(session, order)
    except ShipmentRejected as error:
        record(db, order, "rejected", error.reason)
    else:
        record(db, order, "shipped", number)


def write_report(db: sqlite3.Connection) -> None:
    with open(REPORT, "w", newline="") as file:
        report = csv.writer(file)
        report.writerow(["order", "customer", "amount", "status", "note"])
        for order_id, customer, cents, status, note in db.execute("SELECT * FROM handled ORDER BY order_id"):
            report.writerow([order_id, customer, f"{cents / 100:.2f}", status, note])


def summarize(db: sqlite3.Connection) -> str:
    rows = db.execute("SELECT status, count(*), sum(cents) FROM handled GROUP BY status ORDER BY status")
    return "\n".join(f"{status}: {count} orders, {money(cents)}" for status, count, cents in rows)


def mail(text: str) -> None:
    message = EmailMessage()
    message["From"] = SENDER
    message["To"] = MANAGER
    message["Subject"] = "Orders of the day"
    message.set_content(text)
    host, port = SMTP.rsplit(":", 1)
    with smtplib.SMTP(host, int(port)) as server:
        server.send_message(message)


def main() -> None:
    session = requests.Session()
    session.headers["Accept"] = "application/json"
    db = open_database()
    for number, orders in enumerate(pages(session), start=1):
        if number > 1:
            time.sleep(PAUSE)
        print(f"page {number}: {len(orders)} orders")
        for order in orders:
            if is_handled(db, order["id"]):
                print(f"  {order['id']}  was handled before")
            else:
                handle(session, db, order)
    write_report(db)
    summary = summarize(db)
    mail(summary)
    print(summary)
    print(f"wrote {REPORT}, mailed {MANAGER}")
    db.close()


if __name__ == "__main__":
    main()
