"""Retries, time-outs and deadlines by policy: as if the program had a loop around the call, whatever crashes."""

from __future__ import annotations

import json
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
from vendors import FLAKY

if TYPE_CHECKING:
    from tests.conftest import Project  # type: ignore[import-not-found]

CALLS = """\
import vendor

print("a :", vendor.charge("a", 2))
try:
    vendor.charge("b", 9)
except ConnectionError as error:
    print("gave up:", error)
print("c :", vendor.charge("c", 1))
"""
BY_HAND = """\
import vendor

def charge(order, failures):
    for left in (2, 1, 0):
        try:
            return vendor.charge(order, failures)
        except ConnectionError:
            if not left:
                raise

print("a :", charge("a", 2))
try:
    charge("b", 9)
except ConnectionError as error:
    print("gave up:", error)
print("c :", charge("c", 1))
"""
POLICY = '[tool.durable.steps."vendor.charge"]\nretries = 2\nbackoff = "20ms"\njitter = 0.5\n'


@pytest.fixture(name="shop")
def shop_fixture(project: Project) -> Project:
    """A project with a library that fails as often as it is told to, and a policy for it."""
    project.write("library/vendor.py", FLAKY)
    project.write("pyproject.toml", POLICY)
    project.write("p.py", CALLS)
    project.write("by_hand.py", BY_HAND)
    return project


def library(project: Project) -> dict[str, str]:
    return {"PYTHONPATH": str(project.folder / "library")}


def ledger(project: Project) -> list[tuple[str, str]]:
    lines = (project.folder / "ledger").read_text().splitlines()
    (project.folder / "ledger").unlink()
    return [(order, key) for order, _, key in (line.partition(" ") for line in lines)]


def steps_of(project: Project, run: str) -> list[dict[str, Any]]:
    steps: list[dict[str, Any]] = json.loads(project.durable("show", "--json", run).stdout)["steps"]
    return steps


def test_a_policy_is_a_loop_around_the_call(shop: Project) -> None:
    plain = shop.python("by_hand.py", env=library(shop))
    by_hand = Counter(order for order, _ in ledger(shop))
    done = shop.durable("run", "--id", "r", "p.py", env=library(shop))
    assert (done.returncode, done.stdout, done.stderr) == (plain.returncode, plain.stdout, plain.stderr)
    lines = ledger(shop)
    assert Counter(order for order, _ in lines) == by_hand == {"a": 3, "b": 3, "c": 2}
    assert len({key for _, key in lines}) == len(set(lines)) == 3
    assert [step["attempts"] for step in steps_of(shop, "r")] == [1, 2, 3, 1, 2, 3, 1, 2]
    assert [step["status"] for step in steps_of(shop, "r")].count("raised") == 6


def test_no_crash_loses_an_attempt(shop: Project) -> None:
    """The process is killed at every event; only a step that was in flight is done again, with its key."""
    plain = shop.python("by_hand.py", env=library(shop))
    expected = Counter(order for order, _ in ledger(shop))
    shop.durable("run", "p.py", env={**library(shop), "DURABLE_CRASH_COUNT": str(shop.folder / "points")})
    points = (shop.folder / "points").read_text().splitlines()
    ledger(shop)
    for number in range(2, len(points), 5):
        first = shop.durable("run", "--id", f"r{number}", "p.py", env={**library(shop), "DURABLE_CRASH": str(number)})
        assert first.returncode == -signal.SIGKILL
        done = shop.durable("run", "--id", f"r{number}", "p.py", env=library(shop))
        assert (done.returncode, done.stdout) == (0, plain.stdout), points[number]
        lines = ledger(shop)
        assert len(set(lines)) == 3
        again = Counter(order for order, _ in lines) - expected
        doubtful = [step for step in steps_of(shop, f"r{number}") if step["in_doubt"]]
        assert again.total() <= len(doubtful) <= 1, points[number]


def test_the_failed_step_of_a_run_is_tried_from_its_first_attempt_on(shop: Project) -> None:
    shop.write("p.py", 'import vendor\nprint(vendor.charge("a", 4))\n')
    assert shop.durable("run", "--id", "r", "p.py", env=library(shop)).returncode == 1
    done = shop.durable("retry", "r", env=library(shop))
    assert (done.returncode, done.stdout) == (0, "a receipt\n"), done.stderr
    assert [step["attempts"] for step in steps_of(shop, "r")] == [1, 2]
    assert len(set(ledger(shop))) == 1


def test_exceptions_decide(shop: Project) -> None:
    shop.write("pyproject.toml", POLICY + 'retry_on = ["OSError"]\ngive_up_on = ["ConnectionError"]\n')
    done = shop.durable("run", "p.py", env=library(shop))
    assert (done.returncode, done.stdout) == (1, "")
    assert "ConnectionError: a: the vendor is away" in done.stderr
    assert len(ledger(shop)) == 1


def test_a_comment_is_a_policy_too(shop: Project) -> None:
    shop.write("pyproject.toml", "")
    shop.write("p.py", 'import vendor\nprint(vendor.charge("a", 2))  # durable: retries=2 retry_on=OSError\n')
    done = shop.durable("run", "p.py", env=library(shop))
    assert (done.returncode, done.stdout) == (0, "a receipt\n")
    shop.write("p.py", 'import vendor\nprint(vendor.charge("a", 9))  # durable: retry_on=OSError\n')
    refused = shop.durable("run", "p.py", env=library(shop))
    assert refused.returncode == 3
    assert "p.py:2:" in refused.stderr
    assert "add `retries = N`" in refused.stderr


SLOW = """\
import time

def ask(seconds):
    time.sleep(seconds)
    return "an answer"
"""


def test_a_deadline_ends_attempts_and_waits(project: Project) -> None:
    project.write("library/vendor.py", SLOW + FLAKY)
    project.write(
        "pyproject.toml",
        '[tool.durable.steps."vendor.ask"]\ndeadline = "200ms"\n'
        '[tool.durable.steps."vendor.charge"]\nretries = 99\nbackoff = 60\ndeadline = 0.2\n',
    )
    project.write(
        "p.py",
        "import vendor\nprint(vendor.ask(0))\n"
        'for call in (lambda: vendor.ask(60), lambda: vendor.charge("a", 9)):\n'
        "    try:\n        call()\n    except TimeoutError as error:\n        print(error)\n",
    )
    done = project.durable("run", "--id", "r", "p.py", env=library(project))
    assert done.stdout == (
        "an answer\nvendor.ask took longer than 0.2 s (policy: deadline)\n"
        "vendor.charge took longer than 0.2 s (policy: deadline)\n"
    ), done.stderr
    assert project.durable("logs", "r").stdout == done.stdout
    assert len(ledger(project)) == 1


WAITS = """\
import asyncio
import queue
import threading

lock = threading.Lock()
lock.acquire()
inbox = queue.Queue()


def tried(wait):
    try:
        print("got", wait())
    except TimeoutError as error:
        print(error)


async def taken():
    mail = asyncio.Queue()
    return await mail.get()

def asked():
    return input("name? ")

tried(lambda: inbox.get())
tried(lambda: lock.acquire())
tried(lambda: threading.Event().wait())
tried(asked)
tried(lambda: asyncio.run(taken()))
threading.Timer(0.01, inbox.put, ("late",)).start()
tried(lambda: inbox.get())
"""


def test_every_wait_can_have_a_time_out(project: Project) -> None:
    project.write("p.py", WAITS)
    names = ("queue.Queue.get", "threading.Lock.acquire", "threading.Event.wait", "builtins.input", "asyncio.Queue.get")
    project.write("pyproject.toml", "".join(f'[tool.durable.steps."{name}"]\ntimeout = "300ms"\n' for name in names))
    done = project.durable("run", "--id", "r", "p.py")
    late = [f"{name} took longer than 0.3 s (policy: timeout)" for name in names[:4]]
    assert done.stdout.replace("name? ", "").splitlines() == [*late, "", "got late"], done.stderr
    assert project.durable("logs", "r").stdout == done.stdout


class _Shaky(BaseHTTPRequestHandler):
    """Answers each path the first two times with 503; what it was asked stands in `asked`."""

    asked: list[tuple[str, str, str | None]]

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        number = sum(path == self.path for _, path, _ in self.asked)
        self.asked.append((self.command, self.path, self.headers.get("Idempotency-Key")))
        self.send_response(503 if number < 2 else 200)
        self.send_header("Retry-After", "0")
        body = f"answer {number + 1}".encode()
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture(name="shaky")
def shaky_fixture() -> Iterator[tuple[str, list[tuple[str, str, str | None]]]]:
    asked: list[tuple[str, str, str | None]] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Shaky,), {"asked": asked}))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()


CLIENTS = """\
import asyncio
import http.client
import sys
import urllib.request

import aiohttp
import httpx
import requests

base = sys.argv[1]
print(requests.post(f"{base}/requests", data="x").text)
with requests.Session() as session:
    print(session.post(f"{base}/session", headers={"Idempotency-Key": "own"}).text)
print(httpx.post(f"{base}/httpx", headers=[("A", "b")]).text)
with httpx.Client() as client:
    print(client.post(f"{base}/client").text)
print(urllib.request.urlopen(f"{base}/urlopen").read().decode())
request = urllib.request.Request(f"{base}/request", data=b"x", method="POST")
print(urllib.request.urlopen(request).read().decode(), request.header_items())


async def main():
    async with httpx.AsyncClient() as client:
        print((await client.post(f"{base}/asynchronous")).text)
    async with aiohttp.ClientSession() as session:
        async with session.post(f"{base}/aiohttp", headers={"A": "b"}) as answer:
            print(await answer.text())


asyncio.run(main())
"""


def test_clients_of_http_are_tried_again_by_status_with_one_key(
    project: Project, shaky: tuple[str, list[tuple[str, str, str | None]]]
) -> None:
    base, asked = shaky
    project.write("p.py", CLIENTS)
    names = ("requests.*", "httpx.*", "urllib.request.urlopen", "aiohttp.*")
    options = 'retries = 2\nretry_status = ["5xx"]\nidempotency_header = "Idempotency-Key"\n'
    project.write("pyproject.toml", "".join(f'[tool.durable.steps."{name}"]\n{options}' for name in names))
    done = project.durable("run", "p.py", base)
    answers = [line.partition(" [")[0] for line in done.stdout.splitlines()]
    assert answers == ["answer 3"] * 8, done.stderr
    keys: dict[str, set[str | None]] = {}
    for _, path, key in asked:
        keys.setdefault(path, set()).add(key)
    assert [len(found) for found in keys.values()] == [1] * 8
    assert len(set.union(*keys.values())) == 8
    assert keys["/session"] == {"own"}
    assert None not in set.union(*keys.values())
