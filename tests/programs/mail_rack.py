"""Sorts a rack of mailboxes: an mbox that is changed in memory, an MH folder that is packed, read and cleared."""

import mailbox
import os
import time
from email.message import EmailMessage

MAILS = [
    ("ann@example.org", "Invoice 17", "please pay\nFrom here on it is late\n"),
    ("bob@example.org", "Lunch?", "at noon\n"),
    ("shop@example.org", "Invoice 18", "thank you\n"),
    ("zoe@example.org", "Photos", "see you\n"),
]


def mail(sender, subject, text):
    message = EmailMessage()
    message["From"] = sender
    message["Subject"] = subject
    message.set_content(text)
    return message


def stamped(sender, subject, text):
    kept = mailbox.mboxMessage(mail(sender, subject, text))
    kept.set_from("clerk", time.gmtime(0))
    return kept


def subjects(box):
    return [f"{key}:{message['subject']}" for key, message in box.iteritems()]


def main():
    inbox = mailbox.mbox("inbox.mbox")
    for each in MAILS:
        inbox.add(stamped(*each))
    print(len(inbox), subjects(inbox))
    for key in inbox.keys():
        if inbox[key]["subject"].startswith("Invoice"):
            inbox.discard(key)
            print("left", len(inbox), "on disk", len(mailbox.mbox("inbox.mbox")))
    inbox[1] = stamped("bob@example.org", "Lunch moved", "at one\n")
    print(subjects(inbox), [message.get_payload().strip() for message in inbox])

    rack = mailbox.MH("rack")
    todo = rack.add_folder("todo")
    for number, (sender, subject, text) in enumerate(MAILS):
        note = mailbox.MHMessage(mail(sender, subject, text))
        note.add_sequence("flagged" if number % 2 else "unseen")
        todo.add(note)
    todo.remove(2)
    todo.pack()
    print(rack.list_folders(), todo.keys(), todo.get_sequences())
    with todo.get_file(1) as file:
        print(file.readline(), len(file.read().splitlines()))
    todo.clear()
    rack.remove_folder("todo")
    print(rack.list_folders(), sorted(os.listdir("rack")))


main()
