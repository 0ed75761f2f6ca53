"""Monthly invoices: Stripe customers to PDF by a template, mailed, and noted in a SQLite book."""

import calendar
import smtplib
import sqlite3
import sys
from contextlib import closing
from datetime import date
from email.message import EmailMessage
from itertools import groupby
from operator import itemgetter
from pathlib import Path

import jinja2
import stripe

stripe.api_key = Path("stripe.key").read_text().strip()
TEMPLATES = jinja2.Environment(loader=jinja2.FileSystemLoader("templates"), autoescape=True)


def charges(start, end):
    page = stripe.Charge.list(created={"gte": start, "lt": end}, limit=100)
    for charge in page.auto_paging_iter():
        if charge.paid:
            yield {"customer": charge.customer, "amount": charge.amount, "text": charge.description}


def book(path):
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE IF NOT EXISTS invoice (number INTEGER PRIMARY KEY, customer, month, total)")
    return connection


def number_for(connection, customer, month, total):
    with connection:
        cursor = connection.execute(
            "INSERT INTO invoice (customer, month, total) VALUES (?, ?, ?)", (customer, month, total)
        )
    return cursor.lastrowid


def mail(server, to, number, html):
    message = EmailMessage()
    message["To"], message["From"] = to, "billing@example.com"
    message["Subject"] = f"Invoice {number}"
    message.set_content("Your invoice is attached.")
    message.add_attachment(html.encode(), maintype="text", subtype="html", filename=f"{number}.html")
    server.send_message(message)


def main(month):
    year, month_number = map(int, month.split("-"))
    last = calendar.monthrange(year, month_number)[1]
    start, end = date(year, month_number, 1), date(year, month_number, last)
    template = TEMPLATES.get_template("invoice.html")
    rows = sorted(charges(start, end), key=itemgetter("customer"))
    with closing(book("book.db")) as connection, smtplib.SMTP("localhost") as server:
        server.starttls()
        for customer, items in groupby(rows, key=itemgetter("customer")):
            lines = list(items)
            total = sum(line["amount"] for line in lines)
            known = connection.execute(
                "SELECT number FROM invoice WHERE customer = ? AND month = ?", (customer, month)
            ).fetchone()
            if known:
                continue
            number = number_for(connection, customer, month, total)
            html = template.render(number=number, lines=lines, total=total / 100)
            who = stripe.Customer.retrieve(customer)
            mail(server, who.email, number, html)
            stripe.Customer.modify(customer, metadata={"last_invoice": number})
            print(number, who.email, total, file=sys.stderr)


if __name__ == "__main__":
    main(sys.argv[1])
