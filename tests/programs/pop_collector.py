"""Collects mail by POP3: reads heads, throws spam away, files the rest in folders, and deletes what it has on disk."""

import email
import email.header
import email.policy
import os
import poplib
from pathlib import Path

PORT = int(os.environ["POP_PORT"])


def log_in(password):
    box = poplib.POP3("127.0.0.1", PORT, timeout=20)
    box.user("ann")
    box.pass_(password)
    return box


def head(box, number):
    _, lines, _ = box.top(number, 0)
    return email.message_from_bytes(b"\n".join(lines), policy=email.policy.default)


try:
    log_in("coffee")
except poplib.error_proto as error:
    print("refused:", error)

box = log_in("tea")
count, size = box.stat()
print(count, size, box.getwelcome())
Path("mail").mkdir()
for number in range(1, count + 1):
    message = head(box, number)
    if message["From"].startswith("spam"):
        print("spam:", message["Subject"], box.dele(number))
        continue
    _, lines, octets = box.retr(number)
    sender = message["From"].partition("@")[0]
    Path(f"mail/{sender}.eml").write_bytes(b"\n".join(lines))
    print(sender, octets, len(lines))
    box.dele(number)
try:
    box.retr(1)
except poplib.error_proto as error:
    print(error)
print(box.stat(), box.list()[1])
box.rset()
print(box.stat(), box.uidl()[1])

for line in box.list()[1]:
    number, octets = map(int, line.split())
    if octets < 100:
        print("gone:", number, box.uidl(number), box.dele(number))
print(box.noop(), box.stat())
print(box.quit()[:3])

box = log_in("tea")
left = box.stat()[0]
box.dele(1)
print(left, "left; one more was to go, but")
box.close()
box = log_in("tea")
print(box.stat(), box.quit()[:3])
