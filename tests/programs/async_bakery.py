"""A bakery of tasks: queues, task groups, timeouts, shields, semaphores, to_thread, cancellation with clean-up, a report."""

import asyncio
import contextlib
import contextvars
from pathlib import Path

order_id = contextvars.ContextVar("order_id", default="-")


class Oven:
    def __init__(self):
        self.slots, self.baked = asyncio.Semaphore(2), []

    async def __aenter__(self):
        await asyncio.to_thread(Path("oven.lock").touch)
        return self

    async def __aexit__(self, kind, error, trace):
        await asyncio.to_thread(Path("oven.lock").unlink)
        return False

    async def bake(self, bread, minutes):
        async with self.slots:
            await asyncio.sleep(minutes / 1000)
            self.baked.append(bread)
            await asyncio.to_thread(log, f"{order_id.get()} {bread}")
            return f"{bread}!"


def log(line):
    with open("bakery.log", "a") as file:
        file.write(line + "\n")


async def baker(name, orders, oven):
    while True:
        number, bread = await orders.get()
        order_id.set(number)
        try:
            await oven.bake(bread, 5)
        finally:
            orders.task_done()


async def batches(oven, names, size):
    for start in range(0, len(names), size):
        yield await asyncio.gather(*(oven.bake(name, 1) for name in names[start : start + size]))


async def careful(oven):
    try:
        await asyncio.sleep(60)
    except asyncio.CancelledError:
        await oven.bake("crumbs", 1)
        raise
    finally:
        log("swept")


async def main():
    loop = asyncio.get_running_loop()
    async with Oven() as oven:
        orders = asyncio.Queue()
        for number, bread in enumerate(["rye", "oat", "bun", "roll"]):
            orders.put_nowait((number, bread))
        bakers = [asyncio.create_task(baker(f"b{n}", orders, oven), name=f"baker-{n}") for n in range(2)]
        await asyncio.wait_for(orders.join(), 30)
        for task in bakers:
            task.cancel()
        done = await asyncio.gather(*bakers, return_exceptions=True)
        print([type(item).__name__ for item in done], sorted(oven.baked), [task.get_name() for task in bakers])
        async with contextlib.aclosing(batches(oven, list("abcde"), 2)) as source:
            print([batch async for batch in source if "e!" not in batch])
        try:
            async with asyncio.timeout(0.05):
                await careful(oven)
        except TimeoutError:
            print("too slow", oven.baked[-1])
        kept = asyncio.ensure_future(oven.bake("shielded", 20))
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(asyncio.shield(kept), 0.001)
        print(kept.done(), await kept)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(oven.bake("fine", 30_000))
                group.create_task(asyncio.to_thread(Path("missing.txt").read_text))
        except* FileNotFoundError as errors:
            print(len(errors.exceptions), errors.exceptions[0].filename)
        future = loop.create_future()
        loop.call_later(0.01, future.set_result, "rang")
        print(await future, await loop.run_in_executor(None, len, "bread"), order_id.get())
        for finished in asyncio.as_completed([oven.bake("x", 1), oven.bake("y", 300)]):
            print(await finished)
    lines = sorted(Path("bakery.log").read_text().split("\n"))
    Path("bakery.log").write_text("\n".join(lines))
    print(Path("oven.lock").exists(), lines[1:5])


asyncio.run(main())
