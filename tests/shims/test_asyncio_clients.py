"""Asynchronous HTTP clients, children and anyio as durable programs: compared with plain Python, killed and resumed."""

from __future__ import annotations

import json
from typing import Any

import pytest

WORLD = """
import json, sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

class Api(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.answer(200 if self.path != "/none" else 404, {"path": self.path})

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with open("world.log", "a") as log:
            print(body, file=log)
        self.answer(201, {"made": body})

    def answer(self, status, content):
        data = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Set-Cookie", "seen=yes")
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *args):
        pass

server = ThreadingHTTPServer(("127.0.0.1", 0), Api)
print(f"API=http://127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
"""
SETTINGS = """
[tool.durable.verify."p.py"]
world = "python world.py"
ignore = ["world.log"]
"""
HTTPX = """
import asyncio, os
import httpx

async def look(client, n):
    response = await client.get(f"/{n}")
    response.raise_for_status()
    return response.json()["path"]

async def main():
    async with httpx.AsyncClient(base_url=os.environ["API"]) as client:
        print(await asyncio.gather(*(look(client, n) for n in range(4))))
        made = await client.post("/made", json={"n": 1})
        print(made.status_code, made.json(), dict(client.cookies))
        posts = [asyncio.create_task(client.post("/made", json={"n": n})) for n in (2, 3)]
        for post in posts:
            print((await post).json())
        try:
            await look(client, "none")
        except httpx.HTTPStatusError as error:
            print(error.response.status_code)
        async with client.stream("GET", "/stream") as response:
            print([line async for line in response.aiter_lines()])
    try:
        async with httpx.AsyncClient() as other:
            await other.get("http://127.0.0.1:1/")
    except httpx.ConnectError as error:
        print(error)

asyncio.run(main())
"""
AIOHTTP = """
import asyncio, os
import aiohttp

async def look(session, n):
    async with session.get(f"/{n}") as response:
        response.raise_for_status()
        return (await response.json())["path"]

async def main():
    async with aiohttp.ClientSession(os.environ["API"], connector=aiohttp.TCPConnector(limit=2)) as session:
        print(await asyncio.gather(*(look(session, n) for n in range(4))))
        made = await session.post("/made", json={"n": 1})
        print(made.status, await made.text(), made.headers["Content-Type"], made.cookies["seen"].value)
        try:
            await look(session, "none")
        except aiohttp.ClientResponseError as error:
            print(error.status, error.message)
        async with session.get("/stream") as response:
            print([chunk async for chunk in response.content.iter_chunked(5)])
    print(session.closed)
    async with aiohttp.request("GET", os.environ["API"] + "/once") as response:
        print(response.status, await response.read())

asyncio.run(main())
"""
ANYIO = """
from pathlib import Path
import anyio

async def work(name, seconds, results):
    await anyio.sleep(seconds)
    results.append(name)
    await anyio.to_thread.run_sync(Path(name).write_text, name)

async def main():
    results = []
    async with anyio.create_task_group() as group:
        for number, name in enumerate("cab"):
            group.start_soon(work, name, 0.02 * (3 - number), results)
    with anyio.move_on_after(0.02) as scope:
        await anyio.sleep(30)
    print(results, scope.cancelled_caught, await anyio.Path("a").read_text())
    async with await anyio.open_file("b", "a") as file:
        await file.write("more")

anyio.run(main)
"""
CHILDREN = """
import asyncio, sys
from asyncio.subprocess import PIPE

TALK = "import sys\\nfor line in sys.stdin: print(line.strip().upper(), flush=True)"

async def run(code):
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdout=PIPE)
    out, _ = await child.communicate()
    return child.returncode, out

async def main():
    print(await asyncio.gather(*(run(f"print({n} * 2); raise SystemExit({n})") for n in range(3))))
    shell = await asyncio.create_subprocess_shell("cat; echo end >&2", stdin=PIPE, stdout=PIPE, stderr=PIPE)
    print(await shell.communicate(b"through the shell"), shell.returncode)
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", TALK, stdin=PIPE, stdout=PIPE)
    for word in ("one", "two"):
        child.stdin.write(f"{word}\\n".encode())
        await child.stdin.drain()
        print(await child.stdout.readline())
    child.stdin.close()
    await child.stdin.wait_closed()
    print(await child.wait(), await child.stdout.read())
    listing = await asyncio.create_subprocess_exec("seq", "3", stdout=PIPE)
    print([line async for line in listing.stdout])
    sleeper = await asyncio.create_subprocess_exec("sleep", "60")
    try:
        await asyncio.wait_for(sleeper.wait(), 0.05)
    except TimeoutError:
        sleeper.kill()
    print(await sleeper.wait())
    try:
        await asyncio.create_subprocess_exec("/no/such/program")
    except FileNotFoundError as error:
        print(error.filename)

asyncio.run(main())
"""


@pytest.mark.parametrize("program", [HTTPX, AIOHTTP, ANYIO], ids=["httpx", "aiohttp", "anyio"])
def test_killed_and_resumed(project: Any, program: str) -> None:
    project.write("pyproject.toml", SETTINGS)
    project.write("world.py", WORLD)
    project.write("p.py", program)
    done = project.durable("verify", "--json", "--kills", "6", "p.py")
    assert done.stdout, done.stderr
    report = json.loads(done.stdout)
    assert report["differences"] == []
    assert report["kills"] == 6


def test_children(project: Any) -> None:
    project.write("p.py", CHILDREN)
    plain, durable = project.python("p.py"), project.durable("run", "p.py")
    assert (durable.stdout, durable.returncode) == (plain.stdout, plain.returncode), durable.stderr
    assert plain.returncode == 0


def test_nothing_of_asyncio_is_reported_as_not_durable(project: Any) -> None:
    project.write("p.py", CHILDREN)
    report = json.loads(project.durable("check", "--json", "p.py").stdout)
    assert report["diagnostics"] == []
    project.write("q.py", "import trio\ntrio.run(print)\n")
    report = json.loads(project.durable("check", "--json", "q.py").stdout)
    assert [each["name"] for each in report["diagnostics"]] == ["refused-run"]
