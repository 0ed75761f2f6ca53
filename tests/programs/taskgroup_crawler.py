"""Crawls a little site of files with a TaskGroup: limits, a failing member, time-outs, shields, context variables."""

import asyncio
import contextvars
from pathlib import Path

PAGES = {"index": "a b c", "a": "", "b": "d", "c": "d missing", "d": ""}
depth = contextvars.ContextVar("depth", default=0)


async def fetch(name, limit):
    async with limit:
        await asyncio.sleep(0.005)
        return Path("site", name).read_text().split()


async def crawl(name, limit, seen, group):
    if name in seen:
        return
    seen[name] = depth.get()
    try:
        links = await fetch(name, limit)
    except FileNotFoundError:
        seen[name] = "broken"
        return
    depth.set(depth.get() + 1)
    for link in links:
        group.create_task(crawl(link, limit, seen, group), name=f"crawl-{link}")


async def fails_soon():
    await asyncio.sleep(0.01)
    raise ValueError("bad page")


async def tidies_up(log):
    try:
        await asyncio.sleep(60)
    except asyncio.CancelledError:
        log.append("cancelled")
        Path("cancelled.txt").write_text("yes")
        raise


async def main():
    limit, seen = asyncio.Semaphore(2), {}
    async with asyncio.TaskGroup() as group:
        group.create_task(crawl("index", limit, seen, group))
    print(sorted(seen.items()), depth.get())
    log = []
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(fails_soon())
            group.create_task(tidies_up(log))
    except* ValueError as errors:
        print(errors.exceptions, log, Path("cancelled.txt").exists())
    try:
        async with asyncio.timeout(0.05) as deadline:
            await tidies_up(log)
    except TimeoutError:
        print("timed out", deadline.expired(), log)
    inner = asyncio.create_task(fetch("index", limit))
    try:
        await asyncio.wait_for(asyncio.shield(inner), 0)
    except TimeoutError:
        print("shielded:", await inner)
    done, pending = await asyncio.wait(
        {asyncio.create_task(asyncio.sleep(0.01, "fast")), asyncio.create_task(asyncio.sleep(60, "slow"))},
        return_when=asyncio.FIRST_COMPLETED,
    )
    print([task.result() for task in done], len(pending), [task.cancel() for task in pending])
    results = await asyncio.gather(fails_soon(), fetch("a", limit), return_exceptions=True)
    print(results)


Path("site").mkdir()
for page, links in PAGES.items():
    Path("site", page).write_text(links)
asyncio.run(main())
