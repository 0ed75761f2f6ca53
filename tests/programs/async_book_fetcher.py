"""Fetches books with httpx.AsyncClient: pages, concurrent requests under a semaphore, time-outs, retries, notes."""

import asyncio
import json
import os
from pathlib import Path

import httpx

BASE = os.environ["LIBRARY"]


async def all_books(client):
    url = "/books"
    while url:
        response = await client.get(url)
        response.raise_for_status()
        page = response.json()
        for book in page["books"]:
            yield book
        url = page.get("next")


async def fetch_text(client, limit, book):
    async with limit:
        response = await client.get(f"/text/{book['id']}")
    path = Path("texts") / f"{book['id']}.txt"
    path.write_text(response.text)
    return book["title"], len(response.content), response.headers["content-type"]


async def persistent(client, fails):
    for attempt in range(1, 5):
        response = await client.get(f"/flaky/{fails}", params={"attempt": attempt})
        if response.status_code == httpx.codes.OK:
            return attempt
        await asyncio.sleep(0.01 * 2**attempt)
    raise RuntimeError(f"still {response.status_code} {response.reason_phrase} after {attempt} attempts")


async def main():
    Path("texts").mkdir()
    limit = asyncio.Semaphore(3)
    async with httpx.AsyncClient(base_url=BASE, timeout=5, headers={"Authorization": "Bearer x"}) as client:
        books = [book async for book in all_books(client)]
        print(len(books), [book["title"] for book in books if book["pages"] > 120])
        for title, size, kind in await asyncio.gather(*(fetch_text(client, limit, book) for book in books)):
            print(f"{title}: {size} bytes of {kind}")
        results = await asyncio.gather(*(persistent(client, fails) for fails in (0, 2, 9)), return_exceptions=True)
        print(results)
        async with asyncio.TaskGroup() as group:
            for book in books[:3]:
                group.create_task(client.put(f"/notes/{book['id']}", json={"read": book["pages"] % 2 == 0}))
        await client.delete("/notes/2")
        print((await client.get("/notes")).json())
        try:
            await client.get("/slow/2", timeout=0.2)
        except httpx.ReadTimeout as error:
            print("too slow:", type(error).__name__, error.request.url.path)
        try:
            (await client.get("/books/99")).raise_for_status()
        except httpx.HTTPStatusError as error:
            print(error.response.status_code, error.response.json())
        response = await client.get("/moved", follow_redirects=True)
        print([each.status_code for each in response.history], response.url.path, client.cookies.get("seen"))
        async with client.stream("GET", "/text/1") as stream:
            sizes = [len(chunk) async for chunk in stream.aiter_bytes(400)]
        print(sizes, (await client.get("/whoami")).json()["authorization"])
    Path("books.json").write_text(json.dumps(books))
    return client.is_closed


print(asyncio.run(main()))
