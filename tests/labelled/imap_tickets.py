"""Turn unread mail of the support mailbox into Jira tickets and answer with the ticket's number."""

import email
import email.policy
import imaplib
import os
import smtplib
import ssl
import time
from email.utils import parseaddr

from jira import JIRA

HOST, USER = "mail.example.com", "support@example.com"


def login():
    box = imaplib.IMAP4_SSL(HOST, ssl_context=ssl.create_default_context())
    box.login(USER, os.environ["MAIL_PASSWORD"])
    box.select("INBOX")
    return box


def unread(box):
    _, found = box.search(None, "UNSEEN")
    for number in found[0].split():
        _, parts = box.fetch(number, "(BODY.PEEK[])")
        yield number, email.message_from_bytes(parts[0][1], policy=email.policy.default)


def body_of(message):
    part = message.get_body(preferencelist=("plain", "html"))
    return part.get_content() if part else ""


def ticket(jira, message):
    name, address = parseaddr(message["From"])
    issue = jira.create_issue(project="SUP", summary=message["Subject"], description=body_of(message), issuetype={"name": "Task"})
    for part in message.iter_attachments():
        jira.add_attachment(issue=issue, attachment=part.get_content(), filename=part.get_filename())
    open_ones = jira.search_issues(f'reporter ~ "{address}" AND status != Done')
    if len(open_ones) > 3:
        jira.add_comment(issue, "has more than three open tickets")
    return issue.key, address


def main():
    jira = JIRA("https://example.atlassian.net", basic_auth=(USER, os.environ["JIRA_TOKEN"]))
    while True:
        box = login()
        for number, message in unread(box):
            key, address = ticket(jira, message)
            with smtplib.SMTP_SSL(HOST) as server:
                server.login(USER, os.environ["MAIL_PASSWORD"])
                server.sendmail(USER, [address], f"Subject: {key}\n\nWe are on it.")
            box.store(number, "+FLAGS", "\\Seen")
        box.close()
        box.logout()
        time.sleep(60)


main()
