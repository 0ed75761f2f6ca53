"""A pipeline of stages that know nothing of each other's types: sources, transforms and sinks passed around."""

import collections
import itertools
import json
import os
import queue
import sqlite3
import sys
import threading
import time
from abc import ABC, abstractmethod
from contextlib import ExitStack, contextmanager, suppress

import redis
import requests


class Sink(ABC):
    @abstractmethod
    def put(self, item): ...


class FileSink(Sink):
    def __init__(self, file):
        self.file = file

    def put(self, item):
        self.file.write(json.dumps(item) + "\n")


class TableSink(Sink):
    def __init__(self, db):
        self.db = db

    def put(self, item):
        self.db.execute("INSERT INTO item VALUES (?)", (json.dumps(item),))
        self.db.commit()


class StreamSink(Sink):
    def __init__(self, store, name):
        self.store, self.name = store, name

    def put(self, item):
        self.store.xadd(self.name, {"item": json.dumps(item)})


def pages(http, url):
    while url:
        answer = http.get(url)
        body = answer.json()
        yield from body["items"]
        url = body.get("next")


def lines(stream):
    for line in stream:
        with suppress(ValueError):
            yield json.loads(line)


def deduplicate(items, key):
    seen = set()
    for item in items:
        if key(item) not in seen:
            seen.add(key(item))
            yield item


@contextmanager
def locked(path):
    handle = os.open(path, os.O_CREAT | os.O_EXCL)
    try:
        yield
    finally:
        os.close(handle)
        os.unlink(path)


def feed(channel, items):
    for item in items:
        channel.put(item)
    channel.put(None)


def drain(channel, sinks):
    for item in iter(channel.get, None):
        for sink in sinks:
            sink.put(item)


def main():
    with ExitStack() as stack, locked("pipeline.lock"):
        http = stack.enter_context(requests.Session())
        out = stack.enter_context(open("items.jsonl", "a"))
        db = sqlite3.connect("items.db")
        stack.callback(db.close)
        sinks = [FileSink(out), TableSink(db), StreamSink(redis.Redis(), "items")]
        items = itertools.chain(pages(http, "https://api.example/items"), lines(sys.stdin))
        channel = queue.Queue(maxsize=100)
        reader = threading.Thread(target=feed, args=(channel, deduplicate(items, lambda item: item["id"])))
        reader.start()
        started = time.monotonic()
        drain(channel, sinks)
        reader.join()
        counts = collections.Counter(type(sink).__name__ for sink in sinks)
        print(counts, round(time.monotonic() - started, 1), file=sys.stderr)


if __name__ == "__main__":
    main()
