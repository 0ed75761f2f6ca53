"""Merges mails out of templates and a CSV: email.message, attachments, policies, an mbox, headers read back, a digest."""

import csv
import email
import io
import mailbox
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from datetime import datetime, timedelta, timezone
from pathlib import Path

PEOPLE = "name,mail,owes\nAnn Ångström,ann@example.org,12.5\nBob,bob@example.org,0\nBroken,no address,3\nZoë,zoe@example.org,7\n"


def people(path):
    with open(path, newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            yield row | {"owes": float(row["owes"])}


def compose(person, when):
    message = EmailMessage()
    user, _, domain = parseaddr(person["mail"])[1].partition("@")
    message["From"] = "treasurer@example.org"
    message["To"] = Address(person["name"], user, domain)
    message["Subject"] = f"You owe {person['owes']:.2f} €"
    message["Date"] = format_datetime(when)
    message.set_content(f"Dear {person['name']},\n\nplease pay.\n")
    message.add_attachment(Path("bill.bin").read_bytes(), maintype="application", subtype="octet-stream", filename="bill.bin")
    return message


def main():
    Path("people.csv").write_text(PEOPLE, encoding="utf-8")
    Path("bill.bin").write_bytes(bytes(range(20)))
    when = datetime(2024, 2, 29, 12, tzinfo=timezone(timedelta(hours=1)))
    Path("out").mkdir()
    for number, person in enumerate(people("people.csv")):
        if not person["owes"]:
            continue
        try:
            message = compose(person, when + timedelta(days=number))
        except ValueError as error:
            print("left out:", person["name"], type(error).__name__)
            continue
        message.set_boundary(f"=={number}==")
        Path("out", f"{number}.eml").write_bytes(message.as_bytes(policy=policy.SMTP))
    box = mailbox.mbox("sent.mbox", create=True)
    try:
        for path in sorted(Path("out").iterdir()):
            with path.open("rb") as file:
                message = email.message_from_binary_file(file, policy=policy.default)
            print(path.name, message["To"], "/", message["Subject"], message["Date"].datetime.isoformat())
            body = message.get_body(("plain",)).get_content().splitlines()[0]
            names = [part.get_filename() for part in message.iter_attachments()]
            print("   ", body, names, len(next(message.iter_attachments()).get_content()))
            kept = mailbox.mboxMessage(message)
            kept.set_from("treasurer", when.timetuple())
            kept.add_flag("R")
            box.add(kept)
        box.flush()
    finally:
        box.close()
    again = mailbox.mbox("sent.mbox")
    print(len(again), [message.get_flags() for message in again], again[0].get_from())
    again.remove(0)
    print(len(again), Path("sent.mbox").read_text().count("From "))
    buffer = io.StringIO()
    email.generator.Generator(buffer, mangle_from_=True).flatten(email.message_from_string("A: b\n\nFrom here\n"))
    print(buffer.getvalue())


import email.generator

main()
