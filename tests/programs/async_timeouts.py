"""Deadlines: what is in time, what is not, and what is left behind."""

import asyncio


async def slow(name: str, seconds: float) -> str:
    try:
        await asyncio.sleep(seconds)
    except asyncio.CancelledError:
        print(name, "is cancelled")
        raise
    return name


async def main() -> None:
    print(await asyncio.wait_for(slow("quick", 0.01), 5))
    try:
        await asyncio.wait_for(slow("tardy", 30), 0.05)
    except TimeoutError as error:
        print("too late", repr(error))
    async with asyncio.timeout(5) as deadline:
        print(await slow("within", 0.02), deadline.expired())
    try:
        async with asyncio.timeout(0.05):
            await asyncio.gather(slow("one", 30), slow("two", 40))
    except TimeoutError as error:
        print("both too late", type(error.__cause__).__name__)
    kept = asyncio.create_task(slow("shielded", 0.1))
    try:
        await asyncio.wait_for(asyncio.shield(kept), 0.02)
    except TimeoutError:
        print("waiting no longer")
    print(await kept)
    tasks = [asyncio.create_task(slow(str(n), 0.02 + 30 * n)) for n in range(3)]
    done, pending = await asyncio.wait(tasks, timeout=0.2)
    print(len(done), len(pending), [task.result() for task in done])
    for task in tasks:
        task.cancel()
    print(await asyncio.gather(*tasks, return_exceptions=True))
    loop = asyncio.get_running_loop()
    order: list[int] = []
    for n in (3, 1, 2):
        loop.call_later(0.02 * n, order.append, n)
    loop.call_later(0.01, order.append, 99).cancel()
    loop.call_at(loop.time() + 0.1, order.append, 4)
    await asyncio.sleep(0.15)
    print(order)


asyncio.run(main())
