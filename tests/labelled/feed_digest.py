"""Read feeds, translate titles, store what is new in Elasticsearch, send a text message and a mail digest."""

import hashlib
import html
import os
import textwrap
import time
from datetime import datetime, timedelta

import feedparser
import yaml
from dotenv import load_dotenv
from elasticsearch import Elasticsearch
from jinja2 import Template
from sendgrid import SendGridAPIClient
from sendgrid.helpers.mail import Mail
from twilio.rest import Client

load_dotenv()
SINCE = datetime.now() - timedelta(days=1)
DIGEST = Template("{% for one in entries %}<p>{{ one.title }}</p>{% endfor %}")


def entries(urls):
    for url in urls:
        feed = feedparser.parse(url)
        for entry in feed.entries:
            when = datetime.fromtimestamp(time.mktime(entry.published_parsed))
            if when > SINCE:
                yield {"id": hashlib.md5(entry.link.encode()).hexdigest(), "title": html.unescape(entry.title), "link": entry.link}


def fresh(es, found):
    for entry in found:
        if not es.exists(index="news", id=entry["id"]):
            es.index(index="news", id=entry["id"], document=entry)
            yield entry


def mail(entries):
    message = Mail(from_email="news@example.com", to_emails="me@example.com", subject="News", html_content=DIGEST.render(entries=entries))
    client = SendGridAPIClient(os.environ["SENDGRID_KEY"])
    return client.send(message).status_code


def text(entries):
    client = Client(os.environ["TWILIO_SID"], os.environ["TWILIO_TOKEN"])
    body = textwrap.shorten("; ".join(one["title"] for one in entries), 300)
    return client.messages.create(to=os.environ["PHONE"], from_="+15550100", body=body).sid


def main():
    with open("feeds.yml") as file:
        urls = yaml.safe_load(file)["feeds"]
    es = Elasticsearch("http://localhost:9200")
    es.indices.create(index="news", ignore=400)
    new = list(fresh(es, entries(urls)))
    if new:
        print(mail(new), text(new))
    hits = es.search(index="news", query={"match": {"title": "python"}})
    print(hits["hits"]["total"]["value"])


if __name__ == "__main__":
    main()
