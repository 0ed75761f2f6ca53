"""A kitchen of coroutines: Condition, Event, Barrier, Lock, PriorityQueue, async generators and exit stacks over files."""

import asyncio
import contextlib
from pathlib import Path


@contextlib.asynccontextmanager
async def stove(name):
    Path(name).touch()
    await asyncio.sleep(0)
    try:
        yield name
    finally:
        await asyncio.sleep(0)
        Path(name).unlink()


async def orders(path):
    for line in Path(path).read_text().splitlines():
        urgency, _, dish = line.partition(" ")
        yield int(urgency), dish
        await asyncio.sleep(0)


class Shelf:
    def __init__(self):
        self.dishes, self.changed = [], asyncio.Condition()

    async def put(self, dish):
        async with self.changed:
            self.dishes.append(dish)
            self.changed.notify_all()

    async def take(self, count):
        async with self.changed:
            await self.changed.wait_for(lambda: len(self.dishes) >= count)
            taken, self.dishes = self.dishes[:count], self.dishes[count:]
            return taken


async def cook(queue, shelf, book):
    while True:
        _, dish = await queue.get()
        async with book:
            with Path("book.txt").open("a") as file:
                file.write(dish + "\n")
        await shelf.put(dish)
        queue.task_done()


async def main():
    Path("orders.txt").write_text("3 cake\n1 soup\n2 fish\n2 rice\n")
    queue, shelf, book = asyncio.PriorityQueue(), Shelf(), asyncio.Lock()
    async for order in orders("orders.txt"):
        queue.put_nowait(order)
    cooks = [asyncio.create_task(cook(queue, shelf, book)) for _ in range(1)]
    waiter = asyncio.create_task(shelf.take(4))
    await queue.join()
    print(await waiter, Path("book.txt").read_text().split())
    for task in cooks:
        task.cancel()
    print(await asyncio.gather(*cooks, return_exceptions=True))

    async with contextlib.AsyncExitStack() as stack:
        names = [await stack.enter_async_context(stove(f"stove{n}")) for n in range(2)]
        stack.push_async_callback(asyncio.sleep, 0)
        print(names, [Path(name).exists() for name in names])
    print([Path(name).exists() for name in names])

    ready, barrier = asyncio.Event(), asyncio.Barrier(3)

    async def guest(number):
        await ready.wait()
        position = await barrier.wait()
        return number, position in range(3)

    guests = [asyncio.create_task(guest(n)) for n in range(3)]
    await asyncio.sleep(0)
    ready.set()
    print(await asyncio.gather(*guests), barrier.n_waiting)
    lines = [dish.upper() async for _, dish in orders("orders.txt") if dish != "fish"]
    first = await anext(aiter(orders("orders.txt")))
    print(lines, first, {n: d async for n, d in orders("orders.txt")})


asyncio.run(main())
