"""Polls a job file with backoff: exponential and constant waits, give-up conditions, handlers, a predicate."""

import json
import logging
import time
from pathlib import Path

import backoff

logging.getLogger("backoff").addHandler(logging.FileHandler("backoff.log"))
logging.getLogger("backoff").setLevel(logging.INFO)
JOB = Path("job.json")


class Busy(Exception):
    def __init__(self, seconds):
        super().__init__(f"busy for {seconds}")
        self.seconds = seconds


class Forbidden(Busy):
    pass


def work_a_little():
    """What the other side would do between two polls."""
    job = json.loads(JOB.read_text())
    job["done"] += 30
    JOB.write_text(json.dumps(job))
    return job


def told(details):
    print(f"waiting after try {details['tries']} of {details['target'].__name__}{details['args']}")


def given_up(details):
    Path("gave-up.txt").write_text(f"{details['target'].__name__} after {details['tries']}\n")


@backoff.on_predicate(backoff.constant, lambda job: job["done"] < 100, interval=0.01, jitter=None, max_tries=10)
def poll():
    return work_a_little()


@backoff.on_exception(
    backoff.expo,
    Busy,
    factor=0.01,
    max_tries=4,
    jitter=backoff.full_jitter,
    on_backoff=told,
    on_giveup=given_up,
    giveup=lambda error: isinstance(error, Forbidden),
)
def fetch(name, answers):
    Path("requests.log").open("a").write(name + "\n")
    answer = answers.pop(0)
    if isinstance(answer, Exception):
        raise answer
    return answer


@backoff.on_exception(backoff.runtime, Busy, value=lambda error: error.seconds, jitter=None, max_time=5)
def asked_to_wait(answers):
    answer = next(answers)
    if answer:
        raise Busy(answer)
    return "let in"


def main():
    JOB.write_text(json.dumps({"done": 0}))
    print(poll())
    print(fetch("one", [Busy(1), Busy(2), "fine"]))
    for name, answers in ("two", [Busy(n) for n in range(9)]), ("three", [Busy(0), Forbidden(0), "no"]):
        try:
            fetch(name, answers)
        except Busy as error:
            print(name, repr(error), Path("gave-up.txt").read_text().strip())
    started = time.monotonic()
    print(asked_to_wait(iter([0.02, 0.03, 0])), time.monotonic() - started >= 0.05)
    lines = Path("backoff.log").read_text().splitlines()
    print(len(lines), sum("Giving up" in line for line in lines), Path("requests.log").read_text().split())


main()
