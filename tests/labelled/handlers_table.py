"""A tiny job runner: jobs in a JSON file, handlers in tables, aliases and callbacks all over."""

import functools
import json
import operator
import os
import shutil
import time
import urllib.request
from collections import Counter
from types import SimpleNamespace

import requests

fetch = requests.get
send = requests.post
now = time.time
HANDLERS = {
    "copy": shutil.copyfile,
    "remove": os.unlink,
    "ping": lambda url: requests.head(url).status_code,
    "sleep": time.sleep,
    "size": os.path.getsize,
    "upper": str.upper,
}


def handler(name):
    def register(function):
        HANDLERS[name] = function
        return function

    return register


@handler("mirror")
def mirror(url, path):
    with urllib.request.urlopen(url) as response, open(path, "wb") as out:
        shutil.copyfileobj(response, out)


@handler("notify")
def notify(url, **fields):
    return send(url, json=fields).status_code


@handler("batch")
def batch(jobs):
    return list(map(run, jobs))


def timed(function):
    @functools.wraps(function)
    def inner(*args, **kwargs):
        start = now()
        try:
            return function(*args, **kwargs)
        finally:
            print(function.__name__, round(now() - start))

    return inner


@timed
def run(job):
    job = SimpleNamespace(**job)
    function = HANDLERS.get(job.kind)
    if function is None:
        raise KeyError(job.kind)
    return function(*job.args)


def weather(cities):
    get = functools.partial(requests.get, timeout=10)
    pages = {city: get(f"https://wttr.example/{city}?format=j1").json() for city in cities}
    coldest = min(pages.items(), key=lambda item: float(item[1]["temp"]))
    return operator.itemgetter(0)(coldest)


def load(path, opener=open):
    with opener(path) as file:
        return json.load(file)


def main():
    jobs = load("jobs.json")
    jobs += fetch("https://jobs.example/today").json()
    counts = Counter(job["kind"] for job in jobs)
    print(counts.most_common(3), weather(["Bern", "Oslo"]))
    results = [run(job) for job in jobs]
    path = "results.json"
    if all(result is not None for result in results) and os.path.exists(path):
        os.replace(path, path + ".old")
    with open(path, "w") as file:
        json.dump(results, file)


main()
