"""Producers and consumers over a bounded queue, writing files; locks, events, semaphores, conditions, barriers."""

import asyncio
import os
import sqlite3
from pathlib import Path


async def produce(queue: asyncio.Queue[int | None], numbers: range, seconds: float) -> None:
    for number in numbers:
        await queue.put(number)
        await asyncio.sleep(seconds)


async def consume(queue: asyncio.Queue[int | None], lock: asyncio.Lock) -> int:
    count = 0
    while (number := await queue.get()) is not None:
        async with lock:
            with open("numbers.txt", "a") as file:
                file.write(f"{number}\n")
        with open(f"{number}.txt", "a") as file:
            print(number, file=file)
        count += 1
        queue.task_done()
    return count


async def main() -> None:
    queue: asyncio.Queue[int | None] = asyncio.Queue(maxsize=2)
    lock = asyncio.Lock()
    consumers = [asyncio.create_task(consume(queue, lock)) for _ in range(2)]
    await asyncio.gather(produce(queue, range(4), 0.011), produce(queue, range(10, 14), 0.017))
    await queue.join()
    for _ in consumers:
        await queue.put(None)
    print(sum(await asyncio.gather(*consumers)), sorted(Path("numbers.txt").read_text().split()))

    gate, turn = asyncio.Event(), asyncio.Semaphore(2)
    seen: list[str] = []

    async def visit(name: str) -> None:
        await gate.wait()
        async with turn:
            seen.append(f"+{name}")
            await asyncio.sleep(0.02)
            seen.append(f"-{name}")

    visitors = [asyncio.create_task(visit(name)) for name in "abcd"]
    await asyncio.sleep(0.01)
    gate.set()
    await asyncio.gather(*visitors)
    print(" ".join(seen))

    changed, barrier = asyncio.Condition(), asyncio.Barrier(3)

    async def follow(number: int) -> int:
        async with changed:
            await changed.wait_for(lambda: len(seen) == 9)
        return number + await barrier.wait()

    followers = [asyncio.create_task(follow(10 * n)) for n in range(3)]
    await asyncio.sleep(0)
    async with changed:
        seen.append("last")
        changed.notify_all()
    print(await asyncio.gather(*followers))

    with sqlite3.connect("book.db") as db:
        db.execute("CREATE TABLE seen (name TEXT)")
        for name in seen:
            db.execute("INSERT INTO seen VALUES (?)", (name,))
            await asyncio.sleep(0)
    print(db.execute("SELECT count(*) FROM seen").fetchone())
    os.remove("numbers.txt")


asyncio.run(main())
