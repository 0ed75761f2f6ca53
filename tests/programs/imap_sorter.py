"""Sorts an IMAP inbox: invoices into a folder of their own, answers as drafts, old news thrown away."""

import email
import email.message
import email.policy
import imaplib
import os
import re
from datetime import UTC, datetime

PORT = int(os.environ["IMAP_PORT"])
WHEN = imaplib.Time2Internaldate(datetime(2024, 5, 1, tzinfo=UTC))


def subject(box, number):
    _, parts = box.fetch(number, "(BODY.PEEK[HEADER])")
    return email.message_from_bytes(parts[0][1], policy=email.policy.default)["Subject"]


def draft(box, to, text):
    message = email.message.EmailMessage()
    message["To"], message["Subject"] = to, "Re: invoice"
    message.set_content(text)
    return box.append("Drafts", "(\\Draft)", WHEN, message.as_bytes(policy=email.policy.SMTP))[0]


box = imaplib.IMAP4("127.0.0.1", PORT, timeout=20)
try:
    box.login("ann", "coffee")
except imaplib.IMAP4.error as error:
    print("refused:", error)
print(box.login("ann", "tea"))
print(box.select("INBOX"))
for name in ("Invoices", "Drafts", "Later"):
    print(box.create(name)[0])
print(box.create("Later")[0])

_, [found] = box.search(None, "UNSEEN")
for number in found.split():
    print(number, subject(box, number))
_, [found] = box.search(None, "FROM", '"bob"')
for number in found.split():
    _, parts = box.fetch(number, "(UID FLAGS BODY[])")
    uid = re.search(rb"UID (\d+)", parts[0][0])[1]
    message = email.message_from_bytes(parts[0][1], policy=email.policy.default)
    print(uid, message["Subject"], box.copy(number, "Invoices")[0])
    box.store(number, "+FLAGS", "\\Deleted")
    print(draft(box, message["From"], f"{message['Subject']} is paid."))
print(box.expunge())
print(box.search(None, "ALL"))

_, [uids] = box.uid("search", None, "SEEN")
for uid in uids.split():
    print(box.uid("store", uid, "+FLAGS", "(\\Deleted)")[0])
print(box.status("Drafts", "(MESSAGES UIDNEXT)"))
print(box.close()[0], box.rename("Later", "Someday")[0])

print(box.select("Invoices", readonly=True)[0])
_, parts = box.fetch("1:*", "(FLAGS)")
print(parts)
try:
    box.store("1", "+FLAGS", "\\Flagged")
except imaplib.IMAP4.readonly as error:
    print(type(error).__name__)
box.select("Drafts")
_, [numbers] = box.search(None, "ALL")
for number in numbers.split():
    box.store(number, "+FLAGS", "\\Flagged")
print(numbers, box.noop()[0], box.state)
print(box.delete("Someday")[0], box.list()[1])
box.close()
print(box.logout()[0])

with imaplib.IMAP4("127.0.0.1", PORT) as box:
    box.login("ann", "tea")
    box.select("INBOX")
    print(box.fetch("1:*", "(FLAGS BODY.PEEK[HEADER])")[1])
