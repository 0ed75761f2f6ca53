"""Prints what the IMAP server of the environment holds: each mailbox with its messages and their flags."""

import imaplib
import os

box = imaplib.IMAP4("127.0.0.1", int(os.environ["IMAP_PORT"]))
box.login("ann", "tea")
for entry in box.list()[1]:
    name = entry.decode().rpartition(" ")[2].strip('"')
    print(name, box.select(f'"{name}"', readonly=True)[1])
    for part in box.fetch("1:*", "(FLAGS BODY.PEEK[])")[1]:
        print("  ", part)
