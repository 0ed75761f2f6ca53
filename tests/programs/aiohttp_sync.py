"""Copies a library's books into SQLite with an aiohttp session: queue of workers, headers, cookies, errors."""

import asyncio
import os
import sqlite3
import sys

import aiohttp

BASE = os.environ["LIBRARY"]


async def pages(session):
    url = "/books"
    while url:
        async with session.get(url) as response:
            page = await response.json()
        yield page["books"]
        url = page.get("next")


async def worker(name, session, queue, results):
    while True:
        book = await queue.get()
        try:
            async with session.get(f"/text/{book['id']}") as response:
                text = await response.text()
            results[book["id"]] = len(text.split())
        finally:
            queue.task_done()


async def main():
    db = sqlite3.connect("library.db")
    db.execute(
        "CREATE TABLE IF NOT EXISTS books (id INTEGER PRIMARY KEY, title TEXT, words INTEGER)"
    )
    results, queue = {}, asyncio.Queue()
    timeout = aiohttp.ClientTimeout(total=5)
    async with aiohttp.ClientSession(BASE, timeout=timeout, headers={"X-Tool": "sync"}) as session:
        async for books in pages(session):
            with db:
                db.executemany("INSERT INTO books (id, title) VALUES (:id, :title)", books)
            for book in books:
                queue.put_nowait(book)
        workers = [asyncio.create_task(worker(f"w{n}", session, queue, results)) for n in range(3)]
        await queue.join()
        for task in workers:
            task.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
        with db:
            db.executemany(
                "UPDATE books SET words = ? WHERE id = ?",
                [(n, id) for id, n in sorted(results.items())],
            )
        print(db.execute("SELECT count(*), sum(words), max(title) FROM books").fetchone())

        async with session.get("/login", params={"user": "ann"}) as response:
            token = (await response.json())["token"]
        async with session.get("/whoami", headers={"Authorization": token}) as response:
            print(response.status, await response.json())
        async with session.get("/moved", allow_redirects=False) as response:
            print(response.status, response.headers["Location"], response.cookies["seen"].value)
        async with session.put("/notes/sync", json={"books": len(results)}) as response:
            print(response.ok, await response.json())
        try:
            async with session.get("/nowhere", raise_for_status=True):
                print("found?")
        except aiohttp.ClientResponseError as error:
            print("error", error.status, error.message)
        try:
            async with session.get("/slow/3", timeout=aiohttp.ClientTimeout(total=0.2)):
                print("fast?")
        except asyncio.TimeoutError:
            print("timed out")
        try:
            async with aiohttp.ClientSession() as other, other.get("http://127.0.0.1:1/"):
                print("connected?")
        except aiohttp.ClientConnectorError as error:
            print(type(error).__name__, error.port)
    print(session.closed, db.total_changes)
    db.close()


try:
    asyncio.run(main())
except KeyError as error:
    sys.exit(f"missing {error}")
