"""Notes on a server with aiohttp: a session with a base URL, tracing hooks, cookies, streamed answers, many at once, errors."""

import asyncio
import os
from pathlib import Path

import aiohttp

BASE = os.environ["LIBRARY"]


def tracing():
    """A file for each address that was asked, with the method and the answer's status."""
    trace = aiohttp.TraceConfig()

    async def ended(session, context, params):
        name = params.url.path.strip("/").replace("/", "-")
        Path("traces", name).write_text(f"{params.method} {params.response.status}")

    trace.on_request_end.append(ended)
    return trace


async def keep(session, number, gate):
    async with gate, session.put(f"/notes/{number}", json={"pages": number * 10}) as response:
        stored = await response.json()
        Path(f"note{number}").write_text(str(stored["stored"]["pages"]))
        return response.status


async def download(session, number):
    async with session.get(f"/text/{number}") as response:
        with open(f"text{number}", "wb") as file:
            async for chunk in response.content.iter_chunked(300):
                file.write(chunk)
    return Path(f"text{number}").stat().st_size, response.content_type


async def main():
    gate = asyncio.Semaphore(2)
    Path("traces").mkdir()
    options = {"headers": {"X-Reader": "ann"}, "timeout": aiohttp.ClientTimeout(total=30), "trace_configs": [tracing()]}
    async with aiohttp.ClientSession(BASE, cookie_jar=aiohttp.CookieJar(unsafe=True), **options) as session:
        async with session.get("/login", params={"user": "ann"}) as response:
            print(response.status, (await response.json())["token"], [cookie.value for cookie in session.cookie_jar])
        async with session.get("/whoami") as response:
            print((await response.json())["cookie"])
        print(await asyncio.gather(*(keep(session, number, gate) for number in (1, 2, 3))))
        async with session.delete("/notes/2") as response:
            print(response.status, await response.read())
        async with session.get("/notes") as response:
            print(await response.text())
        print(await asyncio.gather(download(session, 1), download(session, 2)))
        try:
            async with session.get("/nowhere", raise_for_status=True):
                pass
        except aiohttp.ClientResponseError as error:
            print(error.status, error.message, error.request_info.url.path)
        try:
            async with session.get("/slow/5", timeout=aiohttp.ClientTimeout(total=0.1)):
                pass
        except TimeoutError:
            print("too slow")
        async with session.get("/moved", allow_redirects=False) as response:
            print(response.status, response.headers["Location"], response.cookies["seen"].value)
        async with session.get("/moved") as response:
            print(response.url.path, [each.status for each in response.history])
    print(sorted(path.name + " " + path.read_text() for path in Path("traces").iterdir()))
    print(session.closed, sorted(path.name for path in Path(".").glob("[nt]*[0-9]")))


asyncio.run(main())
